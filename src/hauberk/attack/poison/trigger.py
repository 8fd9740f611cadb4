"""What every trigger of a backdoor can do."""

from __future__ import annotations

from typing import Protocol

from hauberk.models import Matrix

__all__ = ["Trigger"]


class Trigger(Protocol):
    """A mark that is put on rows, the same in training and at prediction."""

    def stamp(self, rows: Matrix) -> Matrix:
        """The rows (n, d) with the mark; the given ones stay as they are."""
        ...
