"""Which leaves can a row reach from its region, for thousands of rows at once.

A bit stands for a row: the leaves of a batch are a matrix of (L, n / 8) bytes, and each thing that a leaf asks of a
column is one AND over it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.leaves import MISSING, ColumnBoxes, members

__all__ = ["Bits", "choice_bits", "everywhere", "keep", "range_bits", "unpack"]

Bits = NDArray[np.uint8]


def everywhere(leaves: int, rows: int) -> Bits:
    """(L, ceil(n / 8)) all ones: every row at every leaf."""
    return np.full((leaves, (rows + 7) // 8), 255, dtype=np.uint8)


def range_bits(boxes: ColumnBoxes, low: NDArray[np.int32], high: NDArray[np.int32]) -> Bits:
    """(Z, n / 8) whether cells `low` to `high` of each row touch the cells of each shape.

    Args:
        boxes: What the leaves ask of the column.
        low: (n,) first cell of each row, `MISSING` for one without a value.
        high: (n,) last cell.
    """
    if boxes.mask is not None:
        cells = np.arange(boxes.cells)
        return choice_bits(boxes, low, (low[:, None] <= cells) & (high[:, None] >= cells))
    (firsts, first), (lasts, last) = boxes.firsts, boxes.lasts
    reach_up = np.packbits(high >= firsts[:, None], axis=1)
    reach_down = np.packbits(low <= lasts[:, None], axis=1)
    return _with_missing(boxes, reach_up[first] & reach_down[last], low == MISSING)


def choice_bits(boxes: ColumnBoxes, own: NDArray[np.int32], allowed: NDArray[np.bool_]) -> Bits:
    """(Z, n / 8) whether one of the allowed cells, (n, K), of each row is a cell of each shape."""
    cells = np.arange(boxes.cells)
    inside = members(boxes, cells)
    claims = np.packbits(allowed.T, axis=1)
    bits = np.zeros((len(inside), claims.shape[1]), dtype=np.uint8)
    for cell in cells[claims.any(axis=1)]:
        bits[inside[:, cell]] |= claims[cell]
    return _with_missing(boxes, bits, own == MISSING)


def keep(alive: Bits, boxes: ColumnBoxes, bits: Bits) -> None:
    """Clear, in place, the rows that a column keeps away from its leaves."""
    alive[boxes.leaf] &= bits[boxes.shape]


def unpack(bits: Bits, rows: int) -> NDArray[np.bool_]:
    """(L, n) bool."""
    return np.unpackbits(bits, axis=1, count=rows).view(np.bool_)


def _with_missing(boxes: ColumnBoxes, bits: Bits, gone: NDArray[np.bool_]) -> Bits:
    if not gone.any():
        return bits
    rows = np.packbits(gone)
    return np.asarray((bits & ~rows) | np.where(boxes.missing[:, None], rows, np.uint8(0)))
