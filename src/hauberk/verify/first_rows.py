"""How many rows, and which are the first of them, counted part by part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.verify.named_rows import NAMED_ROWS

__all__ = ["FirstRows", "first_rows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRows:
    """Rows of a table that is seen in parts.

    Law: `a + b` is exactly what all rows of both give, in any order.

    Attributes:
        count: How many.
        rows: Numbers of the first, as many as a finding names, ascending.
    """

    count: int = 0
    rows: tuple[int, ...] = ()

    def __add__(self, other: FirstRows) -> FirstRows:
        rows = sorted((*self.rows, *other.rows))[:NAMED_ROWS]
        return FirstRows(count=self.count + other.count, rows=tuple(rows))


def first_rows(mask: NDArray[np.bool_], *, first_row: int) -> FirstRows:
    """The rows of a (n,) mask over the rows from `first_row` on."""
    rows = np.flatnonzero(mask)
    return FirstRows(count=rows.size, rows=tuple(int(row) + first_row for row in rows[:NAMED_ROWS]))
