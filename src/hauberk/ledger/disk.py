"""Files of the log on disk: read whole, written so that a crash leaves the old file or the new one.

A file becomes visible by a rename, after its bytes have been synced; a rename lasts once its folder is synced.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from hauberk.ledger.errors import DiskFailed, DiskFull, FolderUnwritable, MissingFile

__all__ = ["TEMPORARY", "Writes", "make_folder", "os_errors", "read_file", "remove_file", "sync_folder"]

TEMPORARY = ".tmp"
"""End of the name of a file that is not yet whole."""

# Syncs at once, and files up to which that does not pay.
_THREADS = 16
_SERIAL = 16

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class Writes:
    """Files written together: after `settle` each is in place, whole, and lasts.

    Args:
        folder: Folder of the log.
    """

    __slots__ = ("_dirty", "_folder", "_unsettled")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unsettled: list[str] = []
        self._dirty: dict[Path, None] = {}

    def write(self, path: str, data: bytes) -> None:
        """Writes `data` beside `path`; `settle` puts it there, over what is there.

        Raises:
            DiskFull, FolderUnwritable, DiskFailed: It cannot be written.
        """
        target = self._folder / path
        with os_errors(path):
            self._make(target.parent)
            _write(_temporary(target), data)
        self._unsettled.append(path)

    def settle(self) -> None:
        """Syncs the bytes of everything written so far, puts it in place, and syncs its name.

        Syncing comes after all the writing, so that the file system can take many files to the disk at once.

        Raises:
            DiskFull, FolderUnwritable, DiskFailed: It cannot be done.
        """
        self._sync_files()
        for path in self._unsettled:
            target = self._folder / path
            with os_errors(path):
                os.replace(_temporary(target), target)
            self._dirty[target.parent] = None
        for folder in self._dirty:
            sync_folder(folder)
        self._unsettled.clear()
        self._dirty.clear()

    def _sync_files(self) -> None:
        def sync(path: str) -> None:
            with os_errors(path):
                _sync(_temporary(self._folder / path))

        if len(self._unsettled) <= _SERIAL:
            for path in self._unsettled:
                sync(path)
        else:
            from concurrent.futures import ThreadPoolExecutor

            # File systems bring what is synced at the same time to the disk in one go.
            with ThreadPoolExecutor(_THREADS) as pool:
                list(pool.map(sync, self._unsettled))

    def _make(self, folder: Path) -> None:
        if not folder.is_dir():
            self._make(folder.parent)
            os.mkdir(folder)
            self._dirty[folder.parent] = None


@contextlib.contextmanager
def os_errors(path: str) -> Iterator[None]:
    """Turns what the operating system raises into the ledger's errors, which name `path`."""
    try:
        yield
    except OSError as error:
        got = error.strerror or type(error).__name__
        if error.errno in _FULL:
            raise DiskFull(where=path, expected="space for the log", got=got, hint="free some space, repeat") from error
        if error.errno in _FORBIDDEN:
            raise FolderUnwritable(where=path, expected="a folder that may be written to", got=got) from error
        raise DiskFailed(where=path, expected="a file that can be read and written", got=got) from error


def make_folder(folder: Path) -> None:
    """Makes the folder of the log where it is missing, and its name last.

    Raises:
        DiskFull, FolderUnwritable, DiskFailed: It cannot be made.
    """
    if not folder.is_dir():
        with os_errors(str(folder)):
            folder.mkdir(parents=True)
        sync_folder(folder.parent)


def read_file(folder: Path, path: str) -> bytes:
    """The bytes of the file at `path` below the folder.

    Raises:
        MissingFile: It is not there.
        DiskFailed, FolderUnwritable: It cannot be read.
    """
    with os_errors(path):
        try:
            return (folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise MissingFile(where=path, expected="a file of the log", got="none") from error


def remove_file(folder: Path, path: str) -> bool:
    """Removes the file at `path` below the folder, and says whether it was there.

    Raises:
        FolderUnwritable, DiskFailed: It cannot be removed.
    """
    with os_errors(path), contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(folder / path)
        return True
    return False


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder last.

    Raises:
        DiskFull, FolderUnwritable, DiskFailed: It cannot be done.
    """
    with os_errors(str(folder)):
        _sync(folder)


def _temporary(target: Path) -> Path:
    return target.with_name(target.name + TEMPORARY)


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
    finally:
        os.close(handle)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
