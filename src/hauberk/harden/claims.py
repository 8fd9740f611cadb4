"""Rows as adversaries would write them who lie at random."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Reach, check_reach
from hauberk.models import Matrix

__all__ = ["column_ends", "draw_claims"]


def draw_claims(rows: Matrix, reach: Reach, random: np.random.Generator) -> Matrix:
    """Each row with every mutable value drawn uniformly from what the adversary can make of it.

    Categories are drawn among the claimable codes, numbers from their interval (open ends stand at the column's
    smallest and largest value), one-hot groups as a whole. A missing value stays missing. A row whose draw breaks a
    relation or the budget is given back as it was.
    """
    claims = rows.copy()
    grouped = {column for group in reach.one_hot for column in group}
    for column in np.flatnonzero(reach.mutable):
        if column in grouped:
            continue
        choices = reach.choices[column]
        if choices is not None:
            codes = np.flatnonzero(choices).astype(np.float64)
            claims[:, column] = random.choice(codes, len(rows)) if codes.size else rows[:, column]
        else:
            claims[:, column] = _number(rows, reach, int(column), random)
    for group in reach.one_hot:
        _draw_group(claims, reach, group, random)
    claims[np.isnan(rows)] = np.nan
    allowed = check_reach(reach, rows, claims)
    return np.where(allowed[:, None], claims, rows)


def column_ends(rows: Matrix, reach: Reach, column: int) -> tuple[Matrix, Matrix]:
    """(n,) ends of a number's interval, open ones cut at the column's smallest and largest value."""
    values = rows[:, column]
    known = values[~np.isnan(values)]
    smallest, largest = (known.min(), known.max()) if known.size else (0.0, 0.0)
    low, high = reach.low[:, column], reach.high[:, column]
    return np.where(np.isinf(low), smallest, low), np.where(np.isinf(high), largest, high)


def _number(rows: Matrix, reach: Reach, column: int, random: np.random.Generator) -> NDArray[np.float64]:
    low, high = column_ends(rows, reach, column)
    where = random.random(len(rows))
    if not reach.integer[column]:
        return np.clip(low + where * (high - low), low, high)
    # Each whole number of the interval is as likely as any other; a row that is not whole itself keeps an end.
    return np.clip(np.floor(low + where * (high - low + 1)), low, high)


def _draw_group(claims: Matrix, reach: Reach, group: tuple[int, ...], random: np.random.Generator) -> None:
    """In place: another of the mutable columns is 1, for rows whose 1 stands in a mutable column."""
    movable = np.array([column for column in group if reach.mutable[column]], dtype=np.intp)
    if not movable.size:
        return
    able = np.flatnonzero((claims[:, movable] == 1).any(axis=1))
    claims[np.ix_(able, movable)] = 0.0
    claims[able, random.choice(movable, len(able))] = 1.0
