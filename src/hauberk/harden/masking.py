"""What is left of rows when everything is taken away that the adversary can choose.

Two rows that can be turned into one another, or into a common third, cannot be told apart by a model that nobody
can fool. Where the values of a number fall into such classes (it can only rise, and only up to a bound: everything
below the bound is one class), each class has one representative, the end that all of it can reach. Training on
representatives costs what the model could have learnt within a class and nothing else, and a tree that is trained
on them has no threshold inside a class, so it treats the raw rows as their representatives: nothing has to be
changed when the model predicts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Reach
from hauberk.harden.recipe import Resolve
from hauberk.models import Matrix

__all__ = ["Masking", "blank", "find_masking"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Masking:
    """Which mutable features fall into classes.

    Attributes:
        rows: (n, d) float64, the rows with the representatives of these features.
        flat: (d,) bool, mutable numbers with classes; the adversary can no longer use them.
        open: (d,) bool, every other mutable feature.
    """

    rows: Matrix
    flat: NDArray[np.bool_]
    open: NDArray[np.bool_]


def find_masking(rows: Matrix, reach: Reach, resolve: Resolve) -> Masking:
    """The representatives of rows (n, d), where there are some.

    A feature has them if it moves one way only and what the adversary can reach last is the same from both ends of
    every row's interval as from the row itself. What can be reached rises with the value, so it is the same from
    everywhere in between.
    """
    moved = [resolve(np.where(np.isfinite(end), end, rows)) for end in (reach.low, reach.high)]
    result, flat = rows.copy(), np.zeros(rows.shape[1], dtype=np.bool_)
    grouped = {column for group in reach.one_hot for column in group}
    for column in np.flatnonzero(reach.mutable):
        if reach.choices[column] is not None or column in grouped:
            continue
        end, again = _end(rows, reach, moved, int(column))
        known = ~np.isnan(rows[:, column])
        if end is None or not np.isfinite(end[known]).all():
            continue
        if not all(np.array_equal(end[known], other[known]) for other in again):
            continue
        # A class that holds every value tells nothing; such a feature is left to be blanked.
        if np.unique(end[known]).size > 1:
            result[:, column], flat[column] = np.where(known, end, np.nan), True
    return Masking(rows=result, flat=flat, open=reach.mutable & ~flat)


def blank(rows: Matrix, columns: NDArray[np.bool_]) -> Matrix:
    """The rows with 0 in these columns: a constant on which no tree can split, and a valid code of any category."""
    blanked = rows.copy()
    blanked[:, columns] = 0.0
    return blanked


def _end(rows: Matrix, reach: Reach, moved: list[Reach], column: int) -> tuple[Matrix | None, list[Matrix]]:
    """(n,) the end of a one-sided interval for the rows and for the moved rows; None where both sides are open."""
    values = rows[:, column]
    known = ~np.isnan(values)
    if (reach.low[known, column] == values[known]).all():
        return reach.high[:, column], [one.high[:, column] for one in moved]
    if (reach.high[known, column] == values[known]).all():
        return reach.low[:, column], [one.low[:, column] for one in moved]
    return None, []
