"""A blob is whole or absent, whatever happens to the disk or the process."""

from __future__ import annotations

import errno
from itertools import count
from pathlib import Path

import pytest

from hauberk.core.digest import digest_bytes
from hauberk.store import BlobStore
from hauberk.store.errors import StoreUnwritable
from hauberk.testing.io_faults import failing_disk
from hauberk.testing.memory_keys import MemoryKeys

KEYS = MemoryKeys(wrapping={"store": b"k" * 32})
DATA = bytes(range(256)) * 20_000  # Five chunks.
DIGEST = digest_bytes(DATA)


def put_at_every_step(folder: Path, *, kill: bool, error: int = errno.ENOSPC) -> set[str]:
    """Fail at each step in turn and look at what is left; gives the names of the failed calls."""
    tried = set()
    for step in count():
        store = BlobStore(folder / str(step), KEYS)
        raised = None
        with failing_disk(step, kill=kill, error=error) as disk:
            try:
                store.put_bytes(DATA)
            except StoreUnwritable as caught:
                raised = caught
        if not disk.failed:
            assert raised is None
            assert store.get_bytes(DIGEST) == DATA
            return tried
        tried.add(disk.name)
        look_at(store, folder / str(step), raised, disk.name, kill=kill)
    raise AssertionError("unreachable")


def look_at(store: BlobStore, folder: Path, raised: StoreUnwritable | None, name: str, *, kill: bool) -> None:
    if not kill and name != "unlink":  # A draft that is gone after the rename may fail to be deleted.
        assert raised is not None, name
        assert raised.got
        assert not list(folder.glob(".draft-*")), name
    for digest in store.digests():  # What is visible is whole.
        assert store.check(digest) == ()
    store.clean()
    assert store.put_bytes(DATA) == DIGEST  # And the next start goes on.
    assert store.get_bytes(DIGEST) == DATA
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [DIGEST.hex]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_an_error_at_any_step(tmp_path: Path, error: int) -> None:
    tried = put_at_every_step(tmp_path, kill=False, error=error)
    assert tried >= {"mkdir", "open", "write", "fsync", "replace"}


def test_killed_at_any_step(tmp_path: Path) -> None:
    assert put_at_every_step(tmp_path, kill=True) >= {"mkdir", "open", "write", "fsync", "replace"}


def test_the_blob_is_synced_before_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    calls = []
    for name in ("fsync", "replace", "write"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, name=name, real=real: (calls.append(name), real(*args))[1])
    BlobStore(tmp_path / "store", KEYS).put_bytes(b"model")
    named = calls.index("replace")
    assert "fsync" in calls[calls.index("write") : named]
    assert "write" not in calls[named:]
    assert calls[named + 1 :].count("fsync") == 2


def test_the_words_for_a_full_disk(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "store", KEYS)
    store.put_bytes(b"before")
    with failing_disk(1), pytest.raises(StoreUnwritable, match="No space left") as caught:
        store.put_bytes(DATA)
    assert caught.value.code == "STORE-301"
    assert list(store.digests()) == [digest_bytes(b"before")]
