"""All that an adversary can do to a batch of rows, as far as the trees can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.axes import Axis, column_axis, group_axis, restrict
from hauberk.attack.evasion.leaves import MISSING, ColumnBoxes, LeafBoxes, cells_of
from hauberk.attack.evasion.tolls import Toll, TollKind, make_tolls, norm_limit, tighten
from hauberk.data import Reach

__all__ = ["Field", "batches", "limit_field", "make_field", "narrow_field"]

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

    The reach stays what it was.
    """
    axes = [restrict(axis, cells) for axis, cells in zip(field.axes, kept, strict=True)]
    return _without_stuck(replace(field, axes=tuple(axes)))


def limit_field(field: Field, radius: NDArray[np.float64]) -> Field:
    """The field of an adversary who keeps to another radius, (n,), of the norm that the reach bounds already."""
    if field.reach.within is None:
        raise ValueError("the reach bounds no norm")
    within = replace(field.reach.within, radius=radius)
    tolls = tuple(
        replace(toll, limit=norm_limit(within)) if toll.kind is TollKind.NORM else toll for toll in field.tolls
    )
    axes = tighten(field.axes, tolls)
    return _without_stuck(replace(field, reach=replace(field.reach, within=within), axes=axes, tolls=tolls))


def _without_stuck(field: Field) -> Field:
    """The field with the axes on which no row can leave its cell among what is fixed."""
    free = [bool((axis.low != axis.high).any()) for axis in field.axes]
    if all(free):
        return field
    return replace(
        field,
        axes=tuple(axis for axis, can in zip(field.axes, free, strict=True) if can),
        fixed=field.fixed
        + tuple((axis.boxes, axis.own) for axis, can in zip(field.axes, free, strict=True) if not can),
        tolls=tuple(_settled(toll, field.axes, free) for toll in field.tolls),
    )


def _settled(toll: Toll, axes: Sequence[Axis], free: Sequence[bool]) -> Toll:
    """The toll of the free axes, with the least that the others contribute from their own cells taken off its limit."""
    limit, here = toll.limit.copy(), np.arange(len(toll.limit))
    for least, axis, can in zip(toll.least, axes, free, strict=True):
        if not can:
            limit -= np.where(axis.own == MISSING, 0.0, least[here, axis.own])
    return replace(toll, least=tuple(least for least, can in zip(toll.least, free, strict=True) if can), limit=limit)


def batches(boxes: LeafBoxes, mutable: NDArray[np.bool_], index: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """The rows of `index` in batches of which each keeps leaves and cells in bounds; by eights, to fill bytes."""
    cells = sum(column.cells for column in boxes.columns if mutable[column.column])
    size = max(8, _CELLS // max(len(boxes.value), cells) // 8 * 8)
    for first in range(0, len(index), size):
        yield index[first : first + size]
