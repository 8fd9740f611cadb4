"""How long work reports that it goes on; silent unless a door listens."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "silent"]


class Progress(Protocol):
    """Called with the work done so far, the whole (same unit) and a word on what is being done."""

    def __call__(self, done: float, total: float, what: str = "") -> None:
        """Tell it."""
        ...


def silent(done: float, total: float, what: str = "") -> None:
    """The progress that nobody watches."""
