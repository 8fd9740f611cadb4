import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from hauberk.ledger import Log
from hauberk.ledger.errors import LogLocked, NoLocks
from hauberk.ledger.lock import FolderLock

Open = Callable[..., Log]


def test_a_second_writer_is_refused(opened: Open, folder: Path) -> None:
    with opened(), pytest.raises(LogLocked, match="one at work") as caught:
        opened()
    assert caught.value.code == "LEDGER-301"
    assert str(folder) in caught.value.where
    opened().close()


def test_a_second_process_is_refused(opened: Open, folder: Path) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from hauberk.ledger.lock import FolderLock
        from hauberk.ledger.errors import LogLocked
        try:
            FolderLock(Path(sys.argv[1]))
        except LogLocked:
            sys.exit(7)
    """)
    command = [sys.executable, "-c", program, str(folder)]
    with opened():
        assert subprocess.run(command, check=False).returncode == 7
    assert subprocess.run(command, check=False).returncode == 0


def test_a_writer_that_died_leaves_no_lock(folder: Path) -> None:
    folder.mkdir()
    child = os.fork()
    if child == 0:
        FolderLock(folder)
        os._exit(0)
    os.waitpid(child, 0)
    FolderLock(folder).release()


def test_release_counts_for_forked_children_too(folder: Path) -> None:
    folder.mkdir()
    lock = FolderLock(folder)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    lock.release()
    FolderLock(folder).release()
    os.close(write)
    os.waitpid(child, 0)


def test_without_locks_nobody_writes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(NoLocks):
        FolderLock(folder)
