import math
from dataclasses import replace

import numpy as np

from hauberk.data import Adversary, Feature, Kind, LinearRelation, Schema, check_reach, resolve_reach
from hauberk.harden.claims import column_ends, draw_claims


def test_claims_are_within_reach_and_move_all_that_is_mutable(case):
    rows = case.training.rows
    claims = draw_claims(rows, case.resolve(rows), np.random.default_rng(0))
    assert check_reach(case.resolve(rows), rows, claims, exact=True).all()
    assert (claims != rows).any(axis=0).tolist() == [False, False, True, True, True]
    assert set(claims[:, 4]) == {0, 1, 2, 3}
    hours = claims[:, 2] - rows[:, 2]
    assert set(hours[(rows[:, 2] > 15) & (rows[:, 2] < 85)]) == set(range(-10, 11))


def test_claims_repeat_by_seed(case):
    rows, reach = case.training.rows, case.resolve(case.training.rows)
    first, second, other = (draw_claims(rows, reach, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


def test_missing_values_stay_missing(case):
    rows = case.training.rows.copy()
    rows[::3, 2:] = math.nan
    claims = draw_claims(rows, case.resolve(rows), np.random.default_rng(0))
    np.testing.assert_array_equal(np.isnan(claims), np.isnan(rows))
    partly = case.training.rows.copy()
    partly[::3, 4] = math.nan
    claims = draw_claims(partly, case.resolve(partly), np.random.default_rng(0))
    assert (claims[::3, 2] != partly[::3, 2]).mean() > 0.8


def test_rows_that_would_break_a_rule_stay(case):
    rows = case.training.rows
    poor = replace(case.resolve(rows), cost=np.array([0, 0, 1.0, 0, 0]), budget=2.0)
    claims = draw_claims(rows, poor, np.random.default_rng(0))
    assert check_reach(poor, rows, claims).all()
    assert (np.abs(claims - rows)[:, 2] <= 2).all()
    assert (claims != rows).any()


def test_relations_hold():
    number = Adversary(mutable=True, low=0, high=10)
    features = tuple(Feature(name=name, kind=Kind.NUMBER, adversary=number) for name in "ab")
    relation = LinearRelation(name="sum", coefficients=(("a", 1.0), ("b", 1.0)), bound=10.0)
    schema = Schema(features=features, relations=(relation,))
    rows = np.random.default_rng(0).uniform(0, 5, (500, 2))
    claims = draw_claims(rows, resolve_reach(schema, rows), np.random.default_rng(1))
    assert (claims.sum(axis=1) <= 10).all()
    assert (claims != rows).any()


def test_one_hot_groups_move_as_a_whole():
    features = tuple(
        Feature(name=name, kind=Kind.INTEGER, low=0, high=1, one_hot="g", adversary=Adversary(mutable=name != "c"))
        for name in "abc"
    )
    rows = np.eye(3)[np.random.default_rng(0).integers(0, 3, 300)]
    claims = draw_claims(rows, resolve_reach(Schema(features=features), rows), np.random.default_rng(1))
    assert (claims.sum(axis=1) == 1).all()
    np.testing.assert_array_equal(claims[:, 2], rows[:, 2])
    assert (claims[:, 0] != rows[:, 0]).any()


def test_open_ends_are_cut_at_the_column():
    schema = Schema(features=(Feature(name="a", kind=Kind.NUMBER, adversary=Adversary(mutable=True)),))
    rows = np.array([[1.0], [5.0], [math.nan]])
    low, high = column_ends(rows, resolve_reach(schema, rows), 0)
    np.testing.assert_array_equal(low[:2], [1, 1])
    np.testing.assert_array_equal(high[:2], [5, 5])
