"""A key file is whole or absent, whatever happens to the disk or the process."""

from __future__ import annotations

import contextlib
import errno
import os
from itertools import count
from pathlib import Path

import pytest

from hauberk.crypto import FileKeyProvider
from hauberk.crypto.errors import KeyFolderUnusable
from hauberk.testing.io_faults import failing_disk


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_failing_disk_gives_one_clear_error_and_leaves_no_draft(tmp_path: Path, error: int) -> None:
    tried = set()
    for step in count():
        folder = tmp_path / str(step) / "keys"
        with contextlib.suppress(KeyFolderUnusable), failing_disk(step, error=error) as disk:
            FileKeyProvider(folder).create_wrapping_key("a")  # Any other error fails the test.
        if not disk.failed:
            break
        tried.add(disk.name)
        if folder.exists() and disk.name != "unlink":
            assert {path.name for path in folder.iterdir()} <= {"a.key"}
        usable_afterwards(folder)
    assert tried >= {"mkdir", "open", "write", "fsync", "link"}


def test_killed_at_any_step(tmp_path: Path) -> None:
    for step in count():
        folder = tmp_path / str(step) / "keys"
        with failing_disk(step, kill=True) as disk:
            FileKeyProvider(folder).create_wrapping_key("a")
        usable_afterwards(folder)
        if not disk.failed:
            break
    assert step > 5


def usable_afterwards(folder: Path) -> None:
    """The key is there and works, or it is not there and can be made."""
    provider = FileKeyProvider(folder)
    if "a" not in provider.names():
        provider.create_wrapping_key("a")
    assert provider.unwrap_key("a", provider.wrap_key("a", bytes(32))) == bytes(32)


def test_the_key_is_synced_before_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    for name in ("fsync", "link", "write"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, name=name, real=real: (calls.append(name), real(*args))[1])
    FileKeyProvider(tmp_path / "keys").create_wrapping_key("a")
    assert calls == ["write", "fsync", "link", "fsync"]
