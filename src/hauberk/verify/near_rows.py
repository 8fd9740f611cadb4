"""Rows that nearly repeat another, found by hashing: no pair of rows far apart is ever looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.data import Dataset, Kind

__all__ = ["TOLERANCE", "NearRows", "near_rows_of"]

TOLERANCE = 1e-3
"""Of a column's range between its 1st and 99th percentile, by which numbers of near rows may differ."""
_ENDS = (1, 99)
_GRIDS = 3
_WIDTH = 2
"""Tolerances a cell is wide for each column, so that a near pair shares all its cells in three grids of four."""
_LEAST_WIDTH = 4
_WINDOW = 6
"""Neighbours in a bucket that a row is compared with."""
_GROUPS = 16
"""Most groups of categories that are left out in turn."""
_COLUMNS = 64
_BLOCK = 4_000_000
"""Cells that are compared at a time (32 MB)."""
Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NearRows:
    """Rows in the form in which they are compared; missing values are values of their own.

    Attributes:
        numbers: (n, c) float64 in units of each column's range, of columns finer than the tolerance.
        exact: (n, e) float64, of columns whose values lie further apart than the tolerance.
        categories: (n, k) float64 codes.
    """

    numbers: NDArray[np.float64]
    exact: NDArray[np.float64]
    categories: NDArray[np.float64]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.numbers)

    def take(self, index: NDArray[np.intp]) -> NearRows:
        """Some of the rows."""
        return NearRows(numbers=self.numbers[index], exact=self.exact[index], categories=self.categories[index])

    def shuffled(self, index: NDArray[np.intp], *, seed: int) -> NearRows:
        """The rows with each column exchanged among those of the index: what chance and the columns alone give."""
        random = np.random.default_rng([seed, 7])
        blocks = [self.numbers.copy(), self.exact.copy(), self.categories.copy()]
        for block in blocks:
            for column in block.T:
                column[index] = column[random.permutation(index)]
        return replace(self, numbers=blocks[0], exact=blocks[1], categories=blocks[2])

    def pairs(self, *, reach: float = TOLERANCE, seed: int = 0) -> NDArray[np.intp]:
        """(m, 2) pairs of near rows that are not equal, the smaller number first, ascending.

        Numbers differ by at most `reach`, other values are equal, but for at most one category. In a bucket of more
        than a handful of rows only neighbours are compared, so that a row has a few of its pairs, not all.
        """
        random = np.random.default_rng([seed, 5])
        found = []
        width = reach * max(_LEAST_WIDTH, _WIDTH * self.numbers.shape[1])
        place = np.nan_to_num(self.numbers, nan=9.0) @ random.normal(size=self.numbers.shape[1])
        fixed = _hash(self.exact, random)
        shares = [_hash(self.categories[:, start::_GROUPS], random) for start in range(_GROUPS)]
        shares = shares[: self.categories.shape[1]]
        for _ in range(_GRIDS if self.numbers.shape[1] else 1):
            cells = np.floor(self.numbers / width + random.random(self.numbers.shape[1]))
            key = fixed + _hash(cells, random) + sum(shares, np.zeros(self.rows, np.uint64))
            keys = [key, *(key - share for share in shares)]
            found += [self._verified(_neighbours(one, place), reach) for one in keys]
        return np.unique(np.concatenate(found), axis=0)

    def _verified(self, pairs: NDArray[np.intp], reach: float) -> NDArray[np.intp]:
        columns = self.numbers.shape[1] + self.exact.shape[1] + self.categories.shape[1]
        size = max(1, _BLOCK // max(1, columns))
        parts = [pairs[start : start + size] for start in range(0, len(pairs), size)]
        kept = [part[self._near(part[:, 0], part[:, 1], reach)] for part in parts]
        return np.concatenate([*kept, np.empty((0, 2), np.intp)]).astype(np.intp)

    def _near(self, one: NDArray[np.intp], other: NDArray[np.intp], reach: float) -> NDArray[np.bool_]:
        first, second = self.numbers[one], self.numbers[other]
        apart = np.abs(first - second)
        gone = np.isnan(first) & np.isnan(second)
        close = ((apart <= reach) | gone).all(axis=1) & _equal(self.exact[one], self.exact[other]).all(axis=1)
        changed = (~_equal(self.categories[one], self.categories[other])).sum(axis=1)
        moved = ((apart > 0) & ~gone).any(axis=1)
        near: NDArray[np.bool_] = close & (changed <= 1) & (moved | (changed > 0))
        return near


def near_rows_of(dataset: Dataset) -> NearRows:
    """The inputs of a dataset; free text is left out."""
    numbers: list[NDArray[np.float64]] = []
    exact: list[NDArray[np.float64]] = []
    categories: list[NDArray[np.float64]] = []
    for feature in dataset.schema.inputs:
        column = dataset.table.column(feature.name)
        match feature.kind:
            case Kind.CATEGORY | Kind.TEXT:
                codes = pc.fill_null(column.combine_chunks().dictionary_encode().indices, -1)
                categories.append(codes.to_numpy().astype(np.float64))
            case _:
                values = column.cast(pa.float64(), safe=False).to_numpy()
                scaled = _scaled(values)
                (exact if scaled is None else numbers).append(values if scaled is None else scaled)
    rows = dataset.rows
    return NearRows(numbers=_block(numbers, rows), exact=_block(exact, rows), categories=_block(categories, rows))


def _block(columns: list[NDArray[np.float64]], rows: int) -> NDArray[np.float64]:
    return np.column_stack(columns) if columns else np.empty((rows, 0))


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """(n,) in units of the range, None where all different values lie further apart than the tolerance."""
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return None
    low, high = np.percentile(known, _ENDS)
    with np.errstate(over="ignore"):  # numbers near the end of float64 are as far apart as infinity
        span = high - low
        steps = np.diff(np.unique(known))
        if not span or not np.isfinite(span) or not steps.size or steps.min() > TOLERANCE * span:
            return None
        scaled: NDArray[np.float64] = np.clip((values - low) / span, -1e9, 1e9)
    return scaled


def _equal(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (one == other) | (np.isnan(one) & np.isnan(other))
    return same


def _hash(block: NDArray[np.float64], random: np.random.Generator) -> Words:
    """(n,) sums over the columns, so that a column can be taken out again by subtraction."""
    total = np.zeros(len(block), np.uint64)
    for start in range(0, block.shape[1], _COLUMNS):
        some = block[:, start : start + _COLUMNS]
        words = (np.where(np.isnan(some), 1e300, some) + 0.0).view(np.uint64)
        first, second = random.integers(2**62, size=(2, words.shape[1])).astype(np.uint64) * np.uint64(2) + np.uint64(1)
        words = (words ^ (words >> np.uint64(29))) * first
        total += ((words ^ (words >> np.uint64(32))) * second).sum(axis=1, dtype=np.uint64)
    return total


def _neighbours(key: Words, place: NDArray[np.float64]) -> NDArray[np.intp]:
    """(m, 2) rows of one key that are near in place."""
    order = np.lexsort((place, key))
    sorted_key = key[order]
    pairs = []
    for step in range(1, _WINDOW + 1):
        same = np.flatnonzero(sorted_key[step:] == sorted_key[:-step])
        ends = np.stack([order[same], order[same + step]], axis=1)
        pairs.append(np.sort(ends, axis=1))
    return np.concatenate(pairs)
