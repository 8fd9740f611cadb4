"""The lock that keeps a second writer out of a log. The operating system drops it when its holder dies."""

from __future__ import annotations

import os
from pathlib import Path

from hauberk.ledger.disk import os_errors
from hauberk.ledger.errors import LogLocked, NoLocks

__all__ = ["FolderLock"]


class FolderLock:
    """Holds the folder of a log from its making until `release`.

    The lock lies on the folder itself, so that it leaves no file behind.

    Raises:
        LogLocked: Somebody else holds it.
        NoLocks: There are no such locks here.
        DiskFailed, FolderUnwritable: The folder cannot be opened.
    """

    __slots__ = ("_handle",)

    def __init__(self, folder: Path) -> None:
        try:
            import fcntl  # Not there on every system; reading and verifying do without it.
        except ImportError as error:
            raise NoLocks(where=str(folder), expected="flock", got="an operating system without it") from error
        with os_errors(str(folder)):
            handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            hint = "wait until it has ended"
            raise LogLocked(where=str(folder), expected="no other writer", got="one at work", hint=hint) from error
        except OSError as error:
            os.close(handle)
            raise NoLocks(where=str(folder), expected="flock", got=error.strerror or "") from error
        self._handle: int | None = handle

    @property
    def held(self) -> bool:
        """Whether it has not been released yet."""
        return self._handle is not None

    def release(self) -> None:
        """Lets the next writer in; does nothing the second time."""
        if self._handle is not None:
            import fcntl

            # Closing alone would leave the lock to processes that were forked meanwhile.
            fcntl.flock(self._handle, fcntl.LOCK_UN)
            os.close(self._handle)
            self._handle = None
