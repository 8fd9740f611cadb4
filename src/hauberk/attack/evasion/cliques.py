"""Trees merged two by two: leaves that no row can reach together stop counting together.

Source: Chen et al. 2019, "Robustness verification of tree-based models", section 3.2: the bound over cliques of leaves
with a common point. Boxes have a common point where every two of them have, and the L-infinity distance of the common
part is the largest of their distances, so the cliques of an ensemble do not depend on the row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.leaves import LeafBoxes

__all__ = ["Cliques", "merge_trees", "single_leaves"]

_PAIRS = 4096
"""Most pairs of leaves of two trees that are looked at; larger trees stay by themselves, which loosens the bound."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cliques:
    """Leaves that can be reached together, one of each tree of a group of trees.

    Attributes:
        start: (G,) intp, the first clique of each group.
        leaf: (C, m) intp, the leaves of each clique; one of them repeated where the group has fewer trees.
        counted: (C, m) bool, false for repetitions.
    """

    start: NDArray[np.intp]
    leaf: NDArray[np.intp]
    counted: NDArray[np.bool_]

    def add(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """(C,) what the leaves of each clique add together, of (L,) values of leaves."""
        return np.asarray((value[self.leaf] * self.counted).sum(axis=1))


def single_leaves(boxes: LeafBoxes) -> Cliques:
    """Each leaf by itself, each tree a group."""
    leaf = np.arange(len(boxes.value))[:, None]
    return Cliques(start=boxes.start, leaf=leaf, counted=np.ones(leaf.shape, dtype=np.bool_))


def merge_trees(boxes: LeafBoxes, cliques: Cliques) -> Cliques:
    """The cliques of every two neighbouring groups, which bound no less than those of the groups did."""
    one, other, start = _candidates(cliques)
    paired = other >= 0
    width = cliques.leaf.shape[1]
    first, second = cliques.leaf[one], cliques.leaf[np.where(paired, other, one)]
    shared = np.ones(len(one), dtype=np.bool_)
    ranges = _ranges(boxes)
    for left in range(width):
        for right in range(width):
            shared &= _meet(boxes, ranges, first[:, left], second[:, right])
    shared |= ~paired
    group = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(one))))[shared]
    return Cliques(
        start=np.searchsorted(group, np.arange(len(start))),
        leaf=np.concatenate([first, second], axis=1)[shared],
        counted=np.concatenate([cliques.counted[one], cliques.counted[other] & paired[:, None]], axis=1)[shared],
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ranges:
    """(D, L) the first and last cell of each leaf on each column of ranges, and whether NaN leads to it."""

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    missing: NDArray[np.bool_]


def _ranges(boxes: LeafBoxes) -> _Ranges:
    columns = [column for column in boxes.columns if column.mask is None]
    shape = (len(columns), len(boxes.value))
    ranges = _Ranges(
        first=np.zeros(shape, dtype=np.int32),
        last=np.full(shape, np.iinfo(np.int32).max, dtype=np.int32),
        missing=np.ones(shape, dtype=np.bool_),
    )
    for row, column in enumerate(columns):
        ranges.first[row, column.leaf] = column.first[column.shape]
        ranges.last[row, column.leaf] = column.last[column.shape]
        ranges.missing[row, column.leaf] = column.missing[column.shape]
    return ranges


def _meet(boxes: LeafBoxes, ranges: _Ranges, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.bool_]:
    """(m,) whether the boxes of two leaves have a common point, for m pairs of them."""
    begin = np.maximum(ranges.first[:, one], ranges.first[:, other])
    end = np.minimum(ranges.last[:, one], ranges.last[:, other])
    meet = ((begin <= end) | (ranges.missing[:, one] & ranges.missing[:, other])).all(axis=0)
    for column in boxes.columns:
        if column.mask is not None:
            shape = np.full(len(boxes.value), -1, dtype=np.intp)
            shape[column.leaf] = column.shape
            held = column.mask.astype(np.float32)
            meets = (held @ held.T > 0) | (column.missing[:, None] & column.missing)
            a, b = shape[one], shape[other]
            meet &= (a < 0) | (b < 0) | meets[a, b]
    return np.asarray(meet)


def _candidates(cliques: Cliques) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """All pairs of cliques of neighbouring groups, -1 for no partner, and where the pairs of each group start."""
    ends = np.append(cliques.start, len(cliques.leaf)).tolist()
    ones, others, sizes = [], [], []
    group = 0
    while group < len(cliques.start):
        here = np.arange(ends[group], ends[group + 1])
        there = np.array([-1])
        if group + 2 < len(ends) and len(here) * (ends[group + 2] - ends[group + 1]) <= _PAIRS:
            group += 1
            there = np.arange(ends[group], ends[group + 1])
        ones.append(np.repeat(here, len(there)))
        others.append(np.tile(there, len(here)))
        sizes.append(len(ones[-1]))
        group += 1
    return np.concatenate(ones), np.concatenate(others), np.cumsum([0, *sizes[:-1]])
