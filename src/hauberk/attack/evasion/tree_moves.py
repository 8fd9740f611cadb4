"""The best single move of every row at once.

A leaf of which a row misses only what one axis asks is one move away. For each axis, the leaves that are alive when
that axis is free, times what each of its cells adds, give the margin after every move: one matrix product an axis.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.axes import Axis
from hauberk.attack.evasion.contest import Contest
from hauberk.attack.evasion.field import Field
from hauberk.attack.evasion.leaves import members
from hauberk.attack.evasion.presence import Bits, everywhere, keep, range_bits, unpack
from hauberk.attack.evasion.tolls import keeps_relations

__all__ = ["Moves", "Position", "allowed_cells", "apply_moves", "best_moves", "gains_of_moves", "start_position"]

Gains = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Position:
    """Where n rows are now.

    Attributes:
        rows: (n, d) float64.
        cells: (n, A) int32, the cell on each axis.
        spent: (n,) float64, what the moves so far cost.
        gone: (n,) float64, what they add to the norm that the reach bounds.
    """

    rows: NDArray[np.float64]
    cells: NDArray[np.int32]
    spent: NDArray[np.float64]
    gone: NDArray[np.float64]

    def at(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Position:
        """Some of the rows."""
        return Position(rows=self.rows[index], cells=self.cells[index], spent=self.spent[index], gone=self.gone[index])

    def put(self, index: NDArray[np.intp], other: Position) -> Position:
        """The position with `other` in place of some of the rows."""
        rows, cells, spent, gone = self.rows.copy(), self.cells.copy(), self.spent.copy(), self.gone.copy()
        rows[index], cells[index], spent[index], gone[index] = other.rows, other.cells, other.spent, other.gone
        return Position(rows=rows, cells=cells, spent=spent, gone=gone)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
    """One move a row.

    Attributes:
        axis, cell: (n,) intp, where to go.
        gain: (n,) float32, by how much the margin falls; -inf where no move is allowed.
    """

    axis: NDArray[np.intp]
    cell: NDArray[np.intp]
    gain: Gains


def start_position(field: Field) -> Position:
    """The position of rows that have not moved."""
    cells = np.zeros((len(field.rows), len(field.axes)), dtype=np.int32)
    for number, axis in enumerate(field.axes):
        cells[:, number] = axis.own
    nothing = np.zeros(len(field.rows))
    return Position(rows=field.rows, cells=cells, spent=nothing, gone=nothing)


def apply_moves(field: Field, position: Position, moves: Moves) -> Position:
    """The position after the moves; a row whose gain is -inf stays."""
    rows, cells = position.rows.copy(), position.cells.copy()
    spent, gone = position.spent.copy(), position.gone.copy()
    for number, axis in enumerate(field.axes):
        index = np.flatnonzero((moves.axis == number) & np.isfinite(moves.gain))
        target = moves.cell[index]
        rows[index[:, None], list(axis.columns)] = axis.points[index, target]
        before = cells[index, number]
        spent[index] += axis.cost[index, target] - axis.cost[index, before]
        gone[index] += axis.power[index, target] - axis.power[index, before]
        cells[index, number] = target
    return Position(rows=rows, cells=cells, spent=spent, gone=gone)


def best_moves(contest: Contest, field: Field, position: Position) -> Moves:
    """The allowed move of each row that lowers its margin most."""
    count = len(position.rows)
    axis, cell = np.zeros((2, count), dtype=np.intp)
    gain = np.full(count, -np.inf, dtype=np.float32)
    for number, gains in gains_of_moves(contest, field, position):
        target = gains.argmax(axis=0)
        found = gains[target, np.arange(count)]
        better = found > gain
        axis[better], cell[better], gain[better] = number, target[better], found[better]
    return Moves(axis=axis, cell=cell, gain=gain)


def gains_of_moves(contest: Contest, field: Field, position: Position) -> Iterator[tuple[int, Gains]]:
    """For each axis its number and (K, n) by how much going to each cell lowers the margin.

    -inf where a move is not allowed or leads nowhere; in float32, to rank moves: the model itself judges what they do.
    """
    once, more, missed = _misses(contest, field, position)
    for number, axis in enumerate(field.axes):
        leaf, shape = axis.boxes.leaf, axis.boxes.shape
        free = ~more[leaf] & (~once[leaf] | missed[number][shape])
        cells = np.flatnonzero(axis.allowed.any(axis=0))
        adds = (members(axis.boxes, cells)[shape] * contest.value[leaf, None]).astype(np.float32)
        sums = np.full((axis.boxes.cells, len(position.rows)), np.nan, dtype=np.float32)
        sums[cells] = adds.T @ unpack(free, len(position.rows)).astype(np.float32)
        here = sums[position.cells[:, number], np.arange(len(position.rows))]
        allowed = allowed_cells(field, axis, position, number)
        yield number, np.where(allowed.T, here - sums, np.float32(-np.inf))


def _misses(contest: Contest, field: Field, position: Position) -> tuple[Bits, Bits, list[Bits]]:
    """Leaves that a row misses on some axis; on more than one, or on a column that stays; and shapes it misses."""
    more = everywhere(len(contest.value), len(position.rows))
    for boxes, own in field.fixed:
        keep(more, boxes, range_bits(boxes, own, own))
    more = ~more
    once = np.zeros_like(more)
    missed = []
    for number, axis in enumerate(field.axes):
        here, boxes = position.cells[:, number], axis.boxes
        missed.append(~range_bits(boxes, here, here))
        misses, before = missed[-1][boxes.shape], once[boxes.leaf]
        more[boxes.leaf] |= before & misses
        once[boxes.leaf] = before | misses
    return once, more, missed


def allowed_cells(field: Field, axis: Axis, position: Position, number: int) -> NDArray[np.bool_]:
    """(n, K) where each row may go from where it is."""
    here = position.cells[:, number]
    allowed = axis.allowed & (np.arange(axis.boxes.cells) != here[:, None])
    if not math.isinf(field.reach.budget):
        left = field.reach.budget - position.spent + axis.cost[np.arange(len(here)), here]
        allowed &= axis.cost <= left[:, None]
    if field.reach.within is not None:
        left = field.reach.within.limit - position.gone + axis.power[np.arange(len(here)), here]
        allowed &= axis.power <= left[:, None]
    kept = keeps_relations(field.reach, axis, field.rows, position.rows)
    return np.asarray(allowed if kept is None else allowed & kept)
