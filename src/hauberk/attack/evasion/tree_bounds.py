"""Bounds of regions, and on which cells the worst leaves of the trees agree."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.tree_regions import Atlas, Regions, offered_cells

__all__ = ["AGREED", "Favour", "Worst", "bound_regions", "favour_cells", "worst_of_trees"]

Vector = NDArray[np.float64]

AGREED = 1e-9
"""Conflict, in units of the margin, below which worst leaves agree; the model itself judges the row."""
_TOGETHER = 1 << 18
"""Leaves times axes that are weighed at once, to stay in the cache."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Worst:
    """The worst leaf of each of S undecided trees of regions, region by region.

    Attributes:
        region: (S,) intp.
        leaf: (S,) int32, the leaf with the smallest value.
        weight: (S,) float64, by how much the next one is better: what the adversary loses by missing it.
        total: (B,) float64, the weights of each region together.
    """

    region: NDArray[np.intp]
    leaf: NDArray[np.int32]
    weight: Vector
    total: Vector


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Favour:
    """How the worst leaves weigh on one axis, over its K cells.

    Attributes:
        weight: (B, K) float64, of the worst leaves that hold the cell; -1 where the region does not offer it.
        offered: (B, K) bool.
        conflict: (B,) float64, weight of the worst leaves that must be missed on this axis, whichever cell is
            taken; -1 where the region has no two cells to choose from.
        heavy: (B, K) bool, the offered cells that all agreeing leaves hold.
        empty: (B,) bool, whether no row can be there at all.
    """

    weight: Vector
    offered: NDArray[np.bool_]
    heavy: NDArray[np.bool_]
    conflict: Vector
    empty: NDArray[np.bool_]


def bound_regions(atlas: Atlas, regions: Regions) -> tuple[Regions, Vector]:
    """The regions with the trees folded into their base that are constant there, and (B,) the lower bounds."""
    if not len(regions.leaf):
        return regions, regions.base
    owner = np.repeat(np.arange(len(regions.row)), regions.count)
    start, least, most = _segments(atlas, owner, regions.leaf)
    constant = least == most
    place = owner[start]
    base = regions.base + np.bincount(place[constant], least[constant], len(regions.row))
    bound = base + np.bincount(place[~constant], least[~constant], len(regions.row))
    left = np.repeat(~constant, np.diff(np.append(start, len(owner))))
    count = np.bincount(owner[left], minlength=len(regions.row))
    due = regions.due[left] if len(regions.due) else regions.due
    return replace(regions, base=base, count=count, leaf=regions.leaf[left], due=due), bound


def worst_of_trees(atlas: Atlas, regions: Regions) -> Worst:
    """The worst leaf of each tree that is not constant."""
    owner = np.repeat(np.arange(len(regions.row)), regions.count)
    if not len(owner):
        return Worst(region=owner, leaf=regions.leaf, weight=np.empty(0), total=np.zeros(len(regions.row)))
    start, least, _ = _segments(atlas, owner, regions.leaf)
    value = atlas.value[regions.leaf]
    segment = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(owner))))
    smallest = value == least[segment]
    place = np.flatnonzero(smallest)
    chosen = place[np.searchsorted(segment[place], np.arange(len(start)))]
    second = np.minimum.reduceat(np.where(smallest, np.inf, value), start)
    weight = second - least
    return Worst(
        region=owner[start],
        leaf=regions.leaf[chosen],
        weight=weight,
        total=np.asarray(np.bincount(owner[start], weight, len(regions.row)), dtype=np.float64),
    )


def favour_cells(atlas: Atlas, regions: Regions, worst: Worst) -> tuple[Favour, ...]:
    """How the worst leaves weigh on each axis; all axes are weighed together, for there may be many small ones."""
    if not len(atlas.ordered):
        return ()
    offered, first, sizes = offered_cells(atlas, regions), atlas.begin[:-1], np.diff(atlas.begin)
    weight = np.where(offered, _weights(atlas, worst, len(regions.row)), -1.0)
    most = np.maximum.reduceat(weight, first, axis=1)
    heavy = offered & (weight >= np.repeat(most, sizes, axis=1) - AGREED)
    choice = np.add.reduceat(offered, first, axis=1, dtype=np.intp)
    conflict = np.where(choice > 1, np.maximum(worst.total[:, None] - most, 0.0), -1.0)
    empty = atlas.present[regions.row] & (choice == 0)
    spans = [slice(start, start + size) for start, size in zip(first, sizes, strict=True)]
    return tuple(
        Favour(
            weight=weight[:, span],
            offered=offered[:, span],
            heavy=heavy[:, span],
            conflict=conflict[:, number],
            empty=empty[:, number],
        )
        for number, span in enumerate(spans)
    )


def _segments(
    atlas: Atlas, owner: NDArray[np.intp], leaf: NDArray[np.int32]
) -> tuple[NDArray[np.intp], Vector, Vector]:
    """Where each tree of each region starts among the leaves, and its least and largest value."""
    tree, value = atlas.tree[leaf], atlas.value[leaf]
    first = np.ones(len(leaf), dtype=np.bool_)
    first[1:] = (tree[1:] != tree[:-1]) | (owner[1:] != owner[:-1])
    start = np.flatnonzero(first)
    return start, np.minimum.reduceat(value, start), np.maximum.reduceat(value, start)


def _weights(atlas: Atlas, worst: Worst, count: int) -> Vector:
    """(B, C) on ranges by summing up where those of the leaves begin and end, on sets cell by cell."""
    axes = len(atlas.ordered)
    # Behind the cells of each axis stands one more, where ranges end that hold its last cell.
    begin, width = atlas.begin + np.arange(axes + 1), atlas.begin[-1] + axes
    change = np.zeros(count * width)
    at = worst.region * width
    for part in np.array_split(np.arange(axes), max(1, axes * len(at) // _TOGETHER)):
        weight = np.tile(worst.weight, len(part))
        place = at + begin[part, None]
        change += np.bincount((place + atlas.first[part][:, worst.leaf]).ravel(), weight, len(change))
        change -= np.bincount((place + atlas.last[part][:, worst.leaf] + 1).ravel(), weight, len(change))
    weights = np.delete(change.reshape(count, width).cumsum(axis=1), begin[1:] - 1, axis=1)
    for number in np.flatnonzero(~atlas.ordered):
        first, stop = int(atlas.begin[number]), int(atlas.begin[number + 1])
        weights[:, first:stop] = _set_weights(atlas, worst, int(number), count, stop - first)
    return np.asarray(weights)


def _set_weights(atlas: Atlas, worst: Worst, number: int, count: int, cells: int) -> Vector:
    """(B, K) cell by cell."""
    words = atlas.words[number, worst.leaf]
    weight = np.empty((count, cells))
    for cell in range(cells):
        holds = (words[:, cell >> 6] >> np.uint64(cell & 63)) & np.uint64(1)
        weight[:, cell] = np.bincount(worst.region, worst.weight * holds, count)
    return weight
