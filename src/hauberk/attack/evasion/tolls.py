"""What the moves of a row must not exceed together: the budget, and each linear relation.

A *toll* gives every cell of every axis the least that a row in it can contribute, whatever its exact value and
however it rounds. Where the least of all axes is over the limit, no row that `check_reach` accepts is there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.axes import Axis, extents, restrict
from hauberk.attack.evasion.leaves import MISSING, LeafBoxes
from hauberk.data import Reach, Within

__all__ = ["Toll", "TollKind", "keeps_relations", "make_tolls", "norm_limit", "tighten"]

Matrix = NDArray[np.float64]

LEAST_NORMAL = 2.0**-126
"""Of float32; below it spacings are those of this number."""
_ROUNDING = 2.0**-22
"""Relative room, four half spacings of float32: what `check_reach` grants, what a cast moves, and the sums' own."""


class TollKind(StrEnum):
    """What a toll is a rule of."""

    BUDGET = "budget"
    NORM = "norm"
    RELATION = "relation"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Toll:
    """One such rule.

    Attributes:
        least: For each axis (n, K) float64, infinite where not allowed, 0 where the row has no value there.
        limit: (n,) float64.
        kind: What it is a rule of.
    """

    least: tuple[Matrix, ...]
    limit: Matrix
    kind: TollKind

    def at(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Toll:
        """The toll of some of the rows."""
        return replace(self, least=tuple(least[index] for least in self.least), limit=self.limit[index])


def make_tolls(boxes: LeafBoxes, axes: Sequence[Axis], rows: Matrix, reach: Reach) -> tuple[Toll, ...]:
    """The budget and the norm, where there are such, and each relation that speaks of an axis."""
    if not axes:
        return ()
    tolls = [] if math.isinf(reach.budget) else [_budget(axes, rows, reach)]
    if reach.within is not None:
        tolls.append(_norm(axes, rows, reach, reach.within))
    for coefficients, bound in zip(*reach.relations, strict=True):
        if any(coefficients[list(axis.columns)].any() for axis in axes):
            tolls.append(_relation(boxes, axes, rows, reach, coefficients, bound))
    return tuple(tolls)


def tighten(axes: Sequence[Axis], tolls: Sequence[Toll]) -> tuple[Axis, ...]:
    """The axes without the cells that are over a limit even with everything else at its least."""
    for toll in tolls:
        least = np.stack([contribution.min(axis=1) for contribution in toll.least], axis=1)
        axes = [
            # Summed without the axis instead of taken off the sum: an open end contributes minus infinity.
            restrict(axis, contribution <= (toll.limit - np.delete(least, number, axis=1).sum(axis=1))[:, None])
            for number, (axis, contribution) in enumerate(zip(axes, toll.least, strict=True))
        ]
    return tuple(axes)


def keeps_relations(reach: Reach, axis: Axis, original: Matrix, current: Matrix) -> NDArray[np.bool_] | None:
    """(n, K) whether a row that now is `current` obeys each relation after going to each cell of the axis.

    A relation that the original row breaks may stay as broken as it was, and one over a missing value is not applied,
    as in `check_reach`. None where no relation speaks of the axis.
    """
    at = list(axis.columns)
    kept = None
    for coefficients, bound in zip(*reach.relations, strict=True):
        if not coefficients[at].any():
            continue
        used = coefficients != 0
        limit = np.fmax(bound, original[:, used] @ coefficients[used])
        now = current[:, used] @ coefficients[used]
        step = (axis.points - current[:, None, at]) @ coefficients[at]
        obeyed = ~(now[:, None] + step > limit[:, None])
        kept = obeyed if kept is None else kept & obeyed
    return kept


def _budget(axes: Sequence[Axis], rows: Matrix, reach: Reach) -> Toll:
    least = []
    for axis in axes:
        column = axis.columns[0]
        if axis.ordered and not reach.integer[column]:
            size = np.abs(axis.points[:, :, 0]) + np.abs(rows[:, column, None]) + LEAST_NORMAL
            cost = np.maximum(axis.cost - _ROUNDING * size * reach.cost[column], 0.0)
        else:
            cost = axis.cost
        least.append(_allowed_only(axis, cost))
    return Toll(least=tuple(least), limit=np.full(len(rows), reach.budget * (1 + _ROUNDING)), kind=TollKind.BUDGET)


def norm_limit(within: Within) -> Matrix:
    """(n,) the sum of powers above which nothing is within the norm, however it rounds."""
    return within.limit * (1 + _ROUNDING)


def _norm(axes: Sequence[Axis], rows: Matrix, reach: Reach, within: Within) -> Toll:
    least = []
    for axis in axes:
        column, power = axis.columns[0], axis.power
        if axis.ordered and not reach.integer[column] and within.power:
            there, here = axis.points[:, :, 0], rows[:, column, None]
            step = np.abs(there - here) - _ROUNDING * (np.abs(there) + np.abs(here) + LEAST_NORMAL)
            power = within.powers(np.maximum(np.nan_to_num(step), 0.0)[:, :, None], [column])[:, :, 0]
        least.append(_allowed_only(axis, power))
    return Toll(least=tuple(least), limit=norm_limit(within), kind=TollKind.NORM)


def _relation(
    boxes: LeafBoxes, axes: Sequence[Axis], rows: Matrix, reach: Reach, coefficients: Matrix, bound: float
) -> Toll:
    used = coefficients != 0
    limit = np.fmax(bound, rows[:, used] @ coefficients[used])
    moving = np.zeros(len(coefficients), dtype=np.bool_)
    moving[[column for axis in axes for column in axis.columns]] = True
    still = used & ~moving
    ends = np.stack([reach.low[:, still] * coefficients[still], reach.high[:, still] * coefficients[still]])
    rest = _lowered(ends).min(axis=0)
    missing = np.isnan(rows[:, used]).any(axis=1)
    least = tuple(_allowed_only(axis, _least(boxes, axis, reach, coefficients)) for axis in axes)
    return Toll(least=least, limit=np.where(missing, np.inf, limit - rest.sum(axis=1)), kind=TollKind.RELATION)


def _least(boxes: LeafBoxes, axis: Axis, reach: Reach, coefficients: Matrix) -> Matrix:
    """(n, K) the least that the columns of an axis can add to a relation in each cell."""
    share = coefficients[list(axis.columns)]
    if not share.any():
        return np.zeros(axis.allowed.shape)
    if not axis.ordered:
        if len(axis.columns) == 1:  # several codes may share a cell
            choices = reach.choices[axis.columns[0]]
            codes = share[0] * np.append(np.flatnonzero(choices) if choices is not None else (), 0.0)
            return np.asarray(np.minimum(np.nan_to_num(axis.points @ share), codes.min()))
        return np.asarray(axis.points @ share)
    floor, ceiling, _ = extents(boxes, axis.boxes, reach)
    ends = np.stack([floor * share, ceiling * share])
    here = axis.points[:, :, 0] * share  # the own cell holds the row even where it holds no whole number
    ends = np.concatenate([ends, here[None]])
    return np.asarray(np.fmin.reduce(_lowered(ends), axis=0))


def _lowered(values: Matrix) -> Matrix:
    """The values less the room for rounding; infinities as they are."""
    return values - np.where(np.isfinite(values), _ROUNDING * np.abs(values), 0.0)


def _allowed_only(axis: Axis, least: Matrix) -> Matrix:
    least = np.where(axis.allowed, least, np.inf)
    least[axis.own == MISSING] = 0.0
    return least
