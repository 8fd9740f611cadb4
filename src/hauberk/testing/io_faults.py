"""Faults of the disk: an error, or the end of the process, at a chosen step of what a piece of code does to files.

for step in count():
    with failing_disk(step, kill=True) as disk:
        ...
    if not disk.failed:
        break  # All steps have been tried.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

__all__ = ["FailingDisk", "Killed", "failing_disk"]

_STEPS = ("open", "write", "fsync", "link", "rename", "replace", "unlink", "mkdir")


class Killed(BaseException):
    """The process ends here; no handler of errors may catch it."""


class FailingDisk:
    """Counts the steps and fails at one of them.

    Attributes:
        failed: Whether the step was reached.
        name: The call that failed.
    """

    def __init__(self, step: int, *, kill: bool, error: int) -> None:
        self._left = step
        self._kill = kill
        self._error = error
        self.failed = False
        self.name = ""

    def wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """`real`, counted. A killed process does nothing more; a failed write leaves half of its bytes."""

        def counted(*args: Any, **kwargs: Any) -> Any:
            if self.failed and self._kill:
                raise Killed
            if self.failed or self._left:
                self._left -= 1
                return real(*args, **kwargs)
            self.failed, self.name = True, name
            if name == "write":
                real(args[0], args[1][: len(args[1]) // 2])
            if self._kill:
                raise Killed
            raise OSError(self._error, os.strerror(self._error))

        return counted


@contextlib.contextmanager
def failing_disk(step: int, *, kill: bool = False, error: int = errno.ENOSPC) -> Iterator[FailingDisk]:
    """A disk that fails at the given call (0-based) of those that `os` offers to open, write, sync, name and delete.

    Args:
        step: Which call fails.
        kill: Raise `Killed` at it and at every later one; else `OSError`, once.
        error: The number of the error.
    """
    disk = FailingDisk(step, kill=kill, error=error)
    with contextlib.ExitStack() as stack:
        for name in _STEPS:
            stack.enter_context(mock.patch.object(os, name, disk.wrap(name, getattr(os, name))))
        with contextlib.suppress(Killed):
            yield disk
