"""What of an ensemble lies within a radius of rows: their leaves and cells, counted anew for each row.

Within a small ball most leaves are out of reach and most cells too. What is left is numbered row by row, so that a
search from each row looks at no more than that, and distances become ranks, which are compared as whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.axes import Axis
from hauberk.attack.evasion.contest import Contest
from hauberk.attack.evasion.field import Field
from hauberk.attack.evasion.leaves import MISSING, members

__all__ = ["Patch", "fits_patch", "make_patch"]

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patch:
    """M leaves and C cells near n rows, on A axes.

    Attributes:
        row: (M,) intp, near which row a leaf is, ascending.
        tree: (M,) int32, ascending for each row.
        value: (M,) float64, as in the contest of the row.
        first, last: (A, M) int32, the range of kept cells of the leaf, numbered from 0 for each row and axis.
        near: (M,) int32, the rank of the distance of the leaf.
        begin: (A + 1,) intp, where the cells of each axis begin when those of all axes stand side by side.
        own: (n, A) int32, the cell that each row is in.
        size: (n, A) int32, how many cells are kept.
        cell: (n, C) int32, which cell of the axis a kept one is.
        rank: (n, C) int32, of the distance of each cell among all of the row.
        radius: (n, C + 1) float64, the distance of each rank, ascending; infinite for what is not kept.
        beyond: (n,) int32, the first rank that is not kept.
        base, slack: (n,) float64, of the contest of the row.
    """

    row: NDArray[np.intp]
    tree: NDArray[np.int32]
    value: Matrix
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    near: NDArray[np.int32]
    begin: NDArray[np.intp]
    own: NDArray[np.int32]
    size: NDArray[np.int32]
    cell: NDArray[np.int32]
    rank: NDArray[np.int32]
    radius: Matrix
    beyond: NDArray[np.int32]
    base: Matrix
    slack: Matrix

    def ranks(
        self,
        row: NDArray[np.intp],
        axis: NDArray[np.intp] | int,
        first: NDArray[np.int32],
        last: NDArray[np.int32],
    ) -> NDArray[np.int32]:
        """(m,) the rank of the distance at which rows get between two cells of an axis."""
        cell = np.minimum(np.maximum(self.own[row, axis], first), last)
        return np.asarray(self.rank[row, self.begin[axis] + cell])


def fits_patch(field: Field) -> bool:
    """Whether all that limits the adversary are the cells of numbers, one by one."""
    return not field.tolls and all(axis.ordered and axis.boxes.mask is None for axis in field.axes)


def make_patch(
    contests: Sequence[Contest], which: NDArray[np.intp], field: Field, distances: Sequence[Matrix], limit: Matrix
) -> Patch:
    """What is nearer to each row than its limit.

    Args:
        contests: Labels against rivals, over the same leaves.
        which: (n,) the contest of each row.
        field: The rows with their reach; `fits_patch` holds.
        distances: For each axis (n, K), no row that is cast into the cell is nearer in Linf.
        limit: (n,).
    """
    kept = [_kept(axis, distance, limit) for axis, distance in zip(field.axes, distances, strict=True)]
    # How many kept cells there are before each cell.
    before = [np.concatenate([np.zeros((len(one), 1), np.int32), one.cumsum(axis=1, dtype=np.int32)], axis=1)
              for one in kept]  # fmt: skip
    ranges = [_ranges(axis, count) for axis, count in zip(field.axes, before, strict=True)]
    leaves, begins = len(contests[0].value), contests[0].boxes.start
    touched = np.ones((len(field.rows), leaves), dtype=np.bool_)
    for boxes, own in field.fixed:
        touched[:, boxes.leaf] &= members(boxes, own)[boxes.shape].T
    for axis, (first, last) in zip(field.axes, ranges, strict=True):
        touched[:, axis.boxes.leaf] &= (first <= last)[:, axis.boxes.shape]
    row, leaf = np.nonzero(touched)
    size, own, begin, cell, rank, radius, beyond = _number(field, kept, before, distances)
    firsts = np.zeros((len(field.axes), len(row)), dtype=np.int32)
    lasts = size.T[:, row] - 1
    near = np.zeros(len(row), dtype=np.int32)
    shape = np.empty(leaves, dtype=np.intp)
    for number, (axis, (first, last)) in enumerate(zip(field.axes, ranges, strict=True)):
        shape[:] = -1
        shape[axis.boxes.leaf] = axis.boxes.shape
        asked = shape[leaf]
        at = np.flatnonzero(asked >= 0)
        firsts[number, at], lasts[number, at] = first[row[at], asked[at]], last[row[at], asked[at]]
        there = np.minimum(np.maximum(own[row, number], firsts[number]), lasts[number])
        np.maximum(near, rank[row, begin[number] + there], out=near)
    sizes = np.diff(np.append(begins, leaves))
    return Patch(
        row=row,
        tree=np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)[leaf],
        value=np.stack([contest.value for contest in contests])[which[row], leaf],
        first=firsts,
        last=lasts,
        near=near,
        begin=begin,
        own=own,
        size=size,
        cell=cell,
        rank=rank,
        radius=radius,
        beyond=beyond,
        base=np.array([contest.base for contest in contests])[which],
        slack=np.array([contest.slack for contest in contests])[which],
    )


def _kept(axis: Axis, distance: Matrix, limit: Matrix) -> NDArray[np.bool_]:
    """(n, K) the cells nearer than the limit, and the own one; the first one of rows without a value."""
    kept = axis.allowed & (distance < limit[:, None])
    kept[np.arange(len(kept)), np.maximum(axis.own, 0)] = True
    return kept


def _ranges(axis: Axis, before: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """(n, Z) first and last kept cell of each shape; the first is after the last where there is none."""
    boxes = axis.boxes
    first, last = before[:, boxes.first], before[:, boxes.last + 1] - 1
    gone = np.flatnonzero(axis.own == MISSING)
    first[gone], last[gone] = 0, np.where(boxes.missing, 0, -1)
    return first, last


def _number(
    field: Field, kept: Sequence[NDArray[np.bool_]], before: Sequence[NDArray[np.int32]], distances: Sequence[Matrix]
) -> tuple[
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.intp],
    NDArray[np.int32],
    NDArray[np.int32],
    Matrix,
    NDArray[np.int32],
]:
    """`size`, `own`, `begin`, `cell`, `rank`, `radius` and `beyond` of the patch."""
    rows, axes = len(field.rows), len(field.axes)
    size = np.array([count[:, -1] for count in before], dtype=np.int32).reshape(axes, rows).T
    begin = np.concatenate([[0], size.max(axis=0, initial=0).cumsum()]).astype(np.intp)
    own = np.zeros((rows, axes), dtype=np.int32)
    cell = np.zeros((rows, int(begin[-1])), dtype=np.int32)
    far = np.full((rows, int(begin[-1]) + 1), np.inf)
    everyone = np.arange(rows)
    for number, axis in enumerate(field.axes):
        row, there = np.nonzero(kept[number])
        place = begin[number] + before[number][row, there]
        cell[row, place], far[row, place] = there, distances[number][row, there]
        own[:, number] = before[number][everyone, np.maximum(axis.own, 0)]
        far[everyone, begin[number] + own[:, number]] = 0.0
    order = np.argsort(far, axis=1, kind="stable")
    rank = np.empty(far.shape, dtype=np.int32)
    np.put_along_axis(rank, order, np.arange(far.shape[1], dtype=np.int32)[None], axis=1)
    radius = np.take_along_axis(far, order, axis=1)
    return size, own, begin, cell, rank[:, :-1], radius, np.isfinite(radius).sum(axis=1, dtype=np.int32)
