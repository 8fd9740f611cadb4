"""The smallest change that flips a row, in any norm: found by descent, proved by branch and bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import WrongSamples
from hauberk.attack.evasion.ball import Norm
from hauberk.attack.evasion.bracket import Bracket, Measure
from hauberk.attack.evasion.contest import Contest, contests
from hauberk.attack.evasion.effort import QUICK, STANDARD, Effort
from hauberk.attack.evasion.field import Field, batches, limit_field, make_field, narrow_field
from hauberk.attack.evasion.judge import Judge, make_judge
from hauberk.attack.evasion.radius import box_reach, certified_distance
from hauberk.attack.evasion.samples import classes_of, verify_samples
from hauberk.attack.evasion.tree_certificate import reached_leaves
from hauberk.attack.evasion.tree_descent import descend_field
from hauberk.attack.evasion.tree_nearest import search_nearest
from hauberk.attack.evasion.tree_patch import fits_patch
from hauberk.attack.evasion.tree_search import search_regions
from hauberk.data import Reach
from hauberk.models import TreeEnsemble

__all__ = ["Minimal", "minimal_perturbation", "smallest_changes"]

Matrix = NDArray[np.float64]

_COARSE, _FINE = 0.02, 1e-3
"""Gap between proved and found distance, relative to the found one, that descent and branch and bound leave."""
_STEPS = 16
_SHORT = 8
"""The first searches get this part of the regions that the effort allows."""
_GROWTH = (1.1, 1.5, 2.5, 5.0)
"""Radii at which something is looked for first, in units of the certified radius."""
_STRETCH = (2.0, 4.0, 8.0, np.inf)
"""The same for the search by distance: most rows are done within the first, where few leaves are in reach."""
_RADII = 4
"""So many times the regions that the effort allows for one radius has the last search, which stands for many radii."""


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


def minimal_perturbation(
    ensemble: TreeEnsemble,
    rows: Matrix,
    labels: NDArray[np.int64],
    *,
    scale: Matrix,
    low: Matrix,
    high: Matrix,
    norm: Norm = Norm.LINF,
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
        norm: In which steps are summed up.
        effort: How hard to try.
        seed: Of the random starting points.

    Raises:
        NotAttackable, WrongSamples: See `certified_radius`.
    """
    width = (ensemble.width,)
    if not len(rows) or labels.shape != rows.shape[:1] or not scale.shape == low.shape == high.shape == width:
        raise WrongSamples(expected=f"rows with labels, and scale, low and high of shape {width}", got=f"{rows.shape}")
    reach = box_reach(rows, scale, low, high)
    return smallest_changes(ensemble, rows, labels, reach, scale=scale, norm=norm, effort=effort, seed=seed)


def smallest_changes(
    ensemble: TreeEnsemble,
    rows: Matrix,
    labels: NDArray[np.int64],
    reach: Reach,
    *,
    scale: Matrix,
    norm: Norm = Norm.LINF,
    goal: int | None = None,
    effort: Effort = STANDARD,
    seed: int = 0,
) -> Minimal:
    """The smallest changes within reach that give the adversary what they want, in a norm.

    Law: `certified <= distance`, and no row within reach that is nearer than `certified` is of a wanted class.

    Args:
        ensemble: A classifier.
        rows: (n, d) float64, encoded.
        labels: (n,) class codes.
        reach: Resolved for these rows, without a norm of its own.
        scale: (d,) float64, unit of each feature's step: 0 where it cannot move, infinite where it moves freely; the
            step of a category is 1.
        norm: In which steps are summed up. In L0 that is the number of features that change.
        goal: The class that the adversary wants for rows of other classes; None: any wrong class.
        effort: How hard to try.
        seed: Of the random starting points.

    Raises:
        WrongSamples, NotAttackable, BadTarget: See `verify_samples`.
    """
    verify_samples(rows, labels, reach, width=ensemble.width, classes=classes_of(ensemble), goal=goal)
    reach = _without(reach, rows, scale == 0)
    certified = certified_distance(ensemble, rows, labels, reach, scale=scale, norm=norm, goal=goal)
    number = np.array([choices is None for choices in reach.choices], dtype=np.bool_)
    judge, measure = make_judge(ensemble, goal), Measure(norm=norm, scale=scale, number=number)
    wrong, opened = judge.outcome(rows, labels), measure.open(reach)
    best, distance = rows.copy(), np.where(wrong, 0.0, np.inf)
    proved = np.full(len(rows), np.inf)
    for place, together in enumerate(_together(judge, contests(ensemble, labels, goal=goal))):
        boxes = together[0].boxes
        mine = np.flatnonzero(np.isin(labels, [contest.label for contest in together]) & ~wrong)
        for index in batches(boxes, reach.mutable, mine):
            field = make_field(boxes, rows[index], opened.rows(index))
            farthest = measure.farthest(field)
            # What no row within reach is far enough for, none can do.
            nearest = np.where(certified[index] > farthest, np.inf, certified[index])
            bracket = Bracket(
                original=rows[index],
                rows=best[index],
                distance=distance[index],
                proved=nearest,
                tried=nearest.copy(),
            )
            task = _Task(
                contests=together,
                which=np.array([contest.label for contest in together]).searchsorted(labels[index]),
                field=field,
                distances=tuple(measure.cell_distances(field, axis) for axis in field.axes),
                farthest=farthest,
                judge=judge,
                measure=measure,
                bracket=bracket,
                rng=np.random.default_rng([seed, place, int(index[0])]),
            )
            _narrow(task, effort)
            best[index], distance[index] = bracket.rows, bracket.distance
            proved[index] = np.minimum(proved[index], bracket.proved)
    return Minimal(rows=best, distance=distance, certified=np.where(wrong, 0.0, np.minimum(proved, distance)))


def _together(judge: Judge, pairs: Iterable[Contest]) -> list[list[Contest]]:
    """The contests in groups of different labels, ascending, over the same leaves: of two classes, both sides."""
    every = list(pairs)
    return [every] if every and judge.two_classes else [[pair] for pair in every]


def _without(reach: Reach, rows: Matrix, still: NDArray[np.bool_]) -> Reach:
    """The reach without the features, (d,) bool, that stay."""
    choices = (None if one is None else one & ~still[at] for at, one in enumerate(reach.choices))
    low, high = np.where(still, rows, reach.low), np.where(still, rows, reach.high)
    return replace(reach, low=low, high=high, choices=tuple(choices), mutable=reach.mutable & ~still)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    """The brackets of rows, and the ways to narrow them.

    Attributes:
        contests: Labels against rivals, over the same leaves.
        which: (n,) the contest of each row.
        field: Of the farthest rows within the ranges.
        distances: For each axis (n, K), no row that is cast into the cell is nearer in Linf.
        farthest: (n,) the radius of `Measure.farthest`.
    """

    contests: Sequence[Contest]
    which: NDArray[np.intp]
    field: Field
    distances: tuple[Matrix, ...]
    farthest: Matrix
    judge: Judge
    measure: Measure
    bracket: Bracket
    rng: np.random.Generator

    def unsolved(self) -> NDArray[np.intp]:
        """Rows of which more may be found than was."""
        bracket = self.bracket
        return np.flatnonzero(bracket.tried < np.minimum((1 - _FINE) * bracket.distance, self.farthest))

    def descend(self, index: NDArray[np.intp], radius: Matrix, how: Effort) -> None:
        """Look for something within these radii."""
        for contest, mine in self._sides(index):
            field = self._field(index[mine], radius[mine])
            attack = descend_field(contest, field, self.judge, effort=how, rng=self.rng, trim=False)
            self._tell(index[mine], radius[mine], attack.success, attack.rows)

    def search(self, index: NDArray[np.intp], radius: Matrix, budget: int) -> NDArray[np.intp]:
        """Look for something within these radii or prove that nothing is there; gives the rows left open."""
        if not budget:
            return index
        left = [self._search(contest, index[mine], radius[mine], budget) for contest, mine in self._sides(index)]
        return np.sort(np.concatenate([index[:0], *left]))

    def _search(self, contest: Contest, index: NDArray[np.intp], radius: Matrix, budget: int) -> NDArray[np.intp]:
        field, bracket = self._field(index, radius), self.bracket
        found = search_regions(contest, field, reached_leaves(contest, field), self.judge, budget=budget)
        self._tell(index, radius, found.found, found.rows)
        beyond, farthest = self.measure.beyond(radius), self.farthest[index]
        everything = (radius >= farthest) | (beyond > farthest)
        proved = np.where(everything, np.inf, np.maximum(beyond, bracket.proved[index]))
        bracket.proved[index[found.safe]] = proved[found.safe]
        return index[~found.found & ~found.safe]

    def _sides(self, index: NDArray[np.intp]) -> Iterator[tuple[Contest, NDArray[np.bool_]]]:
        """The contests with those of the rows that are in them, where there are any."""
        for number, contest in enumerate(self.contests):
            mine = self.which[index] == number
            if mine.any():
                yield contest, mine

    @property
    def by_distance(self) -> bool:
        """Whether the distance itself can be searched, in place of one radius after the other."""
        return self.measure.norm is Norm.LINF and self.judge.one_rival and fits_patch(self.field)

    def near(self, index: NDArray[np.intp], limit: Matrix, budget: int) -> NDArray[np.intp]:
        """Look for the nearest that is nearer than these limits, and note up to where nothing is.

        Gives the rows on which the budget ended.
        """
        everyone = len(index) == len(self.farthest)
        found = search_nearest(
            self.contests,
            self.which[index],
            self.field if everyone else self.field.at(index),
            self.distances if everyone else [distance[index] for distance in self.distances],
            self.judge,
            limit=limit,
            budget=budget,
            gap=_FINE / 2,
        )
        self._tell(index, limit, found.found, found.rows)
        proved = np.where(found.lower >= self.farthest[index], np.inf, found.lower)
        self.bracket.proved[index] = np.maximum(proved, self.bracket.proved[index])
        return index[found.left]

    def _field(self, index: NDArray[np.intp], radius: Matrix) -> Field:
        field = self.field.at(index)
        if field.reach.within is not None:
            return limit_field(field, radius)
        return narrow_field(field, [distance[index] <= radius[:, None] for distance in self.distances])

    def _tell(self, index: NDArray[np.intp], radius: Matrix, found: NDArray[np.bool_], rows: Matrix) -> None:
        distance = self.measure.distance(self.bracket.original[index], rows)
        self.bracket.tell(index, self.measure.beyond(radius), found, rows, distance)


def _narrow(task: _Task, effort: Effort) -> None:
    """Narrow the brackets: any find first, then nearer ones, then the proof."""
    bracket, exact = task.bracket, effort
    if effort.regions and task.by_distance:
        _near(task, effort.regions)
        effort = replace(effort, regions=0)
    _find(task, effort)
    if effort.regions:
        _prove(task, effort.regions // _SHORT, patience=1)
    # Where short searches end without a proof, descent comes nearer at less cost.
    for index in _while_open(bracket, _COARSE):
        task.descend(index, bracket.middle(index), QUICK)
    if effort.regions:
        _prove(task, effort.regions, patience=3)
    elif exact.regions:
        bracket.tried[:] = bracket.proved
        _near_found(task, _RADII * exact.regions)


def _near(task: _Task, budget: int) -> None:
    """Search by distance, from the certificate outwards, for a smaller ball holds fewer leaves."""
    bracket = task.bracket
    spent = np.zeros(len(bracket.original), dtype=np.bool_)
    for factor in _STRETCH:
        left = task.unsolved()
        left = left[~spent[left]]
        if not len(left):
            break
        limit = bracket.distance[left]
        if np.isfinite(factor):
            limit = np.minimum(bracket.proved[left] * factor, limit)
        spent[task.near(left, limit, budget)] = True
        bracket.tried[:] = bracket.proved


def _near_found(task: _Task, budget: int) -> None:
    """Search by distance once more where descent found something: only leaves that are nearer count now."""
    bracket = task.bracket
    left = task.unsolved()
    left = left[np.isfinite(bracket.distance[left])]
    if len(left):
        task.near(left, bracket.distance[left], budget)


def _find(task: _Task, effort: Effort) -> None:
    """Find anything, from the certificate outwards: most rows fall close to it, and small balls are soon searched."""
    bracket = task.bracket
    limit = np.minimum(task.farthest, bracket.distance)
    left = task.unsolved()
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


def _while_open(bracket: Bracket, gap: float) -> Iterator[NDArray[np.intp]]:
    for _ in range(_STEPS):
        index = bracket.open(gap)
        if not len(index):
            return
        yield index
