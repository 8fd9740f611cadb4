"""Quantiles of any number of values, from counts on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hauberk.stats.errors import BadSample

__all__ = ["ACCURACY", "QuantileSketch", "sketch_quantiles"]

ACCURACY = 0.01
"""Relative error of a quantile."""
_GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
_WIDTH = np.log(_GAMMA)
_OFFSET = int(np.ceil(-np.log(np.finfo(np.float64).tiny) / _WIDTH)) + 1
"""Added to the place of a size, so that that of the least normal float64 is positive."""
_ZERO = 0
"""Code of the values that are 0; those of positive values lie above, of negative ones below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileSketch:
    """How many values fall into each cell of a scale on which neighbours differ by 2 %.

    Law: `a + b` is exactly what all values of both give, in any order. A quantile is within 1 % of the value at its
    rank (the nearest rank from below). Memory: at most 142,000 cells, whatever the values; some hundreds as a rule.

    Attributes:
        cells: Count by code of the cell; codes are ordered like the values.

    Source: Masson, Rim, Lee 2019, "DDSketch" (PVLDB 12), section 2, without a bound on the cells: those of float64 are
    bounded by its exponent.
    """

    cells: Mapping[int, int] = field(default_factory=dict)

    def __add__(self, other: QuantileSketch) -> QuantileSketch:
        cells = dict(self.cells)
        for code, count in other.cells.items():
            cells[code] = cells.get(code, 0) + count
        return QuantileSketch(cells=cells)

    @property
    def count(self) -> int:
        """How many values."""
        return sum(self.cells.values())

    def quantile(self, share: float) -> float:
        """The value below which a share of the values lies.

        Raises:
            BadSample: There are no values, or the share is none.
        """
        if not self.cells or not 0 <= share <= 1:
            raise BadSample(expected="values, and a share from 0 to 1", got=f"{self.count} values, {share}")
        codes = np.array(sorted(self.cells))
        before = np.cumsum([self.cells[int(code)] for code in codes])
        rank = int(share * (self.count - 1))
        return _value(int(codes[np.searchsorted(before, rank, side="right")]))


def sketch_quantiles(values: NDArray[np.float64]) -> QuantileSketch:
    """The sketch of (n,) finite numbers."""
    size = np.abs(values)
    place = np.ceil(np.log(np.maximum(size, np.finfo(np.float64).tiny)) / _WIDTH).astype(np.int64)
    codes = np.sign(values).astype(np.int64) * (place + _OFFSET)
    if not codes.size:
        return QuantileSketch()
    first = int(codes.min())
    counts = np.bincount(codes - first)
    found = np.flatnonzero(counts)
    return QuantileSketch(cells=dict(zip((found + first).tolist(), counts[found].tolist(), strict=True)))


def _value(code: int) -> float:
    """The middle of a cell, as far in ratio from both its ends."""
    if code == _ZERO:
        return 0.0
    size = 2 * np.exp((abs(code) - _OFFSET) * _WIDTH) / (_GAMMA + 1)
    return float(np.sign(code) * min(size, np.finfo(np.float64).max))
