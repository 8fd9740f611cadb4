"""The power goes at every step of an append: what was not synced is lost, kept or half kept.

The calls of one append are recorded. For each of them a disk is made on which a synced file has its bytes and a
synced folder its names, and everything after the last sync is there up to some point, folder by folder, file by
file, and independently of one another: more than a journalling file system would do.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hauberk.crypto import SigningKey
from hauberk.ledger import Log, audit_log, load_log, open_log, verify_checkpoint
from hauberk.ledger.errors import DiskFailed

ORIGIN = "example.com/log"
KEY = SigningKey(ORIGIN, [bytes(range(32))])
KEYS = KEY.identity.keys
MODULES = ("hauberk.ledger.disk", "hauberk.ledger.commit", "hauberk.ledger.pending")
SIZES = [(0, 3), (3, 2), (250, 10), (256, 1), (510, 4)]


@dataclass
class File:
    """Bytes as they are seen, and as they were at the last sync."""

    seen: bytes = b""
    synced: bytes = b""


@dataclass
class Folder:
    """Names as they were at the last sync, and each state of them since then."""

    states: list[dict[str, Any]] = field(default_factory=lambda: [{}])

    @property
    def seen(self) -> dict[str, Any]:
        return self.states[-1]

    def change(self, **names: Any) -> None:
        self.states.append({name: node for name, node in {**self.seen, **names}.items() if node is not None})

    def sync(self) -> None:
        self.states = [self.seen]


class Recorder:
    """The `os` of the log over a real folder, which keeps account of what a power cut would leave."""

    def __init__(self, root: Path, *, fails: bool = False) -> None:
        self.root = root
        self.fails = fails
        self.tree = load(root)
        self.handles: dict[int, Path] = {}
        self.moments: list[Folder] = []
        """A copy of the account before each change, and after the last."""
        self.note()

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def note(self) -> None:
        self.moments.append(copied(self.tree, {}))

    def find(self, path: Path) -> Any:
        node: Any = self.tree
        for part in path.relative_to(self.root).parts:
            node = node.seen[part]
        return node

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        handle = os.open(path, flags, mode)
        self.handles[handle] = path
        if flags & os.O_CREAT:
            self.find(path.parent).change(**{path.name: File()})
            self.note()
        return handle

    def write(self, handle: int, data: bytes) -> int:
        self.find(self.handles[handle]).seen += bytes(data)
        self.note()
        return os.write(handle, data)

    def fsync(self, handle: int) -> None:
        node = self.find(self.handles[handle])
        if isinstance(node, Folder):
            node.sync()
        else:
            node.synced = node.seen
        self.note()

    def replace(self, source: Path, target: Path) -> None:
        assert source.parent == target.parent
        if self.fails and target.name == "checkpoint":
            raise OSError(errno.EIO, "Input/output error")
        os.replace(source, target)
        folder = self.find(source.parent)
        folder.change(**{target.name: folder.seen[source.name], source.name: None})
        self.note()

    def unlink(self, path: Path) -> None:
        os.unlink(path)
        self.find(path.parent).change(**{path.name: None})
        self.note()

    def rmdir(self, path: Path) -> None:
        os.rmdir(path)
        self.find(path.parent).change(**{path.name: None})
        self.note()

    def mkdir(self, path: Path) -> None:
        os.mkdir(path)
        self.find(path.parent).change(**{path.name: Folder()})
        self.note()


def load(path: Path) -> Folder:
    """The account of a folder whose files and names are all synced."""
    names: dict[str, Any] = {}
    for item in path.iterdir():
        names[item.name] = load(item) if item.is_dir() else File(item.read_bytes(), item.read_bytes())
    return Folder([names])


def copied(node: Any, known: dict[int, Any]) -> Any:
    """A copy of the account, in which a file that has two names is still one file."""
    if id(node) not in known:
        if isinstance(node, File):
            known[id(node)] = File(node.seen, node.synced)
        else:
            states = [{name: copied(inner, known) for name, inner in state.items()} for state in node.states]
            known[id(node)] = Folder(states)
    return known[id(node)]


def left_over(folder: Folder, chance: random.Random | None, path: str = "") -> Iterator[tuple[str, bytes]]:
    """What a power cut leaves: by `chance`, or without it nothing that was not synced."""
    names = folder.states[chance.randrange(len(folder.states)) if chance else 0]
    for name, node in names.items():
        if isinstance(node, Folder):
            yield from left_over(node, chance, f"{path}{name}/")
        elif chance and node.seen != node.synced:
            yield path + name, chance.choice([node.synced, node.seen, node.seen[: len(node.seen) // 2]])
        else:
            yield path + name, node.synced


def data(count: int, kind: bytes = b"entry") -> list[bytes]:
    return [b"%b %d" % (kind, number) for number in range(count)]


def open_here(folder: Path) -> Log:
    return open_log(folder, origin=ORIGIN, signers=[KEY], verifiers=KEYS)


def recorded(folder: Path, old: int, more: int, *, fails: bool = False) -> list[Folder]:
    """The account before each change of an append, and after it; the append may fail at its last step."""
    folder.mkdir()
    with open_here(folder) as log:
        log.append(data(old))
        with pytest.MonkeyPatch.context() as patch:
            recorder = Recorder(folder, fails=fails)
            for module in MODULES:
                patch.setattr(f"{module}.os", recorder)
            with pytest.raises(DiskFailed) if fails else contextlib.nullcontext():
                log.append(data(old + more)[old:])
    return recorder.moments


@pytest.mark.parametrize(("old", "more"), SIZES)
def test_power_cut_at_every_step(tmp_path: Path, old: int, more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = recorded(tmp_path / "log", old, more)
    monkeypatch.setattr("os.fsync", lambda _: None)
    assert cut(tmp_path / "left", moments, old, more) == {old, old + more}


def test_power_cut_at_every_step_of_taking_an_append_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = recorded(tmp_path / "log", 3, 2, fails=True)
    monkeypatch.setattr("os.fsync", lambda _: None)
    assert cut(tmp_path / "left", moments, 3, 2) == {3, 5}
    assert cut(tmp_path / "left", moments[-1:], 3, 2) == {3}


def cut(folder: Path, moments: list[Folder], old: int, more: int) -> set[int]:
    """Cuts the power at each moment, with several outcomes, and gives the sizes that logs had afterwards."""
    seen: dict[bytes, None] = {}
    done = set()
    outcomes = set()
    for step, moment in enumerate(moments):
        if "checkpoint" in moment.seen:
            seen[moment.seen["checkpoint"].seen] = None
        for chance in (None, *(random.Random(f"{old} {step} {number}") for number in range(8))):
            disk = tuple(sorted(left_over(moment, chance)))
            if (disk, len(seen)) not in done:
                done.add((disk, len(seen)))
                outcomes.add(check_disk(folder, dict(disk), old, more, list(seen)))
    return outcomes


def check_disk(folder: Path, disk: dict[str, bytes], old: int, more: int, seen: list[bytes]) -> int:
    """The log on this disk opens, extends whatever was `seen` in place, goes on, and is clean. Gives its size."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path, content in disk.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    with open_here(folder) as log:
        size = log.size
        assert size in (old, old + more)
        assert list(log.entries()) == data(old + more)[:size]
        log.append(data(7, b"another"))
    known = [verify_checkpoint(note, KEYS, origin=ORIGIN) for note in seen]
    audit = audit_log(folder, origin=ORIGIN, verifiers=KEYS, known=known)
    assert (audit.findings, audit.clean) == ((), True)
    assert load_log(folder, origin=ORIGIN, verifiers=KEYS).size == size + 7
    return size
