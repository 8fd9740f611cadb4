"""All that an adversary can do to a batch of rows, as far as the trees can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.axes import Axis, column_axis, group_axis, restrict
from hauberk.attack.evasion.leaves import ColumnBoxes, LeafBoxes, cells_of
from hauberk.attack.evasion.tolls import Toll, make_tolls, tighten
from hauberk.data import Reach

__all__ = ["Field", "batches", "make_field", "narrow_field"]

_CELLS = 1 << 22
"""Leaves, or cells of axes, times rows of one batch: at most 32 MiB a float64 array."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Field:
    """n rows and where they can go.

    Attributes:
        rows: (n, d) float64, as they are.
        reach: Theirs.
        axes: The directions. Columns that no row can move to another cell, or that no tree asks about, have none.
        fixed: What the leaves ask of the columns that stay, with the (n,) cell of each row there.
        tolls: What the moves must not exceed together.
    """

    rows: NDArray[np.float64]
    reach: Reach
    axes: tuple[Axis, ...]
    fixed: tuple[tuple[ColumnBoxes, NDArray[np.int32]], ...]
    tolls: tuple[Toll, ...]

    def at(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Field:
        """The field of some of the rows."""
        return replace(
            self,
            rows=self.rows[index],
            reach=self.reach.rows(index),
            axes=tuple(axis.at(index) for axis in self.axes),
            fixed=tuple((boxes, own[index]) for boxes, own in self.fixed),
            tolls=tuple(toll.at(index) for toll in self.tolls),
        )


def make_field(boxes: LeafBoxes, rows: NDArray[np.float64], reach: Reach) -> Field:
    """The field of rows (n, d) within their reach.

    Regions hold every row that `check_reach` accepts: a cell is left out only where no such row can lie in it.
    """
    groups = [group for group in reach.one_hot if reach.mutable[list(group)].any()]
    grouped = {column for group in reach.one_hot for column in group}
    moving = {column for group in groups for column in group}
    axes = [axis for group in groups if (axis := group_axis(boxes, group, rows, reach)) is not None]
    for column in boxes.columns:
        if reach.mutable[column.column] and column.column not in grouped:
            moving.add(column.column)
            axes.append(column_axis(boxes, column, rows, reach))
    stuck = [axis for axis in axes if (axis.low == axis.high).all()]
    axes = [axis for axis in axes if (axis.low != axis.high).any()]
    tolls = make_tolls(boxes, axes, rows, reach)
    return Field(
        rows=rows,
        reach=reach,
        axes=tighten(axes, tolls),
        fixed=tuple(
            (column, cells_of(column, rows[:, column.column], boxes.precision))
            for column in boxes.columns
            if column.column not in moving
        )
        + tuple((axis.boxes, axis.own) for axis in stuck),
        tolls=tolls,
    )


def narrow_field(field: Field, kept: Sequence[NDArray[np.bool_]]) -> Field:
    """The field of an adversary who can only go to some of the cells, (n, K) for each axis; their own they can keep.

    The reach stays what it was. For fields without tolls.
    """
    axes = [restrict(axis, cells) for axis, cells in zip(field.axes, kept, strict=True)]
    free = [bool((axis.low != axis.high).any()) for axis in axes]
    return replace(
        field,
        axes=tuple(axis for axis, can in zip(axes, free, strict=True) if can),
        fixed=field.fixed + tuple((axis.boxes, axis.own) for axis, can in zip(axes, free, strict=True) if not can),
    )


def batches(boxes: LeafBoxes, mutable: NDArray[np.bool_], index: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """The rows of `index` in batches of which each keeps leaves and cells in bounds; by eights, to fill bytes."""
    cells = sum(column.cells for column in boxes.columns if mutable[column.column])
    size = max(8, _CELLS // max(len(boxes.value), cells) // 8 * 8)
    for first in range(0, len(index), size):
        yield index[first : first + size]
