"""Conditions on few columns: exact values and ranges, singly and joined."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hauberk.verify.backdoors.inputs import Mask, Matrix

__all__ = ["Condition", "Conjunction", "conditions_of", "matches"]


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """`low <= cell <= high` in a column; both NaN: the cell is missing."""

    column: int
    low: float
    high: float


Conjunction = tuple[Condition, ...]
"""All of them hold."""


def conditions_of(rows: Matrix, *, least: int, widest: float = 0.5, bins: int = 10) -> tuple[Condition, ...]:
    """Every exact value that enough rows have, missing included, and the bins of columns of many values.

    Args:
        rows: (n, d) float64, NaN for missing.
        least: Fewest rows of a condition.
        widest: Largest share of the rows with an exact value.
        bins: Quantile bins a column.
    """
    found: list[Condition] = []
    for column in range(rows.shape[1]):
        cells = rows[:, column]
        values, counts = np.unique(cells, return_counts=True)
        kept = values[(counts >= least) & (counts <= widest * len(rows))]
        found += [Condition(column, float(value), float(value)) for value in kept]
        if values.size > bins:
            edges = np.unique(np.nanquantile(cells, np.linspace(0, 1, bins + 1)))
            found += [Condition(column, float(low), float(high)) for low, high in pairwise(edges)]
    return tuple(found)


def matches(rows: Matrix, conjunction: Conjunction) -> Mask:
    """(n,) bool, rows for which all conditions hold; all rows where there is none."""
    held = np.ones(len(rows), bool)
    for one in conjunction:
        cells = rows[:, one.column]
        held &= np.isnan(cells) if np.isnan(one.low) else (cells >= one.low) & (cells <= one.high)
    return held
