"""How far a row may move, in any norm, before the leaf-box certificate ends.

The bound of `tree_certificate` is a step function of the radius: it falls where the ball first touches a new leaf.
So the certified radius is the distance of one leaf, and is found by adding leaves in order of their distance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import WrongSamples
from hauberk.attack.evasion.ball import Norm
from hauberk.attack.evasion.cliques import Cliques, merge_trees, single_leaves
from hauberk.attack.evasion.contest import Contest, contests
from hauberk.attack.evasion.leaves import ColumnBoxes, LeafBoxes, cells_of, members
from hauberk.attack.evasion.samples import verify_spread
from hauberk.core.kept import kept_with
from hauberk.data import Reach
from hauberk.models import TreeEnsemble

__all__ = ["box_reach", "certified_distance", "certified_radius"]

Matrix = NDArray[np.float64]

_HALF_SPACING = 2.0**-24
"""A float64 value may be cast to a float32 threshold from this far below it, relatively."""
_HALF_LEAST = 2.0**-150
"""The same from a threshold below the normal range of float32, where spacings no longer shrink."""
_ROUNDING = 2.0**-50
"""Relative error of the distances themselves."""
_SUMS = 2.0**-40
"""Relative error of sums of them."""
_CELLS = 1 << 20


def certified_radius(
    ensemble: TreeEnsemble,
    rows: Matrix,
    labels: NDArray[np.int64],
    *,
    scale: Matrix,
    low: Matrix,
    high: Matrix,
    level: int = 1,
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
        level: How often trees are merged two by two first; each time the bound is no looser and costs more.

    Raises:
        NotAttackable: The ensemble is a regression.
        WrongSamples: No rows, or shapes that do not fit.
    """
    width = (ensemble.width,)
    if not len(rows) or labels.shape != rows.shape[:1] or not scale.shape == low.shape == high.shape == width:
        raise WrongSamples(expected=f"rows with labels, and scale, low and high of shape {width}", got=f"{rows.shape}")
    return certified_distance(ensemble, rows, labels, box_reach(rows, scale, low, high), scale=scale, level=level)


def box_reach(rows: Matrix, scale: Matrix, low: Matrix, high: Matrix) -> Reach:
    """All rows between `low` and `high`, (d,), and what lies between a row and them; features of scale 0 stay."""
    moves, width = scale > 0, len(scale)
    return Reach(
        low=np.where(moves, np.minimum(rows, low), rows),
        high=np.where(moves, np.maximum(rows, high), rows),
        choices=(None,) * width,
        mutable=moves,
        integer=np.zeros(width, dtype=np.bool_),
        cost=np.zeros(width),
        budget=math.inf,
        relations=(np.empty((0, width)), np.empty(0)),
    )


def certified_distance(
    ensemble: TreeEnsemble,
    rows: Matrix,
    labels: NDArray[np.int64],
    reach: Reach,
    *,
    scale: Matrix,
    norm: Norm = Norm.LINF,
    goal: int | None = None,
    level: int = 1,
) -> Matrix:
    """(n,) no row within reach that is nearer than this, in a norm, gives the adversary what they want.

    The distance of a leaf is that of the nearest row in its box, feature by feature, whatever the norm; a bound is the
    sum over the trees of the worst leaf that is near enough (Chen et al. 2019, section 3).

    Args:
        ensemble: A classifier.
        rows: (n, d) float64; NaN stays NaN.
        labels: (n,) class codes.
        reach: Of these rows; its budget and relations are left out of account, which only lowers the bounds.
        scale: (d,) float64, unit of each feature's step, as in `Within`; the step of a category is 1.
        norm: In which steps are summed up.
        goal: The class that the adversary wants; None for any wrong one.
        level: See `certified_radius`.

    Raises:
        NotAttackable, BadTarget: See `contests`.
        WrongSamples: Numbers so large that their distances overflow.
    """
    verify_spread(rows, reach, scale, float(np.abs(ensemble.threshold).max(initial=0.0)))
    radius = np.full(len(rows), np.inf)
    for boxes, pairs in _by_boxes(contests(ensemble, labels, goal=goal)):
        cliques = _merged(boxes, level)
        for index in np.array_split(np.arange(len(rows)), max(1, len(rows) * len(cliques.leaf) // _CELLS)):
            distance = _distances(boxes, rows[index], reach.rows(index), scale, norm)
            for pair in pairs:
                mine = np.flatnonzero(labels[index] == pair.label)
                if len(mine):
                    found = _first_fall(pair, cliques, distance[:, mine])
                    radius[index[mine]] = np.minimum(radius[index[mine]], found)
    return radius


@kept_with
def _merged(boxes: LeafBoxes, level: int) -> Cliques:
    """The cliques after merging the trees `level` times."""
    return merge_trees(boxes, _merged(boxes, level - 1)) if level else single_leaves(boxes)


def _by_boxes(pairs: Iterable[Contest]) -> Iterator[tuple[LeafBoxes, list[Contest]]]:
    """The contests that share their boxes, together: what does not depend on the label is then done once."""
    for _, same in groupby(pairs, key=lambda pair: id(pair.boxes)):
        together = list(same)
        yield together[0].boxes, together


def _distances(boxes: LeafBoxes, rows: Matrix, reach: Reach, scale: Matrix, norm: Norm) -> Matrix:
    """(L, n) the radius at which the ball around each row first touches each leaf; infinite where it never does."""
    distance = np.zeros((len(boxes.value), len(rows)))
    for column in boxes.columns:
        at, choices = column.column, reach.choices[column.column]
        if choices is None:
            shapes = _shape_distances(boxes, column, rows[:, at], reach.low[:, at], reach.high[:, at])
        else:
            shapes = _choice_distances(boxes, column, rows[:, at], choices)
        shapes = _scaled(shapes, float(scale[at]), norm)[column.shape]
        if norm is Norm.LINF:
            distance[column.leaf] = np.maximum(distance[column.leaf], shapes)
        else:
            distance[column.leaf] += shapes
    if norm is Norm.L2:
        np.sqrt(distance, out=distance)
    return distance if norm in (Norm.LINF, Norm.L0) else distance * (1 - _SUMS)


def _scaled(steps: Matrix, scale: float, norm: Norm) -> Matrix:
    """(Z, n) what steps, infinite where they cannot be made, add to the distance of a norm."""
    if norm is Norm.L0:
        return np.where(np.isinf(steps) | ((steps > 0) & (scale == 0)), np.inf, (steps > 0) & np.isfinite(scale))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(steps > 0, steps / scale, 0.0)
    share[np.isinf(steps)] = np.inf
    return np.asarray(share**2 if norm is Norm.L2 else share)


def _shape_distances(boxes: LeafBoxes, column: ColumnBoxes, values: Matrix, low: Matrix, high: Matrix) -> Matrix:
    """(Z, n) how far each value must move to be in each shape; infinite where it cannot."""
    room = _HALF_SPACING if boxes.precision == np.float32 else 0.0
    near = column.edges - np.maximum(room * np.abs(column.edges), _HALF_LEAST if room else 0.0)
    floor = np.concatenate([[-np.inf], near, [np.inf]])
    ceiling = np.concatenate([column.edges, [np.inf, -np.inf]])
    if column.mask is None:
        found = _gaps(floor[column.first], ceiling[column.last], values, low, high)
    else:
        cells = _gaps(floor[:-1], ceiling[:-1], values, low, high)
        found = np.stack([np.where(mask[:, None], cells, np.inf).min(axis=0) for mask in column.mask])
    return _without_values(column, values, found)


def _choice_distances(boxes: LeafBoxes, column: ColumnBoxes, values: Matrix, choices: NDArray[np.bool_]) -> Matrix:
    """(Z, n) 0 where the own category lies in each shape, 1 where one that can be claimed does, infinite elsewhere."""
    codes = np.flatnonzero(choices).astype(np.float64)
    cells = np.full((column.cells, len(values)), np.inf)
    cells[cells_of(column, codes, boxes.precision)] = 1.0
    here = np.flatnonzero(~np.isnan(values))
    cells[cells_of(column, values[here], boxes.precision), here] = 0.0
    inside = members(column, np.arange(column.cells))
    found = np.stack([np.where(shape[:, None], cells, np.inf).min(axis=0) for shape in inside])
    return _without_values(column, values, found)


def _without_values(column: ColumnBoxes, values: Matrix, found: Matrix) -> Matrix:
    """Missing values stay missing: such a row lies in the shapes that take them, and in no others."""
    gone = np.isnan(values)
    if gone.any():
        found[:, gone] = np.where(column.missing[:, None], 0.0, np.inf)
    return found


def _gaps(floor: Matrix, ceiling: Matrix, values: Matrix, low: Matrix, high: Matrix) -> Matrix:
    """(m, n) how far each value must move to lie between each floor and ceiling, and between low and high."""
    gap = np.maximum(floor[:, None] - values, values - ceiling[:, None])
    gap -= np.where(np.isfinite(gap), _ROUNDING * (np.abs(gap) + np.abs(values)), 0.0)
    beyond = ((ceiling[:, None] < low) | (floor[:, None] > high)) & (gap > 0)
    return np.where(beyond, np.inf, np.maximum(gap, 0.0))


def _first_fall(contest: Contest, cliques: Cliques, distance: Matrix) -> Matrix:
    """(n,) the distance of the clique with which the bound falls to the slack, by halving the sorted distances."""
    value = cliques.add(contest.value)[:, None]
    # The common part of boxes is as far away as the farthest of them.
    distance = np.maximum.reduce([distance[leaf] for leaf in cliques.leaf.T])
    sorted_distances, column = np.sort(distance, axis=0), np.arange(distance.shape[1])
    low, high = np.zeros((2, len(column)), dtype=np.intp)
    high += len(value)  # one after the last: the bound never falls
    while (low < high).any():
        middle = np.minimum((low + high) // 2, len(value) - 1)
        near = distance <= sorted_distances[middle, column]
        worst = np.minimum.reduceat(np.where(near, value, np.inf), cliques.start, axis=0)
        # No group is without a near clique: each row lies in one leaf of each tree, at distance 0.
        fell = contest.base + worst.sum(axis=0) <= contest.slack
        high, low = np.where(fell, middle, high), np.where(fell, low, middle + 1)
        low = np.minimum(low, high)
    found = sorted_distances[np.minimum(low, len(value) - 1), column]
    return np.where(low == len(value), np.inf, found)
