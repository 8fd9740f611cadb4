"""Bounds of regions, and on which cells the worst leaves of the trees agree."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.field import Field
from hauberk.attack.evasion.tree_regions import Atlas, Regions, offered_cells

__all__ = ["Favour", "Worst", "bound_regions", "favour_cells", "worst_of_trees"]

Vector = NDArray[np.float64]


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
        empty: (B,) bool, whether no row can be there at all.
    """

    weight: Vector
    offered: NDArray[np.bool_]
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
    return replace(regions, base=base, count=count, leaf=regions.leaf[left]), bound


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


def favour_cells(atlas: Atlas, field: Field, regions: Regions, worst: Worst, number: int) -> Favour:
    """How the worst leaves weigh on the axis of this number."""
    offered, present = offered_cells(field, regions, number)
    count, cells = offered.shape
    if atlas.ordered[number]:
        weight = _range_weights(atlas, worst, number, count, cells)
    else:
        weight = _set_weights(atlas, worst, number, count, cells)
    weight = np.where(offered, weight, -1.0)
    conflict = np.where(offered.sum(axis=1) > 1, np.maximum(worst.total - weight.max(axis=1), 0.0), -1.0)
    return Favour(weight=weight, offered=offered, conflict=conflict, empty=present & ~offered.any(axis=1))


def _segments(
    atlas: Atlas, owner: NDArray[np.intp], leaf: NDArray[np.int32]
) -> tuple[NDArray[np.intp], Vector, Vector]:
    """Where each tree of each region starts among the leaves, and its least and largest value."""
    tree, value = atlas.tree[leaf], atlas.value[leaf]
    first = np.ones(len(leaf), dtype=np.bool_)
    first[1:] = (tree[1:] != tree[:-1]) | (owner[1:] != owner[:-1])
    start = np.flatnonzero(first)
    return start, np.minimum.reduceat(value, start), np.maximum.reduceat(value, start)


def _range_weights(atlas: Atlas, worst: Worst, number: int, count: int, cells: int) -> Vector:
    """(B, K) by summing up where the ranges of the leaves begin and end."""
    width = cells + 1
    begin = worst.region * width + atlas.first[number, worst.leaf]
    end = worst.region * width + atlas.last[number, worst.leaf] + 1
    change = np.bincount(begin, worst.weight, count * width) - np.bincount(end, worst.weight, count * width)
    return np.asarray(change.reshape(count, width).cumsum(axis=1)[:, :cells])


def _set_weights(atlas: Atlas, worst: Worst, number: int, count: int, cells: int) -> Vector:
    """(B, K) cell by cell."""
    words = atlas.words[number, worst.leaf]
    weight = np.empty((count, cells))
    for cell in range(cells):
        holds = (words[:, cell >> 6] >> np.uint64(cell & 63)) & np.uint64(1)
        weight[:, cell] = np.bincount(worst.region, worst.weight * holds, count)
    return weight
