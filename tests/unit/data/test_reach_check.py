"""Every rule of the adversary's reach, kept and broken."""

from dataclasses import replace

import numpy as np
import pytest

from hauberk.data import Reach, Violation, ball_reach, check_reach, list_violations
from hauberk.data.errors import BadRows

NAN = np.nan
# age (immutable integer), hours (integer 30..50), gain (number 0..100), work (category, may claim 1 and 2), race
# (immutable category), two one-hot columns.
ROW = np.array([39.0, 40.0, 7.25, 0.0, 1.0, 1.0, 0.0])


def reach(row=ROW, budget: float = 10.0) -> Reach:
    low, high = row.copy(), row.copy()
    low[[1, 2, 5, 6]], high[[1, 2, 5, 6]] = [30.0, 0.0, 0.0, 0.0], [50.0, 100.0, 1.0, 1.0]
    low[np.isnan(row)] = high[np.isnan(row)] = NAN
    return Reach(
        low=low[None], high=high[None],
        choices=(None, None, None, np.array([False, True, True]), np.array([False, False]), None, None),
        mutable=np.array([False, True, True, True, False, True, True]),
        integer=np.array([True, True, False, False, False, False, False]),
        cost=np.array([0.0, 1.0, 0.1, 4.0, 0.0, 0.0, 0.0]), budget=budget,
        relations=(np.array([[0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]]), np.array([60.0])), one_hot=((5, 6),),
    )  # fmt: skip


def rules(row=ROW, budget: float = 10.0, exact: bool = False, **changes: float) -> list[str]:
    changed = row.copy()
    for place, value in changes.items():
        changed[int(place[1:])] = value
    whole = reach(row, budget)
    found = list_violations(whole, row[None], changed[None], exact=exact)
    assert check_reach(whole, row[None], changed[None], exact=exact)[0] == (not found)
    return [violation.rule for violation in found]


def test_what_is_within_reach() -> None:
    assert rules() == []
    assert rules(x1=50.0) == []
    assert rules(x1=38.0, x2=8.0, x3=2.0) == []
    assert rules(x5=0.0, x6=1.0) == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"x0": 40.0}, "interval"),
        ({"x1": 29.0}, "interval"),
        ({"x1": 51.0}, "interval"),
        ({"x1": 40.5}, "integer"),
        ({"x2": -0.001}, "interval"),
        ({"x2": 100.001}, "interval"),
        ({"x2": np.inf}, "interval"),
        ({"x2": NAN}, "missing"),
        ({"x3": 3.0}, "category"),
        ({"x3": -1.0}, "category"),
        ({"x3": 1.5}, "category"),
        ({"x3": np.inf}, "category"),
        ({"x4": 0.0}, "category"),
        ({"x1": 34.0, "x3": 1.0, "x2": 8.26}, "cost"),
        ({"x1": 41.0, "x2": 19.01}, "relation"),
        ({"x5": 0.0}, "one_hot"),
        ({"x6": 1.0}, "one_hot"),
        ({"x5": 0.5, "x6": 0.5}, "one_hot"),
    ],
)
def test_each_rule(changes: dict[str, float], rule: str) -> None:
    assert rule in rules(**changes)


def test_where_a_rule_is_broken_is_said() -> None:
    changed = np.stack([ROW, ROW])
    changed[1, 1] = 40.5
    whole = reach()
    both = Reach(
        low=np.repeat(whole.low, 2, 0), high=np.repeat(whole.high, 2, 0), choices=whole.choices,
        mutable=whole.mutable, integer=whole.integer, cost=whole.cost, budget=whole.budget,
        relations=whole.relations, one_hot=whole.one_hot,
    )  # fmt: skip
    assert list_violations(both, np.stack([ROW, ROW]), changed) == (Violation(row=1, rule="integer", column=1),)
    assert check_reach(both, np.stack([ROW, ROW]), changed).tolist() == [True, False]


def test_an_immutable_feature_stays_whatever_its_interval_says() -> None:
    whole = ball_reach(ROW[None], 5.0)
    fixed = replace(whole, mutable=np.zeros(7, bool))
    moved = ROW[None] + 0.25
    assert check_reach(whole, ROW[None], moved).all()
    assert [found.rule for found in list_violations(fixed, ROW[None], moved)] == ["interval"] * 7


def test_missing_stays_missing() -> None:
    row = ROW.copy()
    row[[1, 2, 3]] = NAN
    assert rules(row) == []
    assert rules(row, x1=40.0) == ["missing"]
    assert rules(row, x3=1.0) == ["missing"]


def test_doing_nothing_is_allowed_whatever_the_row() -> None:
    broken = np.array([39.5, 99.5, 500.0, 7.0, 9.0, 1.0, 1.0])
    assert rules(broken, budget=0.0) == []
    # An improvement of a relation that is broken already is allowed; a worsening is not.
    row = ROW.copy()
    row[1], row[2] = 50.0, 20.0
    assert rules(row, x2=15.0) == []
    assert rules(row, x2=20.5) == ["relation"]


def test_costs_sum_and_the_budget_is_inclusive() -> None:
    assert rules(x1=46.0, x3=1.0) == []
    assert rules(x1=47.0, x3=1.0) == ["cost"]
    assert rules(x1=39.0, budget=0.0) == ["cost"]
    assert rules(x1=30.0, x2=0.0, x3=1.0, budget=np.inf) == []


def test_float32_values_of_the_ends_are_valid_and_no_further() -> None:
    rows = np.array([[0.3, 1000.1, 1e-3]])
    ball = ball_reach(rows, 0.1)
    for end in (ball.low, ball.high):
        narrow = end.astype(np.float32).astype(np.float64)
        assert check_reach(ball, rows, narrow).all()
        assert check_reach(ball, rows, end, exact=True).all()
    up = np.nextafter(ball.high.astype(np.float32), np.float32(np.inf)).astype(np.float64)
    down = np.nextafter(ball.low.astype(np.float32), np.float32(-np.inf)).astype(np.float64)
    for column in range(3):
        for beyond in (up, down):
            changed = rows.copy()
            changed[0, column] = beyond[0, column]
            assert not check_reach(ball, rows, changed).any()
    outside = np.nextafter(ball.high, np.inf)
    assert not check_reach(ball, rows, outside, exact=True).any()


def test_float32_copies_of_untouched_numbers_are_valid_but_not_of_large_integers() -> None:
    row = ROW.copy()
    row[2] = 7.1
    narrow = row.astype(np.float32).astype(np.float64)
    assert narrow[2] != row[2]
    assert rules(row, budget=0.0, x2=narrow[2]) == []
    assert rules(row, budget=0.0, x2=narrow[2], exact=True) == ["cost"]
    row[0] = 2.0**24 + 1
    assert rules(row, x0=float(np.float32(row[0]))) == ["interval"]


def test_shapes() -> None:
    for changed in (ROW, np.stack([ROW, ROW]), ROW[None, :3]):
        with pytest.raises(BadRows):
            check_reach(reach(), ROW[None], changed)
    empty = ball_reach(np.zeros((0, 3)), 1.0)
    assert check_reach(empty, np.zeros((0, 3)), np.zeros((0, 3))).shape == (0,)
