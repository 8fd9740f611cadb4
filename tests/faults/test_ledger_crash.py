"""The log is killed, interrupted or failed by the disk at every step of an append.

Every call of the operating system that changes the disk goes through the `os` of three modules; a stand-in for it
counts the calls and strikes at one of them. Afterwards the log must open, extend every checkpoint that was ever in
place, hold the old entries or the old and the new ones, audit clean, and take another append.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hauberk.crypto import SigningKey
from hauberk.ledger import Log, audit_log, load_log, open_log, verify_checkpoint, verify_consistency
from hauberk.ledger.errors import DiskFailed, DiskFull, FolderUnwritable, LedgerError
from hauberk.ledger.tiles import names_since

ORIGIN = "example.com/log"
KEY = SigningKey(ORIGIN, [bytes(range(32))])
KEYS = KEY.identity.keys
MODULES = ("hauberk.ledger.disk", "hauberk.ledger.commit", "hauberk.ledger.pending")
CHANGES = ("write", "fsync", "replace", "unlink", "mkdir", "rmdir")
GROWS = ("create", "write", "mkdir", "replace")
# Old size and entries appended: the first ones, within a tile, over its end, exactly to it, several tiles.
SIZES = [(0, 3), (3, 2), (250, 10), (250, 6), (256, 1), (300, 300)]
FEWER = [(0, 3), (250, 10), (256, 1)]

Strike = Callable[[int, str, tuple[Any, ...]], None]


def let_be(step: int, name: str, arguments: tuple[Any, ...]) -> None:
    """Strikes nothing."""


class StandIn:
    """The `os` of the log, which calls `strike` before each change, or after it. Syncing is counted, but left out."""

    def __init__(self, strike: Strike, *, after: bool) -> None:
        self.steps: list[str] = []
        self._strike = strike
        self._after = after
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CHANGES:
            return self._open if name == "open" else real

        def call(*arguments: Any) -> Any:
            return self._step(name, arguments, (lambda _: None) if name == "fsync" else real)

        return call

    def _open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT:
            return self._step("create", (path, flags, mode), os.open)
        return os.open(path, flags, mode)

    def _step(self, name: str, arguments: tuple[Any, ...], call: Callable[..., Any]) -> Any:
        with self._lock:
            self.steps.append(name)
            step = len(self.steps)
        if not self._after:
            self._strike(step, name, arguments)
        result = call(*arguments)
        if self._after:
            self._strike(step, name, arguments)
        return result


@contextlib.contextmanager
def standing_in(strike: Strike, *, after: bool = False) -> Iterator[StandIn]:
    stand_in = StandIn(strike, after=after)
    with pytest.MonkeyPatch.context() as patch:
        for module in MODULES:
            patch.setattr(f"{module}.os", stand_in)
        yield stand_in


def data(count: int, kind: bytes = b"entry") -> list[bytes]:
    return [b"%b %d" % (kind, number) for number in range(count)]


def open_here(folder: Path) -> Log:
    return open_log(folder, origin=ORIGIN, signers=[KEY], verifiers=KEYS)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def notes_in(folder: Path) -> list[bytes]:
    path = folder / "checkpoint"
    return [path.read_bytes()] if path.exists() else []


def steps_of(folder: Path, old: int, more: int) -> list[str]:
    """Makes a log of `old` entries in `folder`, and gives the steps that appending `more` takes there."""
    copy = folder.with_name("steps")
    folder.mkdir()
    with standing_in(let_be), open_here(folder) as log:
        log.append(data(old))
    shutil.copytree(folder, copy)
    with standing_in(let_be) as stand_in, open_here(copy) as log:
        stand_in.steps.clear()
        log.append(data(old + more)[old:])
    shutil.rmtree(copy)
    assert {"create", "write", "fsync", "replace", "unlink"} <= set(stand_in.steps)
    return stand_in.steps


def each_step(tmp_path: Path, steps: list[str]) -> Iterator[tuple[int, Path]]:
    for step in range(1, len(steps) + 1):
        folder = tmp_path / f"at-{step}"
        shutil.copytree(tmp_path / "base", folder)
        yield step, folder
        shutil.rmtree(folder)


def check_recovered(folder: Path, old: int, more: int, seen: list[bytes]) -> int:
    """The log opens, goes on, is clean and extends what was `seen` in place. Gives its size when it was opened."""
    with standing_in(let_be), open_here(folder) as log:
        size = log.size
        check_goes_on(log, folder, old, more, seen)
    return size


def check_goes_on(log: Log, folder: Path, old: int, more: int, seen: list[bytes]) -> None:
    size = log.size
    assert size in (old, old + more)
    log.append(data(7, b"another"))
    assert list(log.entries()) == data(old + more)[:size] + data(7, b"another")
    audit = audit_log(folder, origin=ORIGIN, verifiers=KEYS)
    assert (audit.findings, audit.clean) == ((), True)
    assert set(files(folder)) == {"checkpoint", *(name.path for name in names_since(size + 7))}
    for note in seen:
        known = verify_checkpoint(note, KEYS, origin=ORIGIN)
        reader = load_log(folder, origin=ORIGIN, verifiers=KEYS, known=known)
        path = reader.consistency_proof(known.size)
        top = reader.checkpoint
        verify_consistency(path, old_size=known.size, old_root=known.root, new_size=top.size, new_root=top.root)


def die(folder: Path, at: int, old: int, more: int) -> None:
    """In a forked child: appends, and dies before step `at`, or in the middle of it where it is a write."""

    def strike(step: int, name: str, arguments: tuple[Any, ...]) -> None:
        if step == at:
            if name == "write":
                handle, content = arguments
                os.write(handle, content[: len(content) // 2])
            os._exit(9)

    try:
        log = open_here(folder)
        with standing_in(strike):
            log.append(data(old + more)[old:])
    finally:
        os._exit(1)


@pytest.mark.parametrize(("old", "more"), SIZES)
def test_killed_at_every_step(tmp_path: Path, old: int, more: int) -> None:
    steps = steps_of(tmp_path / "base", old, more)
    outcomes = set()
    for step, folder in each_step(tmp_path, steps):
        before = notes_in(folder)
        child = os.fork()
        if child == 0:
            die(folder, step, old, more)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9, f"step {step} was not reached"
        outcomes.add(check_recovered(folder, old, more, before + notes_in(folder)))
    assert outcomes == {old, old + more}


def test_killed_again_at_every_step_of_the_recovery(tmp_path: Path) -> None:
    """Killed once with everything written and signed, once with nothing signed; then at each step of the opening."""
    old, more = 250, 10
    steps = steps_of(tmp_path / "base", old, more)
    last = len(steps) - 1 - steps[::-1].index("replace") + 1
    for first in (last, last - 8):
        reached = True
        again = 0
        while reached:
            again += 1
            folder = tmp_path / f"{first}-{again}"
            shutil.copytree(tmp_path / "base", folder)
            for at, appends in ((first, True), (again, False)):
                child = os.fork()
                if child == 0:
                    die(folder, at, old, more) if appends else die_opening(folder, at)
                code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                assert code == 9 or not appends
                reached = code == 9
            check_recovered(folder, old, more, notes_in(tmp_path / "base") + notes_in(folder))
        assert again > 5


def die_opening(folder: Path, at: int) -> None:
    def strike(step: int, name: str, arguments: tuple[Any, ...]) -> None:
        if step == at:
            os._exit(9)

    try:
        with standing_in(strike):
            open_here(folder)
    finally:
        os._exit(1)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("old", "more"), FEWER)
def test_interrupted_at_every_step(tmp_path: Path, old: int, more: int, after: bool) -> None:
    """Ctrl-C, before and after each change: the same log is used on."""
    steps = steps_of(tmp_path / "base", old, more)
    for at, folder in each_step(tmp_path, steps):
        seen = notes_in(folder)

        def strike(step: int, name: str, arguments: tuple[Any, ...], at: int = at) -> None:
            if step == at:
                raise KeyboardInterrupt

        log = open_here(folder)
        with standing_in(strike, after=after), pytest.raises(KeyboardInterrupt):
            log.append(data(old + more)[old:])
        with standing_in(let_be):
            check_goes_on(log, folder, old, more, seen + notes_in(folder))
        log.close()


@pytest.mark.parametrize(("old", "more"), FEWER)
def test_a_full_disk_changes_nothing(tmp_path: Path, old: int, more: int) -> None:
    steps = steps_of(tmp_path / "base", old, more)
    growing = [step for step, name in enumerate(steps, start=1) if name in GROWS]
    before = files(tmp_path / "base")
    for at, folder in each_step(tmp_path, steps):
        if at not in growing:
            continue

        def strike(step: int, name: str, arguments: tuple[Any, ...], at: int = at) -> None:
            if step >= at and name in GROWS:
                raise OSError(errno.ENOSPC, "No space left on device")

        with open_here(folder) as log:
            with standing_in(strike), pytest.raises(DiskFull) as caught:
                log.append(data(old + more)[old:])
            assert caught.value.where
            assert caught.value.exit_code == 2
            assert (log.size, files(folder)) == (old, before)
            with standing_in(let_be):
                check_goes_on(log, folder, old, more, notes_in(folder))


def test_a_sync_that_fails_changes_nothing_but_the_last(tmp_path: Path) -> None:
    old, more = 250, 10
    steps = steps_of(tmp_path / "base", old, more)
    syncs = [step for step, name in enumerate(steps, start=1) if name == "fsync"]
    before = files(tmp_path / "base")
    for at, folder in each_step(tmp_path, steps):
        if at not in syncs:
            continue

        def strike(step: int, name: str, arguments: tuple[Any, ...], at: int = at) -> None:
            if step == at:
                raise OSError(errno.EIO, "Input/output error")

        with open_here(folder) as log:
            seen = notes_in(folder)
            with standing_in(strike), pytest.raises(DiskFailed):
                log.append(data(old + more)[old:])
            if at != syncs[-1]:
                assert (log.size, files(folder)) == (old, before)
            else:
                assert log.size == old + more
            with standing_in(let_be):
                check_goes_on(log, folder, old, more, seen + notes_in(folder))


def test_many_files_are_synced_at_once_and_any_of_them_may_fail(tmp_path: Path) -> None:
    steps = steps_of(tmp_path / "base", 5, 6000)
    before = files(tmp_path / "base")
    syncs = [step for step, name in enumerate(steps, start=1) if name == "fsync"]
    assert len(syncs) > 2 * 24
    for at in (syncs[5], syncs[20], syncs[40]):

        def strike(step: int, name: str, arguments: tuple[Any, ...], at: int = at) -> None:
            if step == at:
                raise OSError(errno.EIO, "Input/output error")

        with open_here(tmp_path / "base") as log:
            with standing_in(strike), pytest.raises(DiskFailed, match="tile/"):
                log.append(data(6005)[5:])
            assert (log.size, files(tmp_path / "base")) == (5, before)
    assert check_recovered(tmp_path / "base", 5, 6000, notes_in(tmp_path / "base")) == 5


def test_a_read_only_folder_is_one_clear_error(tmp_path: Path) -> None:
    def strike(step: int, name: str, arguments: tuple[Any, ...]) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    steps_of(tmp_path / "base", 5, 1)
    before = files(tmp_path / "base")
    with open_here(tmp_path / "base") as log:
        with standing_in(strike), pytest.raises(FolderUnwritable, match="Read-only file system"):
            log.append([b"more"])
        assert (log.size, files(tmp_path / "base")) == (5, before)
    with standing_in(strike), pytest.raises(FolderUnwritable):
        open_here(tmp_path / "base")
    assert load_log(tmp_path / "base", origin=ORIGIN, verifiers=KEYS).size == 5
    assert files(tmp_path / "base") == before


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind the superuser")
def test_a_folder_without_permission_is_one_clear_error(tmp_path: Path) -> None:
    steps_of(tmp_path / "base", 5, 1)
    (tmp_path / "base").chmod(0o555)
    try:
        with open_here(tmp_path / "base") as log, pytest.raises(FolderUnwritable):
            log.append([b"more"])
    finally:
        (tmp_path / "base").chmod(0o755)
    assert load_log(tmp_path / "base", origin=ORIGIN, verifiers=KEYS).size == 5


def test_a_real_limit_of_the_operating_system(tmp_path: Path) -> None:
    """No stand-in: the kernel refuses to let a file grow beyond 4 KiB, and then lets it."""
    steps_of(tmp_path / "base", 5, 1)
    before = files(tmp_path / "base")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open_here(tmp_path / "base") as log:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            with pytest.raises(DiskFull) as caught:
                log.append([bytes(5000)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert "tile/entries" in caught.value.where
        assert (log.size, files(tmp_path / "base")) == (5, before)
        log.append([bytes(5000)])


def test_a_signer_that_fails_changes_nothing(tmp_path: Path) -> None:
    class Offline:
        identity = KEY.identity

        def sign(self, _: bytes) -> tuple[bytes, ...]:
            raise ConnectionError("the key service does not answer")

    steps_of(tmp_path / "base", 5, 1)
    before = files(tmp_path / "base")
    with open_log(tmp_path / "base", origin=ORIGIN, signers=[Offline()], verifiers=KEYS) as log:
        with pytest.raises(ConnectionError):
            log.append([b"more"])
        assert (log.size, files(tmp_path / "base")) == (5, before)


def test_errors_of_the_disk_are_the_ledger_s_own(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LedgerError):
        open_here(tmp_path / "file" / "below")
    with pytest.raises(LedgerError):
        open_here(tmp_path / "file")
