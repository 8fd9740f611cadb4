"""How long work reports that it goes on; silent unless a door listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["Progress", "Watcher", "silent", "unwatched"]


class Progress(Protocol):
    """Called with the work done so far, the whole (same unit) and a word on what is being done."""

    def __call__(self, done: float, total: float, what: str = "") -> None:
        """Tell it."""
        ...


def silent(done: float, total: float, what: str = "") -> None:
    """The progress that nobody watches."""


Watcher = Callable[[str], Progress]
"""Gives the progress report of a stage by the stage's name."""


def unwatched(stage: str) -> Progress:  # noqa: ARG001 - the shape of Watcher
    """The watcher of a run that nobody looks at."""
    return silent
