"""The smallest change that flips a row, in the L-infinity norm: found by descent, proved by branch and bound."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.axes import Axis
from hauberk.attack.evasion.contest import Contest, contests
from hauberk.attack.evasion.effort import QUICK, STANDARD, Effort
from hauberk.attack.evasion.field import Field, batches, make_field, narrow_field
from hauberk.attack.evasion.judge import Judge, make_judge
from hauberk.attack.evasion.radius import certified_radius
from hauberk.attack.evasion.tree_certificate import reached_leaves
from hauberk.attack.evasion.tree_descent import descend_field
from hauberk.attack.evasion.tree_search import search_regions
from hauberk.data import Reach
from hauberk.models import TreeEnsemble

__all__ = ["Minimal", "minimal_perturbation"]

Matrix = NDArray[np.float64]

_COARSE, _FINE = 0.02, 1e-3
"""Gap between proved and found distance, relative to the found one, that descent and branch and bound leave."""
_ROUNDING = 2.0**-23
"""Relative room for a number that only its cast takes into a cell."""
_STEPS = 16
_SHORT = 8
"""The first searches get this part of the regions that the effort allows."""
_GROWTH = (1.1, 1.5, 2.5, 5.0)
"""Radii at which something is looked for first, in units of the certified radius."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Minimal:
    """The smallest changes found of n rows.

    Attributes:
        rows: (n, d) float64, of another class; the row itself where no change within the ranges was found.
        distance: (n,) float64, how far they are, in units of `scale`; infinite where nothing was found.
        certified: (n,) float64, no row nearer than this is of another class. The truth lies between the two.
    """

    rows: Matrix
    distance: Matrix
    certified: Matrix


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ranges:
    """How far features move: unit and valid range of each, (d,)."""

    scale: Matrix
    low: Matrix
    high: Matrix

    def reach(self, rows: Matrix) -> Reach:
        """All rows within the ranges."""
        moves, width = self.scale > 0, len(self.scale)
        return Reach(
            low=np.where(moves, np.minimum(rows, self.low), rows),
            high=np.where(moves, np.maximum(rows, self.high), rows),
            choices=(None,) * width,
            mutable=self.scale > 0,
            integer=np.zeros(width, dtype=np.bool_),
            cost=np.zeros(width),
            budget=math.inf,
            relations=(np.empty((0, width)), np.empty(0)),
        )

    def cell_distances(self, field: Field, axis: Axis) -> Matrix:
        """(n, K) how far each row must go to be cast into each cell, at least."""
        column = axis.columns[0]
        there, here = axis.points[:, :, 0], field.rows[:, column, None]
        step = np.abs(there - here) - _ROUNDING * (np.abs(there) + np.abs(here))
        return np.asarray(np.maximum(step, 0.0) / self.scale[column])

    def farthest(self, rows: Matrix) -> Matrix:
        """(n,) the distance of the farthest row within the ranges."""
        upwards = self.high - rows > rows - self.low
        return self.distance(rows, np.where(upwards, self.high, self.low))

    def distance(self, rows: Matrix, changed: Matrix) -> Matrix:
        """(n,) how far each changed row is from its row; NaN counts as unchanged."""
        moved = self.scale > 0
        step = np.abs(changed - rows)[:, moved] / self.scale[moved]
        return np.asarray(np.where(np.isnan(step), 0.0, step).max(axis=1, initial=0.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Bracket:
    """Between which distances the truth lies for n rows in one contest; narrowed in place.

    Attributes:
        original: (n, d) the rows.
        rows, distance: What was found.
        proved: (n,) nothing is nearer.
        tried: (n,) nothing nearer was found.
    """

    original: Matrix
    rows: Matrix
    distance: Matrix
    proved: Matrix
    tried: Matrix

    def open(self, gap: float) -> NDArray[np.intp]:
        """Rows of which something was found and the gap is wider than this share of its distance."""
        return np.flatnonzero(np.isfinite(self.distance) & (self.tried < (1 - gap) * self.distance))

    def middle(self, index: NDArray[np.intp]) -> Matrix:
        """The radius to try next."""
        return np.asarray((self.tried[index] + self.distance[index]) / 2)

    def tell(
        self, index: NDArray[np.intp], radius: Matrix, found: NDArray[np.bool_], rows: Matrix, distance: Matrix
    ) -> None:
        """Note what came of trying these radii."""
        nearer = found & (distance < self.distance[index])
        self.rows[index[nearer]], self.distance[index[nearer]] = rows[nearer], distance[nearer]
        self.tried[index[~found]] = radius[~found]


def minimal_perturbation(
    ensemble: TreeEnsemble,
    rows: Matrix,
    labels: NDArray[np.int64],
    *,
    scale: Matrix,
    low: Matrix,
    high: Matrix,
    effort: Effort = STANDARD,
    seed: int = 0,
) -> Minimal:
    """The smallest changes of rows (n, d) with labels (n,) that give them another class.

    Law: `certified <= distance`; where they are within a thousandth of each other the change is minimal.

    Args:
        ensemble: A classifier.
        rows: Encoded rows, all numbers or NaN.
        labels: Class codes.
        scale: (d,) float64, unit of each feature, 0 where it cannot move.
        low: (d,) float64, lower end of the valid range of each feature, finite.
        high: (d,) float64, upper end.
        effort: How hard to try.
        seed: Of the random starting points.

    Raises:
        NotAttackable, WrongSamples: See `certified_radius`.
    """
    certified = certified_radius(ensemble, rows, labels, scale=scale, low=low, high=high)
    judge, ranges = make_judge(ensemble, None), _Ranges(scale=scale, low=low, high=high)
    wrong = judge.outcome(rows, labels)
    best, distance = rows.copy(), np.where(wrong, 0.0, np.inf)
    proved = np.full(len(rows), np.inf)
    for number, contest in enumerate(contests(ensemble, labels)):
        mine = np.flatnonzero((labels == contest.label) & ~wrong)
        for index in batches(contest.boxes, ranges.scale > 0, mine):
            bracket = _Bracket(
                original=rows[index],
                rows=best[index],
                distance=distance[index],
                proved=certified[index],
                tried=certified[index],
            )
            rng = np.random.default_rng([seed, number, int(index[0])])
            field = make_field(contest.boxes, rows[index], ranges.reach(rows[index]))
            task = _Task(
                contest=contest,
                field=field,
                distances=tuple(ranges.cell_distances(field, axis) for axis in field.axes),
                judge=judge,
                ranges=ranges,
                bracket=bracket,
                rng=rng,
            )
            _narrow(task, effort)
            best[index], distance[index] = bracket.rows, bracket.distance
            proved[index] = np.minimum(proved[index], bracket.proved)
    return Minimal(rows=best, distance=distance, certified=np.where(wrong, 0.0, np.minimum(proved, distance)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    """The brackets of rows of one label, and the two ways to narrow them.

    Attributes:
        field: Of the farthest rows within the ranges.
        distances: For each axis (n, K), no row that is cast into the cell is nearer.
    """

    contest: Contest
    field: Field
    distances: tuple[Matrix, ...]
    judge: Judge
    ranges: _Ranges
    bracket: _Bracket
    rng: np.random.Generator

    def descend(self, index: NDArray[np.intp], radius: Matrix, how: Effort) -> None:
        """Look for something within these radii."""
        if len(index):
            attack = descend_field(
                self.contest, self._field(index, radius), self.judge, effort=how, rng=self.rng, trim=False
            )
            self._tell(index, radius, attack.success, attack.rows)

    def search(self, index: NDArray[np.intp], radius: Matrix, budget: int) -> NDArray[np.intp]:
        """Look for something within these radii or prove that nothing is there; gives the rows left open."""
        if not len(index) or not budget:
            return index
        field, bracket = self._field(index, radius), self.bracket
        found = search_regions(self.contest, field, reached_leaves(self.contest, field), self.judge, budget=budget)
        self._tell(index, radius, found.found, found.rows)
        everything = radius >= self.ranges.farthest(bracket.original[index])
        proved = np.where(everything, np.inf, np.maximum(radius, bracket.proved[index]))
        bracket.proved[index[found.safe]] = proved[found.safe]
        return index[~found.found & ~found.safe]

    def _field(self, index: NDArray[np.intp], radius: Matrix) -> Field:
        near = [distance[index] <= radius[:, None] for distance in self.distances]
        return narrow_field(self.field.at(index), near)

    def _tell(self, index: NDArray[np.intp], radius: Matrix, found: NDArray[np.bool_], rows: Matrix) -> None:
        distance = self.ranges.distance(self.bracket.original[index], rows)
        self.bracket.tell(index, radius, found, rows, distance)


def _narrow(task: _Task, effort: Effort) -> None:
    """Narrow the brackets: any find first, then nearer ones, then the proof."""
    bracket = task.bracket
    _find(task, effort)
    if effort.regions:
        _prove(task, effort.regions // _SHORT, patience=1)
    # Where short searches end without a proof, descent comes nearer at less cost.
    for index in _while_open(bracket, _COARSE):
        task.descend(index, bracket.middle(index), QUICK)
    if effort.regions:
        _prove(task, effort.regions, patience=3)


def _find(task: _Task, effort: Effort) -> None:
    """Find anything, from the certificate outwards: most rows fall close to it, and small balls are soon searched."""
    bracket = task.bracket
    limit = np.minimum(task.ranges.farthest(bracket.original), bracket.distance)
    left = np.flatnonzero(bracket.tried < limit)
    for factor in (*_GROWTH, np.inf):
        radius = np.minimum(bracket.proved * factor, limit) if np.isfinite(factor) else limit
        last = radius is limit
        open_rows = task.search(left, radius[left], effort.regions if last else effort.regions // _SHORT)
        task.descend(open_rows, radius[open_rows], effort if last else QUICK)
        left = left[(bracket.distance[left] >= limit[left]) & (bracket.tried[left] < limit[left])]


def _prove(task: _Task, budget: int, patience: int) -> None:
    """Close the gap between what was found and what is proved, as far as the budget goes.

    A row whose searches end without an answer `patience` times is left as it is.
    """
    bracket = task.bracket
    bracket.tried[:] = bracket.proved
    failed = np.zeros(len(bracket.original), dtype=np.intp)
    # What was found is often the best there is: just below it, one search proves that.
    index = bracket.open(_FINE)
    task.search(index, bracket.distance[index] * (1 - _FINE), budget)
    bracket.tried[:] = bracket.proved
    for index in _while_open(bracket, _FINE):
        index = index[failed[index] < patience]
        failed[task.search(index, bracket.middle(index), budget)] += 1
    bracket.tried[:] = bracket.proved


def _while_open(bracket: _Bracket, gap: float) -> Iterator[NDArray[np.intp]]:
    for _ in range(_STEPS):
        index = bracket.open(gap)
        if not len(index):
            return
        yield index
