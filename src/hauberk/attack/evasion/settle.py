"""Moves several numbers together until linear relations hold, inside given cells."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from hauberk.attack.evasion.field import Field

__all__ = ["settle_row"]

Vector = NDArray[np.float64]


def settle_row(field: Field, row: int, wish: Vector, low: Vector, high: Vector) -> Vector | None:
    """The cheapest row with numbers between `low` and `high`, (d,), that obeys the relations; None if there is none.

    Where the reach bounds a norm, it is the nearest in L1 that is looked for.

    Args:
        field: Where the original row is.
        row: Which of its rows.
        wish: (d,) what it should become; what is no free number stays so.
        low: (d,) least values.
        high: (d,) largest values.
    """
    reach, original = field.reach, field.rows[row]
    free = np.flatnonzero(_free(field) & ~np.isnan(original) & (low <= high))
    if not len(free):
        return None
    before, count = original[free], len(free)
    still = wish.copy()
    still[free] = 0.0
    # Variables: the numbers, and how far each is from the original one.
    distance = [[np.eye(count), np.eye(count)], [-np.eye(count), np.eye(count)]]
    constraints = [LinearConstraint(np.block(distance), np.concatenate([before, -before]), np.inf)]
    for coefficients, bound in zip(*reach.relations, strict=True):
        used = coefficients != 0
        if used[free].any() and not np.isnan(original[used]).any():
            limit = max(float(bound), float(original[used] @ coefficients[used]))
            share = np.concatenate([coefficients[free], np.zeros(count)])
            constraints.append(LinearConstraint(share, -np.inf, limit - float(still[used] @ coefficients[used])))
    price = reach.cost[free]
    if not math.isinf(reach.budget):
        spent = float(_spent(field, row, still, free))
        constraints.append(LinearConstraint(np.concatenate([np.zeros(count), price]), -np.inf, reach.budget - spent))
    if reach.within is not None:  # no linear rule but for L1; what is nearest has the best chance with the others
        with np.errstate(divide="ignore"):
            price = np.minimum(1 / reach.within.scale[free], 1e6)
    solved = milp(
        np.concatenate([np.zeros(count), np.maximum(price, 1e-6)]),
        integrality=np.concatenate([reach.integer[free].astype(int), np.zeros(count, dtype=int)]),
        bounds=Bounds(
            np.concatenate([low[free], np.zeros(count)]), np.concatenate([high[free], np.full(count, np.inf)])
        ),
        constraints=constraints,
    )
    if solved.x is None:
        return None
    settled = wish.copy()
    numbers = np.where(reach.integer[free], np.round(solved.x[:count]), solved.x[:count])
    settled[free] = np.clip(numbers, low[free], high[free])
    return settled


def _free(field: Field) -> NDArray[np.bool_]:
    """(d,) numbers that can move by themselves, whether or not a tree asks about them."""
    free = field.reach.mutable & np.array([choices is None for choices in field.reach.choices], dtype=np.bool_)
    free[[column for group in field.reach.one_hot for column in group]] = False
    return free


def _spent(field: Field, row: int, still: Vector, free: NDArray[np.intp]) -> float:
    """What the moves cost that are settled already."""
    original, reach = field.rows[row], field.reach
    number = np.array([choices is None for choices in reach.choices], dtype=np.bool_)
    same = (still == original) | np.isnan(original)
    step = np.where(same, 0.0, np.where(number, np.abs(still - original), 1.0))
    step[free] = 0.0
    return float(step @ reach.cost)
