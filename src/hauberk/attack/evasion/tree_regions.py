"""Parts of regions with the leaves that touch them, thousands at once: what branch and bound branches on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.contest import Contest
from hauberk.attack.evasion.field import Field
from hauberk.attack.evasion.leaves import MISSING, members
from hauberk.attack.evasion.presence import Bits, unpack
from hauberk.attack.evasion.tolls import TollKind

__all__ = ["Atlas", "Cut", "Regions", "divide", "first_regions", "join", "make_atlas", "offered_cells", "pack_cells"]

_WORD = 64
_MOST = 1e300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Atlas:
    """What all L leaves ask of each of A axes.

    Attributes:
        tree: (L,) int32.
        value: (L,) float64, as in the contest.
        ordered: (A,) bool.
        first, last: (A, L) int32, the range of cells on an ordered axis; everything on the others.
        words: (A, L, W) uint64, the bit set of cells on the others; everything on ordered ones. The bit after the
            last cell stands for a missing value, and each leaf has it: rows without a value have met their leaves.
        begin: (A + 1,) intp, where the cells of each axis begin when those of all axes stand side by side, C of them.
        allowed: (n, C) bool, which cells each row may go to.
        present: (n, A) bool, whether the row has a value.
        own: (n, A) int32, the cell of each row; 0 where it has no value.
        price: (n, C) float64, the least that a row pays of the toll to be in each cell or beyond it; (n, 0) where
            there is no toll.
        limit: (n,) float64, of the toll.
    """

    tree: NDArray[np.int32]
    value: NDArray[np.float64]
    ordered: NDArray[np.bool_]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    words: NDArray[np.uint64]
    begin: NDArray[np.intp]
    allowed: NDArray[np.bool_]
    present: NDArray[np.bool_]
    own: NDArray[np.int32]
    price: NDArray[np.float64]
    limit: NDArray[np.float64]

    def paid(
        self, row: NDArray[np.intp], axis: NDArray[np.intp] | int, low: NDArray[np.int32], high: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """(m,) the least that rows pay to be between two cells of an axis."""
        cell = np.minimum(np.maximum(self.own[row, axis], low), high)
        return np.asarray(self.price[row, self.begin[axis] + cell])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regions:
    """B parts of the regions of rows.

    Attributes:
        row: (B,) intp, whose it is.
        low, high: (B, A) int32, cells on ordered axes; `MISSING` and one after the last where the row has no value.
        words: (B, A, W) uint64, cells on the others, as in `Atlas`.
        base: (B,) float64, what the trees that are decided add up to.
        count: (B,) intp, how many leaves of the other trees touch it.
        leaf: (sum of count,) int32, these, ascending for each region.
        due: (sum of count,) float64, the least that the row pays of the toll to be in the leaf and in the region;
            empty where there is no toll.
    """

    row: NDArray[np.intp]
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    words: NDArray[np.uint64]
    base: NDArray[np.float64]
    count: NDArray[np.intp]
    leaf: NDArray[np.int32]
    due: NDArray[np.float64]

    def at(self, index: NDArray[np.bool_]) -> Regions:
        """Some of the regions, (B,) bool."""
        if index.all():
            return self
        kept = np.repeat(index, self.count)
        return Regions(
            row=self.row[index],
            low=self.low[index],
            high=self.high[index],
            words=self.words[index],
            base=self.base[index],
            count=self.count[index],
            leaf=self.leaf[kept],
            due=self.due[kept] if len(self.due) else self.due,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """Parts to be made of regions along one axis each.

    Attributes:
        parent: (C,) intp, of which region.
        axis: (C,) intp, along which axis.
        low, high: (C,) int32, cells of the part, where the axis is ordered.
        words: (C, W) uint64, cells of the part where it is not.
    """

    parent: NDArray[np.intp]
    axis: NDArray[np.intp]
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    words: NDArray[np.uint64]


def make_atlas(contest: Contest, field: Field) -> Atlas:
    """The atlas of a contest over the axes of a field."""
    leaves, axes = len(contest.value), field.axes
    sizes = np.diff(np.append(contest.boxes.start, leaves))
    width = max((axis.boxes.cells // _WORD + 1 for axis in axes if not axis.ordered), default=1)
    first, last = np.zeros((2, len(axes), leaves), dtype=np.int32)
    words = np.full((len(axes), leaves, width), ~np.uint64(0))
    for number, axis in enumerate(axes):
        boxes = axis.boxes
        last[number] = boxes.cells - 1
        if axis.ordered:
            first[number, boxes.leaf] = boxes.first[boxes.shape]
            last[number, boxes.leaf] = boxes.last[boxes.shape]
        else:
            inside = members(boxes, np.arange(boxes.cells))
            inside = np.concatenate([inside, np.ones((len(inside), 1), dtype=np.bool_)], axis=1)
            words[number, boxes.leaf] = pack_cells(inside, width)[boxes.shape]
    own = np.array([np.maximum(axis.own, 0) for axis in axes], dtype=np.int32).reshape(len(axes), len(field.rows)).T
    price, limit = _prices(field, own)
    return Atlas(
        tree=np.repeat(np.arange(len(sizes), dtype=np.int32), sizes),
        value=contest.value,
        ordered=np.array([axis.ordered for axis in axes], dtype=np.bool_),
        first=first,
        last=last,
        words=words,
        begin=np.cumsum([0, *(axis.boxes.cells for axis in axes)]),
        allowed=np.concatenate([np.empty((len(field.rows), 0), np.bool_), *(axis.allowed for axis in axes)], axis=1),
        present=np.array([axis.own != MISSING for axis in axes]).reshape(len(axes), len(field.rows)).T,
        own=own,
        price=price,
        limit=limit,
    )


def _prices(field: Field, own: NDArray[np.int32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Prices and limit of the toll that says most: the norm, else the budget; relations have parts below 0."""
    tolls = [toll for toll in field.tolls if toll.kind is not TollKind.RELATION]
    if not tolls or not field.axes:
        return np.empty((len(field.rows), 0)), np.full(len(field.rows), np.inf)
    toll = tolls[-1]
    parts = [
        _outwards(least, own[:, number]) if axis.ordered else least
        for number, (axis, least) in enumerate(zip(field.axes, toll.least, strict=True))
    ]
    return np.concatenate(parts, axis=1), toll.limit


def _outwards(least: NDArray[np.float64], own: NDArray[np.int32]) -> NDArray[np.float64]:
    """(n, K) the least of each cell and those beyond it as seen from the own one."""
    above = np.minimum.accumulate(least[:, ::-1], axis=1)[:, ::-1]
    below = np.minimum.accumulate(least, axis=1)
    return np.where(np.arange(least.shape[1]) >= own[:, None], above, below)


def first_regions(atlas: Atlas, contest: Contest, field: Field, alive: Bits) -> Regions:
    """The whole region of each row, with the (L, n / 8) leaves that touch it."""
    rows, axes = len(field.rows), len(field.axes)
    low, high = np.zeros((2, rows, axes), dtype=np.int32)
    words = np.zeros((rows, axes, atlas.words.shape[2]), dtype=np.uint64)
    for number, axis in enumerate(field.axes):
        gone = axis.own == MISSING
        if axis.ordered:
            low[:, number], high[:, number] = axis.low, np.where(gone, axis.boxes.cells, axis.high)
        else:
            words[:, number] = pack_cells(np.concatenate([axis.allowed, gone[:, None]], axis=1), words.shape[2])
    touched = np.ascontiguousarray(unpack(alive, rows).T)
    due = np.empty(0)
    if atlas.price.shape[1]:
        far = _first_due(atlas, field)
        touched &= far <= atlas.limit[:, None]  # a row pays nothing to stay, so a leaf of each tree is left
        due = far[touched]
    return Regions(
        row=np.arange(rows),
        low=low,
        high=high,
        words=words,
        base=np.full(rows, contest.base),
        count=touched.sum(axis=1),
        leaf=np.nonzero(touched)[1].astype(np.int32),
        due=due,
    )


def _first_due(atlas: Atlas, field: Field) -> NDArray[np.float64]:
    """(n, L) the least that each row pays to be in each leaf; nothing for axes that are no ranges."""
    due = np.zeros((len(field.rows), len(atlas.tree)))
    everyone = np.arange(len(field.rows))[:, None]
    for number, axis in enumerate(field.axes):
        here = np.flatnonzero(axis.own != MISSING)
        leaf, shape = axis.boxes.leaf, axis.boxes.shape
        if axis.ordered:
            shapes = atlas.paid(everyone, number, axis.boxes.first, axis.boxes.last)
        else:
            price = atlas.price[:, atlas.begin[number] : atlas.begin[number + 1]]
            inside = members(axis.boxes, np.arange(axis.boxes.cells))
            shapes = np.stack([np.where(held, price, np.inf).min(axis=1) for held in inside], axis=1)
        due[here[:, None], leaf] += shapes[here][:, shape]
    return due


def join(parts: Sequence[Regions]) -> Regions:
    """Regions one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Regions(
        row=np.concatenate([part.row for part in parts]),
        low=np.concatenate([part.low for part in parts]),
        high=np.concatenate([part.high for part in parts]),
        words=np.concatenate([part.words for part in parts]),
        base=np.concatenate([part.base for part in parts]),
        count=np.concatenate([part.count for part in parts]),
        leaf=np.concatenate([part.leaf for part in parts]),
        due=np.concatenate([part.due for part in parts]),
    )


def divide(atlas: Atlas, regions: Regions, cut: Cut) -> Regions:
    """The parts, each with those leaves of its parent that touch it."""
    children = np.arange(len(cut.parent))
    low, high, words = regions.low[cut.parent], regions.high[cut.parent], regions.words[cut.parent]
    ordered = atlas.ordered[cut.axis]
    low[children, cut.axis], high[children, cut.axis] = cut.low, cut.high
    words[children, cut.axis] = np.where(ordered[:, None], words[children, cut.axis], cut.words)
    count = regions.count[cut.parent]
    ends = np.cumsum(regions.count)
    child = np.repeat(children, count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    source = np.repeat((ends - regions.count)[cut.parent], count) + within
    leaf = regions.leaf[source]
    touched = _touched(atlas, cut, child, leaf)
    due, whole = regions.due, None
    if atlas.price.shape[1]:
        paid = regions.due[source] + _more_due(atlas, regions, cut, child, leaf)
        payable = touched & (paid <= atlas.limit[regions.row[cut.parent]][child])
        whole = _all_trees(atlas, child, leaf, touched, payable, len(children))
        touched, due = payable, paid[payable]
    parts = Regions(
        row=regions.row[cut.parent],
        low=low,
        high=high,
        words=words,
        base=regions.base[cut.parent],
        count=np.bincount(child[touched], minlength=len(children)),
        leaf=leaf[touched],
        due=due,
    )
    return parts if whole is None else parts.at(whole)


def _more_due(
    atlas: Atlas, regions: Regions, cut: Cut, child: NDArray[np.intp], leaf: NDArray[np.int32]
) -> NDArray[np.float64]:
    """(m,) by how much a cut raises what the row pays to be in each leaf of a part; only known of ranges.

    Of an axis it pays at least the larger of what the leaf and what the part ask for.
    """
    row = regions.row[cut.parent]
    before = atlas.paid(row, cut.axis, regions.low[cut.parent, cut.axis], regions.high[cut.parent, cut.axis])
    after = atlas.paid(row, cut.axis, cut.low, cut.high)
    rises = atlas.ordered[cut.axis] & atlas.present[row, cut.axis] & (after > before)
    more, at = np.zeros(len(leaf)), np.flatnonzero(rises[child])
    if len(at):
        part, axis = child[at], cut.axis[child[at]]
        own = atlas.paid(row[part], axis, atlas.first[axis, leaf[at]], atlas.last[axis, leaf[at]])
        own = np.minimum(own, _MOST)  # leaves out of reach, which ask for infinitely much, are gone anyway
        more[at] = np.maximum(after[part] - own, 0.0) - np.maximum(before[part] - own, 0.0)
    return more


def _all_trees(
    atlas: Atlas,
    child: NDArray[np.intp],
    leaf: NDArray[np.int32],
    touched: NDArray[np.bool_],
    payable: NDArray[np.bool_],
    count: int,
) -> NDArray[np.bool_]:
    """(C,) whether a leaf of every tree is left that the row can pay for; else nobody can be in the part."""
    tree = child * (int(atlas.tree[-1]) + 1) + atlas.tree[leaf]
    asked, left = _different(tree[touched]), _different(tree[payable])
    trees = int(atlas.tree[-1]) + 1
    return np.asarray(
        np.bincount(asked // trees, minlength=count) == np.bincount(left // trees, minlength=count), dtype=np.bool_
    )


def _different(ascending: NDArray[np.intp]) -> NDArray[np.intp]:
    """The different ones of numbers that ascend."""
    fresh = np.ones(len(ascending), dtype=np.bool_)
    fresh[1:] = ascending[1:] != ascending[:-1]
    return ascending[fresh]


def offered_cells(atlas: Atlas, regions: Regions) -> NDArray[np.bool_]:
    """(B, C) the cells of all axes that a region still holds and its row may go to."""
    sizes = np.diff(atlas.begin)
    cell = np.arange(atlas.begin[-1]) - np.repeat(atlas.begin[:-1], sizes)
    inside = np.repeat(regions.low, sizes, axis=1) <= cell
    inside &= np.repeat(regions.high, sizes, axis=1) >= cell
    for number in np.flatnonzero(~atlas.ordered):
        bits = np.ascontiguousarray(regions.words[:, number]).astype("<u8").view(np.uint8)
        unpacked = np.unpackbits(bits, axis=1, count=int(sizes[number]), bitorder="little")
        inside[:, atlas.begin[number] : atlas.begin[number + 1]] = unpacked
    return np.asarray(inside & atlas.allowed[regions.row])


def pack_cells(inside: NDArray[np.bool_], width: int) -> NDArray[np.uint64]:
    """(n, W) bit sets of the cells, (n, K)."""
    padded = np.zeros((len(inside), width * 8), dtype=np.uint8)
    packed = np.packbits(inside, axis=1, bitorder="little")
    padded[:, : packed.shape[1]] = packed
    return padded.view("<u8").astype(np.uint64)


def _touched(atlas: Atlas, cut: Cut, child: NDArray[np.intp], leaf: NDArray[np.int32]) -> NDArray[np.bool_]:
    leaves = len(atlas.tree)
    place = (cut.axis * leaves)[child] + leaf
    touched = (atlas.first.ravel()[place] <= cut.high[child]) & (atlas.last.ravel()[place] >= cut.low[child])
    others = np.flatnonzero(~atlas.ordered[cut.axis][child])
    if len(others):
        words = atlas.words.reshape(-1, atlas.words.shape[2])[place[others]]
        touched[others] = (words & cut.words[child[others]]).any(axis=1)
    return np.asarray(touched)
