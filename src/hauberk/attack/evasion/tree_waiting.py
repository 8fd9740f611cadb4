"""Parts that wait to be halved: few of many are taken at a time, so their leaves stay in place until then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.tree_parts import Heads, Parts

__all__ = ["Waiting"]


class Waiting:
    """A pool of parts.

    Attributes:
        heads: What is known of them, but for their leaves.
    """

    def __init__(self, parts: Parts) -> None:
        self.heads: Heads = parts.heads
        self._start = np.cumsum(parts.heads.count) - parts.heads.count
        self._leaf, self._near = parts.leaf, parts.near
        self._used = len(parts.leaf)

    @property
    def leaves(self) -> int:
        """How many there are in all parts."""
        return int(self.heads.count.sum())

    def keep(self, index: NDArray[np.bool_]) -> None:
        """Forget all other parts."""
        if not index.all():
            self.heads, self._start = self.heads.at(index), self._start[index]

    def take(self, index: NDArray[np.bool_]) -> Parts:
        """Some of the parts, which no longer wait."""
        taken = Parts(
            heads=self.heads.at(index), leaf=self._held(self._leaf, index), near=self._held(self._near, index)
        )
        self.keep(~index)
        return taken

    def add(self, parts: Parts) -> None:
        """Let these parts wait too."""
        used = self._used + len(parts.leaf)
        if used > len(self._leaf):
            self._tidy(len(parts.leaf))
            used = self._used + len(parts.leaf)
        self._leaf[self._used : used], self._near[self._used : used] = parts.leaf, parts.near
        count = parts.heads.count
        self._start = np.concatenate([self._start, self._used + np.cumsum(count) - count])
        self.heads, self._used = self.heads.then(parts.heads), used

    def _tidy(self, more: int) -> None:
        """Drop the leaves of parts that are gone, and make as much room again as is needed."""
        everything = np.ones(len(self._start), dtype=np.bool_)
        leaf, near = self._held(self._leaf, everything), self._held(self._near, everything)
        room = np.empty(len(leaf) + 2 * more, dtype=np.int32)
        self._leaf, self._near = np.concatenate([leaf, room]), np.concatenate([near, room])
        self._used = len(leaf)
        self._start = np.cumsum(self.heads.count) - self.heads.count

    def _held(self, leaves: NDArray[np.int32], index: NDArray[np.bool_]) -> NDArray[np.int32]:
        count = self.heads.count[index]
        begin = self._start[index] - (np.cumsum(count) - count)
        return np.asarray(leaves[np.repeat(begin, count) + np.arange(count.sum())])
