"""How far every feature of a row may move at once before the leaf-box certificate ends.

The bound of `tree_certificate` is a step function of the radius: it falls where the ball first touches a new leaf.
So the certified radius is the distance of one leaf, and is found by adding leaves in order of their distance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import WrongSamples
from hauberk.attack.evasion.contest import Contest, contests
from hauberk.attack.evasion.leaves import MISSING, ColumnBoxes, LeafBoxes, cells_of
from hauberk.models import TreeEnsemble

__all__ = ["certified_radius"]

Matrix = NDArray[np.float64]

_HALF_SPACING = 2.0**-24
"""A float64 value may be cast to a float32 threshold from this far below it, relatively."""
_ROUNDING = 2.0**-50
"""Relative error of the distances themselves."""
_CELLS = 1 << 20


def certified_radius(
    ensemble: TreeEnsemble,
    rows: Matrix,
    labels: NDArray[np.int64],
    *,
    scale: Matrix,
    low: Matrix,
    high: Matrix,
) -> Matrix:
    """(n,) lower bounds of the L-infinity distance, in units of `scale`, at which the class can change at all.

    Law: no row x' with `abs(x' - x) < radius * scale` and `low <= x' <= high` is given another class than `labels`
    by the ensemble. 0 where the class is another one already, infinite where no row is.

    Args:
        ensemble: A classifier.
        rows: (n, d) float64; NaN stays NaN.
        labels: (n,) class codes.
        scale: (d,) float64, how far each feature moves at radius 1; 0 where it cannot move.
        low: (d,) float64, lower end of the valid range of each feature.
        high: (d,) float64, upper end.

    Raises:
        NotAttackable: The ensemble is a regression.
        WrongSamples: No rows, or shapes that do not fit.
    """
    width = (ensemble.width,)
    if not len(rows) or labels.shape != rows.shape[:1] or not scale.shape == low.shape == high.shape == width:
        raise WrongSamples(expected=f"rows with labels, and scale, low and high of shape {width}", got=f"{rows.shape}")
    radius = np.full(len(rows), np.inf)
    for contest in contests(ensemble, labels):
        mine = np.flatnonzero(labels == contest.label)
        step = max(1, _CELLS // len(contest.value))
        for index in (mine[first : first + step] for first in range(0, len(mine), step)):
            distance = _distances(contest.boxes, rows[index], scale, low, high)
            radius[index] = np.minimum(radius[index], _first_fall(contest, distance))
    return radius


def _distances(boxes: LeafBoxes, rows: Matrix, scale: Matrix, low: Matrix, high: Matrix) -> Matrix:
    """(L, n) the radius at which the ball around each row first touches each leaf."""
    distance = np.zeros((len(boxes.value), len(rows)))
    for column in boxes.columns:
        at = column.column
        shapes = _shape_distances(boxes, column, rows[:, at], float(low[at]), float(high[at]))
        with np.errstate(divide="ignore", invalid="ignore"):
            away = np.where(shapes > 0, shapes / scale[at], 0.0)
        distance[column.leaf] = np.maximum(distance[column.leaf], away[column.shape])
    return distance


def _shape_distances(boxes: LeafBoxes, column: ColumnBoxes, values: Matrix, low: float, high: float) -> Matrix:
    """(Z, n) how far each value must move to be in each shape; infinite where it cannot."""
    own = cells_of(column, values, boxes.precision)
    cells = _cell_distances(boxes, column, values, own, low, high)
    if column.mask is None:
        # Within a range the nearest cell is the own one, or the end that faces the value.
        nearest = np.clip(own, column.first[:, None], np.maximum(column.last, column.first)[:, None])
        empty = column.first > column.last
        nearest[empty] = 0
        found = np.take_along_axis(cells.T, nearest, axis=0)
        found[empty] = np.inf
    else:
        found = np.stack([np.where(mask, cells, np.inf).min(axis=1) for mask in column.mask])
    return np.where(own == MISSING, np.where(column.missing[:, None], 0.0, np.inf), found)


def _cell_distances(
    boxes: LeafBoxes, column: ColumnBoxes, values: Matrix, own: NDArray[np.int32], low: float, high: float
) -> Matrix:
    """(n, K) how far each value must move to be cast into each cell."""
    room = _HALF_SPACING if boxes.precision == np.float32 else 0.0
    floor = np.concatenate([[-np.inf], column.edges - room * np.abs(column.edges)])
    ceiling = np.concatenate([column.edges, [np.inf]])
    gap = np.maximum(np.maximum(floor - values[:, None], values[:, None] - ceiling), 0.0)
    gap -= _ROUNDING * (gap + np.abs(values[:, None]))
    gap[:, (ceiling < low) | (floor > high)] = np.inf
    gap[np.arange(len(own)), own] = 0.0
    return np.asarray(np.maximum(gap, 0.0))


def _first_fall(contest: Contest, distance: Matrix) -> Matrix:
    """(n,) the distance of the leaf with which the bound falls to the slack."""
    start, value = contest.boxes.start, contest.value
    tree = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(value))))
    worst = np.tile(np.maximum.reduceat(value, start)[:, None], distance.shape[1])
    bound = contest.base + worst.sum(axis=0)
    order = np.argsort(distance, axis=0, kind="stable")
    radius = np.full(distance.shape[1], np.inf)
    live = np.arange(distance.shape[1])
    for leaf in order:
        leaf = leaf[live]
        here = tree[leaf]
        lower = np.minimum(worst[here, live], value[leaf])
        bound[live] += lower - worst[here, live]
        worst[here, live] = lower
        fell = bound[live] <= contest.slack
        radius[live[fell]] = distance[leaf[fell], live[fell]]
        live = live[~fell]
        if not len(live):
            break
    return radius
