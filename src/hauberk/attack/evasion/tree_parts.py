"""Parts of the balls around rows, many at once, with the distance at which each can first hold a row that is beaten.

The leaf-box bound of a part is a step function of the radius: it falls where the ball first touches a new leaf. The
rank at which it falls to the slack is a lower bound of the distance of all that is beaten in the part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.tree_patch import Patch

__all__ = ["Critical", "Heads", "Parts", "bound_parts", "critical_leaves", "halve", "whole_balls"]

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heads:
    """What is known of B parts, but for their leaves.

    Attributes:
        row: (B,) intp, around which row.
        low, high: (B, A) int32, first and last kept cell of the patch.
        base: (B,) float64, what the trees that are decided add up to.
        floor: (B,) int32, no leaf tuple of the part is nearer than this rank.
        lower: (B,) int32, nothing in it that is nearer than this rank is beaten.
        axis, cut: (B,) intp, where to halve it: the upper half begins with the cell `cut`.
        count: (B,) intp, how many leaves of the other trees touch it.
    """

    row: NDArray[np.intp]
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    base: Vector
    floor: NDArray[np.int32]
    lower: NDArray[np.int32]
    axis: NDArray[np.intp]
    cut: NDArray[np.intp]
    count: NDArray[np.intp]

    def at(self, index: NDArray[np.bool_] | NDArray[np.intp]) -> Heads:
        """Some of the parts."""
        return Heads(
            row=self.row[index],
            low=self.low[index],
            high=self.high[index],
            base=self.base[index],
            floor=self.floor[index],
            lower=self.lower[index],
            axis=self.axis[index],
            cut=self.cut[index],
            count=self.count[index],
        )

    def then(self, other: Heads) -> Heads:
        """These parts, then the others."""
        return Heads(
            row=np.concatenate([self.row, other.row]),
            low=np.concatenate([self.low, other.low]),
            high=np.concatenate([self.high, other.high]),
            base=np.concatenate([self.base, other.base]),
            floor=np.concatenate([self.floor, other.floor]),
            lower=np.concatenate([self.lower, other.lower]),
            axis=np.concatenate([self.axis, other.axis]),
            cut=np.concatenate([self.cut, other.cut]),
            count=np.concatenate([self.count, other.count]),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """B parts of balls, with their leaves.

    Attributes:
        heads: What else is known of them.
        leaf: (sum of count,) int32, the leaves of undecided trees that touch them, numbers of the patch, ascending for
            each part.
        near: (sum of count,) int32, rank of the distance at which the row is in the leaf and in the part.
    """

    heads: Heads
    leaf: NDArray[np.int32]
    near: NDArray[np.int32]

    def at(self, index: NDArray[np.bool_]) -> Parts:
        """Some of the parts, (B,) bool."""
        if index.all():
            return self
        kept = np.repeat(index, self.heads.count)
        return Parts(heads=self.heads.at(index), leaf=self.leaf[kept], near=self.near[kept])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Critical:
    """The worst leaf within the radius `lower` of each of S undecided trees, part by part.

    Attributes:
        part: (S,) intp, ascending.
        weight: (S,) float64, by how much the next leaf is better: what the adversary loses by missing it.
        first, last: (A, S) int32, the cells of the leaf in the part.
    """

    part: NDArray[np.intp]
    weight: Vector
    first: NDArray[np.int32]
    last: NDArray[np.int32]


def whole_balls(patch: Patch) -> Parts:
    """The whole ball around each row."""
    rows = len(patch.own)
    nothing = np.zeros(rows, dtype=np.intp)
    heads = Heads(
        row=np.arange(rows),
        low=np.zeros_like(patch.own),
        high=patch.size - 1,
        base=patch.base,
        floor=nothing.astype(np.int32),
        lower=nothing.astype(np.int32),
        axis=nothing,
        cut=nothing,
        count=np.bincount(patch.row, minlength=rows),
    )
    return Parts(heads=heads, leaf=np.arange(len(patch.row), dtype=np.int32), near=patch.near)


def halve(patch: Patch, parts: Parts, limit: NDArray[np.int32]) -> Parts:
    """The lower halves of the parts, then the upper ones, with the leaves that are nearer than the limit, (n,) ranks.

    Halves in which some tree has no such leaf are left out.
    """
    here = np.arange(len(parts.heads.row))
    heads = parts.heads.at(np.concatenate([here, here]))
    children, row, axis = np.arange(len(heads.row)), heads.row, heads.axis
    heads.high[here, axis[here]] = heads.cut[here] - 1
    heads.low[len(here) + here, axis[here]] = heads.cut[here]
    first, last = heads.low[children, axis], heads.high[children, axis]
    child = np.repeat(children, heads.count)
    leaf, near = np.concatenate([parts.leaf, parts.leaf]), np.concatenate([parts.near, parts.near])
    place = (axis * len(patch.row))[child] + leaf
    begin = np.maximum(patch.first.ravel()[place], first[child])
    end = np.minimum(patch.last.ravel()[place], last[child])
    cell = np.minimum(np.maximum(patch.own[row, axis][child], begin), end)
    # Where a leaf does not touch the half, the cell is just some cell of the part.
    near = np.maximum(near, patch.rank.ravel()[(row * patch.rank.shape[1] + patch.begin[axis])[child] + cell])
    kept = (begin <= end) & (near < limit[row][child])
    start = _trees(patch, child, leaf)
    lost = ~np.logical_or.reduceat(kept, start) if len(start) else np.empty(0, np.bool_)
    whole = np.bincount(child[start][lost], minlength=len(row)) == 0
    kept &= whole[child]
    floor = np.maximum(heads.floor, patch.ranks(row, axis, first, last))
    heads = replace(heads, floor=floor, count=np.bincount(child[kept], minlength=len(row)))
    return Parts(heads=heads.at(whole), leaf=leaf[kept], near=near[kept])


def bound_parts(patch: Patch, parts: Parts, limit: NDArray[np.int32]) -> Parts:
    """The parts that can hold something beaten nearer than the limit, (n,) ranks, with their lower bounds raised.

    Trees that are constant in a part are folded into its base.
    """
    heads, count = parts.heads, len(parts.heads.row)
    owner = np.repeat(np.arange(count), heads.count)
    start, bound = _trees(patch, owner, parts.leaf), heads.base
    if len(start):
        value, floor = patch.value[parts.leaf], heads.floor.copy()
        least, most = np.minimum.reduceat(value, start), np.maximum.reduceat(value, start)
        place, constant = owner[start], least == most
        np.maximum.at(floor, place, np.minimum.reduceat(parts.near, start))
        base = heads.base + np.bincount(place[constant], least[constant], count)
        bound = base + np.bincount(place[~constant], least[~constant], count)
        left = np.repeat(~constant, np.diff(np.append(start, len(owner))))
        heads = replace(heads, base=base, floor=floor, count=np.bincount(owner[left], minlength=count))
        parts = Parts(heads=heads, leaf=parts.leaf[left], near=parts.near[left])
    # The bound over all leaves that are left: the cheapest test, and most parts fail it.
    parts = parts.at((bound <= patch.slack[heads.row]) & (heads.floor < limit[heads.row]))
    return replace(parts, heads=replace(parts.heads, lower=_first_falls(patch, parts, limit)))


def _first_falls(patch: Patch, parts: Parts, limit: NDArray[np.int32]) -> NDArray[np.int32]:
    """(B,) the rank at which the bound of each part falls to the slack, by halving; it does so before the limit."""
    heads, count = parts.heads, len(parts.heads.row)
    owner = np.repeat(np.arange(count), heads.count)
    start, value = _trees(patch, owner, parts.leaf), patch.value[parts.leaf]
    place, slack = owner[start], patch.slack[heads.row]
    high = limit[heads.row] - 1
    low = np.minimum(np.maximum(heads.floor, heads.lower), high)
    while (low < high).any():
        middle = (low + high) // 2
        bound = heads.base
        if len(start):
            worst = np.minimum.reduceat(np.where(parts.near <= middle[owner], value, np.inf), start)
            bound = bound + np.bincount(place, worst, count)
        fell = bound <= slack
        # What is decided stays: its middle is both ends, where the bound has fallen.
        low, high = np.where(fell | (low == high), low, middle + 1), np.where(fell, middle, high)
    return np.asarray(low, dtype=np.int32)


def critical_leaves(patch: Patch, parts: Parts) -> Critical:
    """The leaves that make up the bound of each part at its lower bound."""
    heads = parts.heads
    owner = np.repeat(np.arange(len(heads.row)), heads.count)
    if not len(owner):
        nothing = np.empty((len(patch.first), 0), dtype=np.int32)
        return Critical(part=owner, weight=np.empty(0), first=nothing, last=nothing)
    start, value = _trees(patch, owner, parts.leaf), patch.value[parts.leaf]
    segment = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(owner))))
    near = np.where(parts.near <= heads.lower[owner], value, np.inf)
    least = np.minimum.reduceat(near, start)
    smallest = near == least[segment]
    at = np.flatnonzero(smallest)
    chosen = at[np.searchsorted(segment[at], np.arange(len(start)))]
    second = np.minimum.reduceat(np.where(smallest, np.inf, near), start)
    # Without the only leaf that is near, nothing is left of the tree at this radius.
    spread = np.maximum.reduceat(value, start) - np.minimum.reduceat(value, start)
    part, leaf = owner[start], parts.leaf[chosen]
    return Critical(
        part=part,
        weight=np.where(np.isfinite(second), second - least, spread),
        first=np.maximum(patch.first[:, leaf], heads.low[part].T),
        last=np.minimum(patch.last[:, leaf], heads.high[part].T),
    )


def _trees(patch: Patch, owner: NDArray[np.intp], leaf: NDArray[np.int32]) -> NDArray[np.intp]:
    """Where each tree of each part starts among the leaves."""
    tree = patch.tree[leaf]
    first = np.ones(len(leaf), dtype=np.bool_)
    first[1:] = (tree[1:] != tree[:-1]) | (owner[1:] != owner[:-1])
    return np.flatnonzero(first)
