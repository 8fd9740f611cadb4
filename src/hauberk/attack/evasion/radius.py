"""How far every feature of a row may move at once before the leaf-box certificate ends.

The bound of `tree_certificate` is a step function of the radius: it falls where the ball first touches a new leaf.
So the certified radius is the distance of one leaf, and is found by adding leaves in order of their distance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import WrongSamples
from hauberk.attack.evasion.cliques import Cliques, merge_trees, single_leaves
from hauberk.attack.evasion.contest import Contest, contests
from hauberk.attack.evasion.leaves import ColumnBoxes, LeafBoxes
from hauberk.core.kept import kept_with
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
    radius = np.full(len(rows), np.inf)
    for boxes, pairs in _by_boxes(contests(ensemble, labels)):
        cliques = _merged(boxes, level)
        for index in np.array_split(np.arange(len(rows)), max(1, len(rows) * len(cliques.leaf) // _CELLS)):
            distance = _distances(boxes, rows[index], scale, low, high)
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


def _distances(boxes: LeafBoxes, rows: Matrix, scale: Matrix, low: Matrix, high: Matrix) -> Matrix:
    """(L, n) the radius at which the ball around each row first touches each leaf."""
    distance = np.zeros((len(boxes.value), len(rows)))
    for column in boxes.columns:
        at = column.column
        shapes = _shape_distances(boxes, column, rows[:, at], float(low[at]), float(high[at]))
        if scale[at] > 0:
            shapes /= scale[at]
        else:
            shapes[shapes > 0] = np.inf
        distance[column.leaf] = np.maximum(distance[column.leaf], shapes[column.shape])
    return distance


def _shape_distances(boxes: LeafBoxes, column: ColumnBoxes, values: Matrix, low: float, high: float) -> Matrix:
    """(Z, n) how far each value must move to be in each shape; infinite where it cannot."""
    room = _HALF_SPACING if boxes.precision == np.float32 else 0.0
    floor = np.concatenate([[-np.inf], column.edges - room * np.abs(column.edges), [np.inf]])
    ceiling = np.concatenate([column.edges, [np.inf, -np.inf]])
    if column.mask is None:
        found = _gaps(floor[column.first], ceiling[column.last], values, low, high)
    else:
        cells = _gaps(floor[:-1], ceiling[:-1], values, low, high)
        found = np.stack([np.where(mask[:, None], cells, np.inf).min(axis=0) for mask in column.mask])
    gone = np.isnan(values)
    if gone.any():
        found[:, gone] = np.where(column.missing[:, None], 0.0, np.inf)
    return found


def _gaps(floor: Matrix, ceiling: Matrix, values: Matrix, low: float, high: float) -> Matrix:
    """(m, n) how far each value must move to lie between each floor and ceiling, and between low and high."""
    gap = np.maximum(floor[:, None] - values, values - ceiling[:, None])
    gap -= np.where(np.isfinite(gap), _ROUNDING * (np.abs(gap) + np.abs(values)), 0.0)
    beyond = ((ceiling < low) | (floor > high))[:, None] & (gap > 0)
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
