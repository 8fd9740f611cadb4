"""Parts of the balls around rows, many at once, with the distance at which each can first hold a row that is beaten.

The leaf-box bound of a part is a step function of the radius: it falls where the ball first touches a new leaf. The
rank at which it falls to the slack is a lower bound of the distance of all that is beaten in the part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.contest import Contest
from hauberk.attack.evasion.tree_patch import Patch

__all__ = ["Critical", "Parts", "bound_parts", "critical_leaves", "halve", "join_parts", "whole_balls"]

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """B parts of balls.

    Attributes:
        row: (B,) intp, around which row.
        low, high: (B, A) int32, first and last kept cell of the patch.
        base: (B,) float64, what the trees that are decided add up to.
        floor: (B,) int32, no leaf tuple of the part is nearer than this rank.
        lower: (B,) int32, nothing in it that is nearer than this rank is beaten.
        axis, cut: (B,) intp, where to halve it: the upper half begins with the cell `cut`.
        count: (B,) intp, how many leaves of the other trees touch it.
        leaf: (sum of count,) int32, these, numbers of the patch, ascending for each part.
        near: (sum of count,) int32, rank of the distance at which the row is in the leaf and in the part.
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
    leaf: NDArray[np.int32]
    near: NDArray[np.int32]

    def at(self, index: NDArray[np.bool_]) -> Parts:
        """Some of the parts, (B,) bool."""
        if index.all():
            return self
        kept = np.repeat(index, self.count)
        return Parts(
            row=self.row[index],
            low=self.low[index],
            high=self.high[index],
            base=self.base[index],
            floor=self.floor[index],
            lower=self.lower[index],
            axis=self.axis[index],
            cut=self.cut[index],
            count=self.count[index],
            leaf=self.leaf[kept],
            near=self.near[kept],
        )


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


def whole_balls(patch: Patch, contest: Contest) -> Parts:
    """The whole ball around each row."""
    rows = len(patch.own)
    nothing = np.zeros(rows, dtype=np.intp)
    return Parts(
        row=np.arange(rows),
        low=np.zeros_like(patch.own),
        high=patch.size - 1,
        base=np.full(rows, contest.base),
        floor=nothing.astype(np.int32),
        lower=nothing.astype(np.int32),
        axis=nothing,
        cut=nothing,
        count=np.bincount(patch.row, minlength=rows),
        leaf=np.arange(len(patch.row), dtype=np.int32),
        near=patch.near,
    )


def join_parts(parts: Sequence[Parts]) -> Parts:
    """Parts one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Parts(**{field.name: np.concatenate([getattr(part, field.name) for part in parts])
                    for field in fields(Parts)})  # fmt: skip


def halve(patch: Patch, parts: Parts, limit: NDArray[np.int32]) -> Parts:
    """The lower halves of the parts, then the upper ones, with the leaves that are nearer than the limit, (n,) ranks.

    Halves in which some tree has no such leaf are left out.
    """
    here = np.arange(len(parts.row))
    both, axis = np.concatenate([here, here]), np.concatenate([parts.axis, parts.axis])
    row, low, high = parts.row[both], parts.low[both], parts.high[both]
    high[here, parts.axis] = parts.cut - 1
    low[len(here) + here, parts.axis] = parts.cut
    children = np.arange(len(both))
    first, last = low[children, axis], high[children, axis]
    child = np.repeat(children, parts.count[both])
    leaf, near = np.concatenate([parts.leaf, parts.leaf]), np.concatenate([parts.near, parts.near])
    place = (axis * len(patch.row))[child] + leaf
    begin = np.maximum(patch.first.ravel()[place], first[child])
    end = np.minimum(patch.last.ravel()[place], last[child])
    cell = np.minimum(np.maximum(patch.own[row, axis][child], begin), end)
    width = patch.rank.shape[1]
    # Where a leaf does not touch the half, the cell is just some cell of the part.
    near = np.maximum(near, patch.rank.ravel()[(row * width + patch.begin[axis])[child] + cell])
    kept = (begin <= end) & (near < limit[row][child])
    start = _trees(patch, child, leaf)
    lost = ~np.logical_or.reduceat(kept, start) if len(start) else np.empty(0, np.bool_)
    whole = np.bincount(child[start][lost], minlength=len(both)) == 0
    kept &= whole[child]
    return Parts(
        row=row[whole],
        low=low[whole],
        high=high[whole],
        base=parts.base[both][whole],
        floor=np.maximum(parts.floor[both], patch.ranks(row, axis, first, last))[whole],
        lower=parts.lower[both][whole],
        axis=axis[whole],
        cut=parts.cut[both][whole],
        count=np.bincount(child[kept], minlength=len(both))[whole],
        leaf=leaf[kept],
        near=near[kept],
    )


def bound_parts(patch: Patch, contest: Contest, parts: Parts, limit: NDArray[np.int32]) -> Parts:
    """The parts that can hold something beaten nearer than the limit, (n,) ranks, with their lower bounds raised.

    Trees that are constant in a part are folded into its base.
    """
    owner = np.repeat(np.arange(len(parts.row)), parts.count)
    start = _trees(patch, owner, parts.leaf)
    base, floor, least = parts.base, parts.floor.copy(), np.empty(0)
    if len(start):
        value = patch.value[parts.leaf]
        least, most = np.minimum.reduceat(value, start), np.maximum.reduceat(value, start)
        place, constant = owner[start], least == most
        np.maximum.at(floor, place, np.minimum.reduceat(parts.near, start))
        base = base + np.bincount(place[constant], least[constant], len(parts.row))
        left = np.repeat(~constant, np.diff(np.append(start, len(owner))))
        least, place = least[~constant], place[~constant]
        count = np.bincount(owner[left], minlength=len(parts.row))
        parts = replace(parts, base=base, floor=floor, count=count, leaf=parts.leaf[left], near=parts.near[left])
        base = base + np.bincount(place, least, len(parts.row))
    # The bound over all leaves that are left: the cheapest test, and most parts fail it.
    parts = parts.at((base <= contest.slack) & (floor < limit[parts.row]))
    return replace(parts, lower=_first_falls(patch, contest, parts, limit))


def _first_falls(patch: Patch, contest: Contest, parts: Parts, limit: NDArray[np.int32]) -> NDArray[np.int32]:
    """(B,) the rank at which the bound of each part falls to the slack, by halving; it does so before the limit."""
    owner = np.repeat(np.arange(len(parts.row)), parts.count)
    start, value = _trees(patch, owner, parts.leaf), patch.value[parts.leaf]
    place = owner[start]
    low, high = np.maximum(parts.floor, parts.lower), limit[parts.row] - 1
    low = np.minimum(low, high)
    while (low < high).any():
        middle = (low + high) // 2
        bound = parts.base
        if len(start):
            worst = np.minimum.reduceat(np.where(parts.near <= middle[owner], value, np.inf), start)
            bound = bound + np.bincount(place, worst, len(parts.row))
        fell = bound <= contest.slack
        # What is decided stays: its middle is both ends, where the bound has fallen.
        low, high = np.where(fell | (low == high), low, middle + 1), np.where(fell, middle, high)
    return np.asarray(low, dtype=np.int32)


def critical_leaves(patch: Patch, parts: Parts) -> Critical:
    """The leaves that make up the bound of each part at its lower bound."""
    owner = np.repeat(np.arange(len(parts.row)), parts.count)
    if not len(owner):
        nothing = np.empty((len(patch.first), 0), dtype=np.int32)
        return Critical(part=owner, weight=np.empty(0), first=nothing, last=nothing)
    start, value = _trees(patch, owner, parts.leaf), patch.value[parts.leaf]
    segment = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(owner))))
    near = np.where(parts.near <= parts.lower[owner], value, np.inf)
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
        first=np.maximum(patch.first[:, leaf], parts.low[part].T),
        last=np.minimum(patch.last[:, leaf], parts.high[part].T),
    )


def _trees(patch: Patch, owner: NDArray[np.intp], leaf: NDArray[np.int32]) -> NDArray[np.intp]:
    """Where each tree of each part starts among the leaves."""
    tree = patch.tree[leaf]
    first = np.ones(len(leaf), dtype=np.bool_)
    first[1:] = (tree[1:] != tree[:-1]) | (owner[1:] != owner[:-1])
    return np.flatnonzero(first)
