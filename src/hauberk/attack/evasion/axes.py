"""The directions in which an adversary can move a row, counted in cells of the ensemble.

An *axis* is one column that moves by itself, or a one-hot group, whose columns move together. Each of its cells has
one point that a row would move to: the nearest of the cell to the row, so the cheapest, and exact in the ensemble's
precision.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.leaves import MISSING, ColumnBoxes, LeafBoxes, cells_of
from hauberk.attack.evasion.one_hot import Options, group_boxes, group_options
from hauberk.data import Reach

__all__ = ["Axis", "cell_ends", "column_axis", "extents", "group_axis", "restrict"]

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Axis:
    """Where each of n rows can go in one direction, over K cells.

    Attributes:
        columns: The columns that move, one unless it is a group.
        boxes: What the leaves ask of them.
        ordered: Whether cells are ranges of a number, so that a region is a range of cells.
        own: (n,) int32, the cell of each row, `MISSING` where it has no value and cannot move.
        low, high: (n,) int32, first and last allowed cell, both `MISSING` where the row has none.
        allowed: (n, K) bool, the own cell among them.
        points: (n, K, len(columns)) float64, where to go; has no meaning where not allowed.
        cost: (n, K) float64, what it costs to be there; has no meaning where not allowed.
        power: (n, K) float64, what being there adds to the sum of the norm that the reach bounds, 0 where it bounds
            none; has no meaning where not allowed.
    """

    columns: tuple[int, ...]
    boxes: ColumnBoxes
    ordered: bool
    own: NDArray[np.int32]
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    allowed: NDArray[np.bool_]
    points: Matrix
    cost: Matrix
    power: Matrix

    def at(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Axis:
        """The axis for some of the rows."""
        return replace(
            self,
            own=self.own[index],
            low=self.low[index],
            high=self.high[index],
            allowed=self.allowed[index],
            points=self.points[index],
            cost=self.cost[index],
            power=self.power[index],
        )


def column_axis(boxes: LeafBoxes, column: ColumnBoxes, rows: Matrix, reach: Reach) -> Axis:
    """The axis of a column that moves by itself: a number, or a category with its codes."""
    values = rows[:, column.column]
    own = cells_of(column, values, boxes.precision)
    choices = reach.choices[column.column]
    if choices is None:
        allowed, points = _number(boxes, column, values, own, reach)
        price = np.abs(points - values[:, None])
    else:
        allowed, points = _choice(boxes, column, values, own, choices)
        price = (points != values[:, None]).astype(np.float64)
    return _assemble(
        columns=(column.column,),
        boxes=column,
        ordered=choices is None,
        own=own,
        allowed=allowed,
        points=points[:, :, None],
        cost=price * reach.cost[column.column],
        power=_powers(reach, (column.column,), price[:, :, None]),
    )


def group_axis(boxes: LeafBoxes, group: tuple[int, ...], rows: Matrix, reach: Reach) -> Axis | None:
    """The axis of a one-hot group; None where no leaf asks about it."""
    options = group_options(group, rows)
    column = group_boxes(boxes, group, options)
    if column is None:
        return None
    steps = np.abs(options.patterns[None] - rows[:, None, list(group)])
    return _assemble(
        columns=group,
        boxes=column,
        ordered=False,
        own=options.own,
        allowed=_reachable(group, options, rows, reach),
        points=np.broadcast_to(options.patterns, (len(rows), *options.patterns.shape)),
        cost=np.where(np.isnan(steps), 0.0, steps) @ reach.cost[list(group)],
        power=_powers(reach, group, steps),
    )


def restrict(axis: Axis, kept: NDArray[np.bool_]) -> Axis:
    """The axis without the cells, (n, K), that are not kept; the own cell always stays."""
    kept = kept.copy()
    here = np.flatnonzero(axis.own != MISSING)
    kept[here, axis.own[here]] = True
    allowed = axis.allowed & kept
    low, high = _ends(allowed)
    return replace(axis, allowed=allowed, low=low, high=high)


def extents(boxes: LeafBoxes, column: ColumnBoxes, reach: Reach) -> tuple[Matrix, Matrix, NDArray[np.bool_]]:
    """The part of each cell of a number that lies within reach: least and largest value and whether there is any.

    The ends of the interval belong to the cells that they are cast into, also where the cast rounds them outwards.
    All three are (n, K).
    """
    at, cell = column.column, np.arange(column.cells, dtype=np.int32)
    low, high = reach.low[:, at, None], reach.high[:, at, None]
    first, last = cells_of(column, low, boxes.precision), cells_of(column, high, boxes.precision)
    with np.errstate(over="ignore"):
        below = np.nextafter(column.edges.astype(boxes.precision), boxes.precision.type(-np.inf)).astype(np.float64)
    floor = np.where(cell == first, low, np.concatenate([[-np.inf], column.edges]))
    ceiling = np.where(cell == last, high, np.concatenate([below, [np.inf]]))
    inside = (cell >= first) & (cell <= last)
    if reach.integer[at]:
        floor, ceiling = np.ceil(floor), np.floor(ceiling)
        inside &= floor <= ceiling
    return floor, ceiling, inside


def cell_ends(boxes: LeafBoxes, axis: Axis, reach: Reach, row: int, run: tuple[int, int]) -> tuple[float, float]:
    """Least and largest value of a number of one row within a run of cells."""
    floor, ceiling, inside = extents(boxes, axis.boxes, reach.rows(np.array([row])))
    held = inside[0].copy()
    held[: run[0]] = held[run[1] + 1 :] = False
    own = float(axis.points[row, axis.own[row], 0])
    if not held.any():
        return own, own
    return float(floor[0, held].min()), float(ceiling[0, held].max())


def _number(
    boxes: LeafBoxes, column: ColumnBoxes, values: Matrix, own: NDArray[np.int32], reach: Reach
) -> tuple[NDArray[np.bool_], Matrix]:
    """Allowed cells and the nearest point in each, both (n, K)."""
    floor, ceiling, allowed = extents(boxes, column, reach)
    points = np.minimum(np.maximum(values[:, None], floor), ceiling)
    allowed &= (own != MISSING)[:, None]
    here = np.flatnonzero(own != MISSING)
    points[here, own[here]], allowed[here, own[here]] = values[here], True
    return allowed, points


def _choice(
    boxes: LeafBoxes, column: ColumnBoxes, values: Matrix, own: NDArray[np.int32], choices: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], Matrix]:
    """Allowed cells and one code in each, the row's own in its own; both (n, K)."""
    codes = np.flatnonzero(choices).astype(np.float64)
    code = np.full(column.cells, np.nan)
    code[cells_of(column, codes, boxes.precision)[::-1]] = codes[::-1]
    points = np.tile(code, (len(values), 1))
    points[own == MISSING] = np.nan
    here = np.flatnonzero(own != MISSING)
    points[here, own[here]] = values[here]
    return ~np.isnan(points), points


def _reachable(group: tuple[int, ...], options: Options, rows: Matrix, reach: Reach) -> NDArray[np.bool_]:
    """(n, K) whether every column of the group can become what the option says."""
    at = list(group)
    new, old = options.patterns[None], rows[:, None, at]
    inside = reach.mutable[at] & (reach.low[:, None, at] <= new) & (new <= reach.high[:, None, at])
    allowed = ((new == old) | inside).all(axis=2) & (np.arange(len(options.patterns)) < len(group))
    allowed[np.arange(len(rows)), options.own] = True
    return np.asarray(allowed)


def _assemble(
    *,
    columns: tuple[int, ...],
    boxes: ColumnBoxes,
    ordered: bool,
    own: NDArray[np.int32],
    allowed: NDArray[np.bool_],
    points: Matrix,
    cost: Matrix,
    power: Matrix,
) -> Axis:
    allowed = allowed & np.isfinite(power)
    low, high = _ends(allowed)
    return Axis(
        columns=columns,
        boxes=boxes,
        ordered=ordered,
        own=own,
        low=low,
        high=high,
        allowed=allowed,
        points=np.where(allowed[:, :, None], points, np.nan),
        cost=np.where(allowed, cost, np.inf),
        power=np.where(allowed, power, np.inf),
    )


def _powers(reach: Reach, columns: tuple[int, ...], steps: Matrix) -> Matrix:
    """(n, K) what steps, (n, K, len(columns)), add to the norm that the reach bounds."""
    if reach.within is None:
        return np.zeros(steps.shape[:2])
    return np.asarray(reach.within.powers(np.nan_to_num(steps), list(columns)).sum(axis=2))


def _ends(allowed: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """First and last allowed cell of each row."""
    some, last = allowed.any(axis=1), allowed.shape[1] - 1
    low = np.where(some, allowed.argmax(axis=1), MISSING).astype(np.int32)
    return low, np.where(some, last - allowed[:, ::-1].argmax(axis=1), MISSING).astype(np.int32)
