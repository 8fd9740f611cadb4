"""The search by distance, against all rows that trees can tell apart, and with faults that must be seen."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest

from hauberk.attack import QUICK, STANDARD, minimal_perturbation
from hauberk.attack.evasion import tree_nearest, tree_parts, tree_patch
from hauberk.attack.evasion.contest import contests
from hauberk.attack.evasion.field import make_field
from hauberk.attack.evasion.judge import make_judge
from hauberk.attack.evasion.radius import box_reach
from hauberk.attack.evasion.tree_nearest import search_nearest
from hauberk.attack.evasion.tree_parts import whole_balls
from hauberk.attack.evasion.tree_patch import fits_patch, make_patch
from hauberk.attack.evasion.tree_waiting import Waiting
from hauberk.models import Link
from hauberk.testing.ensembles import random_ensemble

WIDTH, ROOM = 3, 3.0
GAP = 1e-3
SEEDS = range(16)


class Case:
    """Rows of a small ensemble of two classes, some without a value, one feature of whole numbers."""

    def __init__(self, seed: int, *, trees: int = 5, rows: int = 6) -> None:
        rng = np.random.default_rng(seed)
        self.ensemble = random_ensemble(rng, trees=trees, depth=3, width=WIDTH)
        self.rows = rng.normal(size=(rows, WIDTH)).round(2)
        self.rows[:, 1] = rng.integers(-2, 3, rows)
        self.rows[rng.random(self.rows.shape) < 0.1] = np.nan
        self.judge = make_judge(self.ensemble, None)
        self.labels = self.judge.classes(self.rows)
        reach = box_reach(self.rows, np.ones(WIDTH), np.full(WIDTH, -ROOM), np.full(WIDTH, ROOM))
        self.reach = replace(reach, integer=np.array([False, True, False]))
        self.contests = list(contests(self.ensemble, self.labels))
        self.which = np.array([contest.label for contest in self.contests]).searchsorted(self.labels)
        self.field = make_field(self.contests[0].boxes, self.rows, self.reach)
        self.distances = [
            np.where(axis.allowed, np.abs(axis.points[:, :, 0] - self.rows[:, list(axis.columns)]), np.inf)
            for axis in self.field.axes
        ]

    def search(self, limit=np.inf, budget=10_000):
        return search_nearest(
            self.contests, self.which, self.field, self.distances, self.judge,
            limit=np.full(len(self.rows), limit), budget=budget, gap=GAP,
        )  # fmt: skip

    def truth(self, row: int) -> float:
        """The least distance of a row in any combination of cells that is given another class."""
        choices = []
        for axis in self.field.axes:
            points = axis.points[row, axis.allowed[row], 0]
            choices.append(points if len(points) else self.rows[row, list(axis.columns)])
        made = np.tile(self.rows[row], (int(np.prod([len(points) for points in choices])), 1))
        made[:, [axis.columns[0] for axis in self.field.axes]] = list(product(*choices))
        away = np.nan_to_num(np.abs(made - self.rows[row])).max(axis=1)
        return float(away[self.judge.classes(made) != self.labels[row]].min(initial=np.inf))

    def away(self, found) -> np.ndarray:
        away = np.nan_to_num(np.abs(found.rows - self.rows)).max(axis=1)
        return np.where(found.found, away, np.inf)


@cache
def truths(seed: int) -> list[float]:
    case = Case(seed)
    return [case.truth(row) for row in range(len(case.rows))]


def broken(seeds, **given) -> int:
    """How many brackets do not hold the truth, or are wider than was asked for though the search ended."""
    wrong = 0
    for seed in seeds:
        case = Case(seed)
        found = case.search(**given)
        away = case.away(found)
        for row in range(len(case.rows)):
            truth = truths(seed)[row]
            wrong += not found.lower[row] <= truth * (1 + 1e-6) <= away[row] * (1 + 2e-6)
            open_end = np.isinf(away[row]) and np.isinf(found.lower[row])
            wrong += not (found.left[row] or open_end or found.lower[row] >= away[row] * (1 - 2 * GAP))
    return wrong


def test_the_nearest_of_all_rows_is_found_and_proved():
    assert broken(SEEDS) == 0


def test_far_and_near_rows_occur_and_some_have_no_value():
    cases = [Case(seed) for seed in SEEDS]
    assert all(fits_patch(case.field) for case in cases)
    away = np.concatenate([case.away(case.search()) for case in cases])
    assert np.isinf(away).any()
    assert (away < 0.1).any()
    assert any(np.isnan(case.rows).any() for case in cases)


def test_nothing_beyond_the_limit_is_looked_for():
    for seed in SEEDS:
        case = Case(seed)
        everything = case.search()
        away = case.away(everything)
        limit = float(np.median(away[np.isfinite(away)])) if np.isfinite(away).any() else 1.0
        found = case.search(limit=limit)
        assert (found.found == (away < limit)).all()
        assert (found.lower[~found.found] == limit).all()


def test_at_any_time_the_truth_lies_between():
    ended = 0
    for budget in (1, 2, 4, 8):
        assert broken(SEEDS, budget=budget) == 0
        ended += sum(int(Case(seed).search(budget=budget).left.sum()) for seed in SEEDS)
    assert ended > 10


def test_going_deep_finds_the_same(monkeypatch):
    wide = [Case(seed).search() for seed in range(10)]
    monkeypatch.setattr(tree_nearest, "_WAITING", 0)
    for seed, before in enumerate(wide):
        case = Case(seed)
        assert np.allclose(case.away(case.search()), case.away(before), rtol=2 * GAP)
    assert broken(range(10)) == 0


def test_ties_are_left_to_the_model():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        ensemble = random_ensemble(rng, trees=8, depth=3, width=WIDTH)
        ensemble = replace(ensemble, value=np.sign(ensemble.value), base=np.zeros(1), link=Link.LOGISTIC)
        rows = rng.normal(size=(12, WIDTH))
        judge = make_judge(ensemble, None)
        labels = judge.classes(rows)
        ranges = {"scale": np.ones(WIDTH), "low": np.full(WIDTH, -ROOM), "high": np.full(WIDTH, ROOM)}
        found = minimal_perturbation(ensemble, rows, labels, **ranges)
        some = np.isfinite(found.distance)
        assert (judge.classes(found.rows)[some] != labels[some]).all()
        assert (found.certified <= found.distance).all()
        assert (found.certified >= found.distance * (1 - 2 * GAP))[some].all()
        assert np.isinf(found.certified[~some]).all()


def test_one_row_at_a_time_says_the_same(cancer):
    _, model, rows, labels = cancer
    width = rows.shape[1]
    ranges = {"scale": np.ones(width), "low": np.zeros(width), "high": np.ones(width)}
    together = minimal_perturbation(model.trees, rows, labels, **ranges)
    for row in range(8):
        alone = minimal_perturbation(model.trees, rows[[row]], labels[[row]], **ranges)
        assert np.isclose(alone.distance[0], together.distance[row], rtol=2 * GAP)


def test_what_is_too_much_for_the_search_is_bracketed_all_the_same(cancer):
    _, model, rows, labels = cancer
    width = rows.shape[1]
    ranges = {"scale": np.ones(width), "low": np.zeros(width), "high": np.ones(width)}
    exact = minimal_perturbation(model.trees, rows, labels, **ranges)
    short = minimal_perturbation(model.trees, rows, labels, effort=replace(STANDARD, regions=1), **ranges)
    quick = minimal_perturbation(model.trees, rows, labels, effort=QUICK, **ranges)
    assert np.isfinite(short.distance).all()
    assert (short.certified <= exact.distance).all()
    assert (exact.certified <= short.distance).all()
    assert short.certified.mean() >= quick.certified.mean()
    assert (short.certified < short.distance * (1 - 2 * GAP)).any()


def test_waiting_parts_keep_their_leaves():
    case = Case(3, trees=12, rows=9)
    patch = make_patch(case.contests, case.which, case.field, case.distances, np.full(9, np.inf))
    parts, rng = whole_balls(patch), np.random.default_rng(0)
    known = {int(row): parts.at(parts.heads.row == row) for row in range(9)}
    waiting = Waiting(parts)
    for _ in range(30):
        taken = waiting.take(rng.random(len(waiting.heads.row)) < 0.4)
        for row in taken.heads.row:
            one = taken.at(taken.heads.row == row)
            assert (one.leaf == known[int(row)].leaf).all()
            assert (one.near == known[int(row)].near).all()
        waiting.add(taken)
        assert waiting.leaves == len(parts.leaf)
        assert sorted(waiting.heads.row) == list(range(9))


def _lower_halves_only(patch, parts, limit, made=tree_parts.halve):
    halves = made(patch, parts, limit)
    return halves.at(np.arange(len(halves.heads.row)) < (len(halves.heads.row) + 1) // 2)


def _bounds_too_high(patch, parts, limit, made=tree_parts.bound_parts):
    return made(replace(patch, slack=patch.slack - 0.5), parts, limit)


def _distances_of_own_cells(contests, which, field, distances, limit, made=tree_patch.make_patch):
    patch = made(contests, which, field, distances, limit)
    return replace(patch, rank=patch.rank[:, ::-1].copy())


@pytest.mark.parametrize(
    ("name", "fault"),
    [("halve", _lower_halves_only), ("bound_parts", _bounds_too_high), ("make_patch", _distances_of_own_cells)],
)
def test_fault_is_seen(monkeypatch, name, fault):
    monkeypatch.setattr(tree_nearest, name, fault)
    assert broken(SEEDS) > 0


def test_fault_missing_values_that_go_nowhere_are_seen(monkeypatch):
    made = tree_patch._ranges

    def ranges(axis, before):
        first, last = made(axis, before)
        gone = np.flatnonzero(axis.own < 0)
        last[gone] = -1
        return first, last

    monkeypatch.setattr(tree_patch, "_ranges", ranges)
    assert broken(SEEDS) > 0
