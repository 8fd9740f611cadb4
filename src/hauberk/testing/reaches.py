"""Reaches made by chance, and every row within reach that an ensemble can tell apart: the oracle of certificates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Reach, Within, check_reach
from hauberk.models.ensemble import TreeEnsemble

__all__ = ["every_row", "make_reach", "random_reach", "random_rows", "random_within"]

Matrix = NDArray[np.float64]

_CODES = 6


def make_reach(
    rows: Matrix,
    *,
    low: Matrix | None = None,
    high: Matrix | None = None,
    mutable: Sequence[bool] | None = None,
    integer: Sequence[bool] | None = None,
    choices: Sequence[Sequence[bool] | None] | None = None,
    cost: Sequence[float] | None = None,
    budget: float = math.inf,
    relations: tuple[Matrix, Matrix] | None = None,
    one_hot: tuple[tuple[int, ...], ...] = (),
) -> Reach:
    """A reach for rows (n, d): numbers that can move between `low` and `high` for nothing, unless said otherwise."""
    width = rows.shape[1]
    return Reach(
        low=rows if low is None else low,
        high=rows if high is None else high,
        choices=tuple(None if codes is None else np.array(codes, bool) for codes in choices or (None,) * width),
        mutable=np.array([True] * width if mutable is None else mutable, bool),
        integer=np.array(integer or [False] * width, bool),
        cost=np.array(cost or [0.0] * width),
        budget=budget,
        relations=relations or (np.empty((0, width)), np.empty(0)),
        one_hot=one_hot,
    )


def random_rows(
    rng: np.random.Generator,
    count: int,
    *,
    width: int,
    categorical: tuple[int, ...] = (),
    integer: tuple[int, ...] = (),
    group: tuple[int, ...] = (),
    missing: float = 0.1,
) -> Matrix:
    """(count, width) rows about the thresholds of `random_ensemble`, some as near as can be; codes 0 to 5; some NaN."""
    quarters = rng.integers(-8, 9, (count, width)) / 4
    # Thresholds lie next above quarters: a number between the two in float64 is on one side in float32 only.
    quarters += rng.choice([0.0, 0.4, 0.6], quarters.shape) * np.spacing(np.abs(quarters).astype(np.float32))
    rows = np.where(rng.random((count, width)) < 0.4, quarters, rng.normal(size=(count, width)))
    for column in categorical:
        rows[:, column] = rng.integers(_CODES, size=count)
    for column in integer:
        rows[:, column] = rng.integers(-3, 4, size=count)
    rows[rng.random(rows.shape) < missing] = np.nan
    if group:
        rows[:, list(group)] = np.eye(len(group))[rng.integers(len(group), size=count)]
    return rows


def random_reach(
    rng: np.random.Generator,
    rows: Matrix,
    *,
    categorical: tuple[int, ...] = (),
    integer: tuple[int, ...] = (),
    group: tuple[int, ...] = (),
    budget: bool = False,
    relations: int = 0,
) -> Reach:
    """A reach for rows (n, d): intervals, open ends, choices, costs, and as asked a budget and linear relations."""
    width = rows.shape[1]
    mutable = np.asarray(rng.random(width) < 0.7)
    steps = np.where(mutable, rng.choice([0.0, 0.25, 0.6, 1.0, 2.0, math.inf], size=(2, *rows.shape)), 0.0)
    low, high = rows - steps[0], rows + steps[1]
    choices: list[NDArray[np.bool_] | None] = [None] * width
    for column in categorical:
        choices[column] = (rng.random(_CODES) < 0.6) & mutable[column]
        low[:, column] = high[:, column] = rows[:, column]
    whole = np.zeros(width, dtype=np.bool_)
    for column in integer:
        whole[column] = True
        low[:, column] = np.minimum(np.ceil(low[:, column]), rows[:, column])
        high[:, column] = np.maximum(np.floor(high[:, column]), rows[:, column])
    for column in group:
        mutable[column] = True
        low[:, column], high[:, column] = 0.0, 1.0
    low, high = np.where(np.isnan(rows), np.nan, low), np.where(np.isnan(rows), np.nan, high)
    coefficients = rng.choice([-1.0, 0.0, 0.5, 1.0], size=(relations, width))
    for column in categorical:
        coefficients[:, column] = 0.0
    return Reach(
        low=low,
        high=high,
        choices=tuple(choices),
        mutable=mutable,
        integer=whole,
        cost=rng.choice([0.0, 0.5, 1.0, 2.0], size=width),
        budget=float(rng.choice([0.5, 1.0, 2.0])) if budget else math.inf,
        relations=(coefficients, rng.normal(size=relations)),
        one_hot=(group,) if group else (),
    )


def random_within(rng: np.random.Generator, rows: Matrix) -> Within:
    """A bound of a norm for rows (n, d), with units of all kinds."""
    power, (count, width) = int(rng.integers(3)), rows.shape
    radius = rng.choice([0.0, 1.0, 1.5, 2.0] if power == 0 else [0.0, 0.25, 0.5, 1.0, 2.0, math.inf], size=count)
    return Within(power=power, scale=rng.choice([0.0, 0.5, 1.0, 2.0, math.inf], size=width), radius=radius)


def every_row(ensemble: TreeEnsemble, reach: Reach, rows: Matrix, row: int, *, limit: int = 200_000) -> Matrix:
    """Rows that an adversary can make of one row: a few in each cell of each column, in all combinations.

    In each cell lie its ends in the ensemble's precision and in float64 (also numbers that only the cast moves across
    a threshold), the ends of the reach as `check_reach` rounds them, whole numbers, and the row's own value.

    Raises:
        ValueError: More than `limit` combinations.
    """
    one = reach.rows(np.array([row]))
    columns = [_values(ensemble, one, rows[row], column) for column in range(rows.shape[1])]
    if math.prod(len(values) for values in columns) > limit:
        raise ValueError("too many combinations")
    found = np.array(list(product(*columns)))
    valid = check_reach(
        reach.rows(np.full(len(found), row)),
        np.broadcast_to(rows[row], found.shape),
        found,
        exact=bool(ensemble.precision == np.float64),
    )
    return np.asarray(found[valid])


def _values(ensemble: TreeEnsemble, one: Reach, row: Matrix, column: int) -> list[float]:
    """What one column can become, by itself."""
    own = float(row[column])
    choices = one.choices[column]
    if math.isnan(own) or not one.mutable[column]:
        return [own]
    if choices is not None:
        return sorted({own, *np.flatnonzero(choices).astype(float).tolist()})
    ends = [float(end) for end in (one.low[0, column], one.high[0, column]) if math.isfinite(end)]
    threshold = ensemble.threshold[(ensemble.feature == column) & ~ensemble.categorical]
    cut = np.concatenate([threshold, ends, [own]]).astype(ensemble.precision)
    lower = np.nextafter(cut, cut.dtype.type(-np.inf)).astype(np.float64)
    middle = (lower + cut) / 2
    near = [cut.astype(np.float64), lower, middle, np.nextafter(cut.astype(np.float64), -np.inf)]
    values = np.concatenate([*near, ends, [own, 0.0, 1.0]])
    values = np.concatenate([values, np.floor(values), np.ceil(values)]) if one.integer[column] else values
    values = np.unique(values)
    changed = np.tile(row, (len(values), 1))
    changed[:, column] = values
    alone = replace(one, budget=math.inf, relations=(np.empty((0, len(row))), np.empty(0)), one_hot=(), within=None)
    valid = check_reach(
        alone.rows(np.zeros(len(values), dtype=np.intp)),
        np.tile(row, (len(values), 1)),
        changed,
        exact=bool(ensemble.precision == np.float64),
    )
    return sorted(set(values[valid].tolist()))
