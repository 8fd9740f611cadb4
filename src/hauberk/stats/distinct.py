"""How many different values there are, without keeping them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["DISTINCT_KEPT", "DistinctSketch", "hash_numbers", "sketch_distinct"]

DISTINCT_KEPT = 8192
"""Least hashes that are kept: fewer different values are counted exactly, more with a standard error of 1.1 %."""
Hashes = NDArray[np.uint64]
_NONE: Hashes = np.empty(0, np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DistinctSketch:
    """The least hashes of a set of values.

    Law: `a + b` is exactly what all values of both give; order and repetition change nothing.

    Attributes:
        least: (m,) uint64, ascending, m at most `DISTINCT_KEPT`.

    Source: Beyer et al. 2007, "On synopses for distinct-value estimation under multiset operations" (SIGMOD), the
    unbiased estimator of section 4.
    """

    least: Hashes = field(default_factory=lambda: _NONE)

    def __add__(self, other: DistinctSketch) -> DistinctSketch:
        return DistinctSketch(least=np.union1d(self.least, other.least)[:DISTINCT_KEPT])

    @property
    def exact(self) -> bool:
        """Whether `count` is no estimate."""
        return self.least.size < DISTINCT_KEPT

    @property
    def count(self) -> int:
        """How many different values, at least 0."""
        if self.exact:
            return self.least.size
        return round((DISTINCT_KEPT - 1) / ((float(self.least[-1]) + 1) / 2.0**64))


def sketch_distinct(hashes: Hashes) -> DistinctSketch:
    """The sketch of (n,) hashes of values, one for each value."""
    if hashes.size > 2 * DISTINCT_KEPT:
        # Where few values repeat, the least of them need not be sorted out of all.
        least = np.unique(np.partition(hashes, 2 * DISTINCT_KEPT)[: 2 * DISTINCT_KEPT])
        if least.size >= DISTINCT_KEPT:
            return DistinctSketch(least=least[:DISTINCT_KEPT])
    return DistinctSketch(least=np.unique(hashes)[:DISTINCT_KEPT])


def hash_numbers(values: NDArray[np.float64]) -> Hashes:
    """(n,) uint64 hashes of numbers, the same for equal ones (0.0 and -0.0 are equal).

    Made to scatter, not to withstand somebody who looks for collisions. Source: Steele, Lea, Flood 2014, "Fast
    splittable pseudorandom number generators" (OOPSLA), the finaliser of SplitMix64.
    """
    words = (values + 0.0).view(np.uint64).copy()
    words += np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(words ^ (words >> np.uint64(31)))
