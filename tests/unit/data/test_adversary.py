"""The reach that a schema gives an adversary."""

from dataclasses import replace

import numpy as np
import pytest

from hauberk.data import Adversary, Direction, Feature, Kind, LinearRelation, Role, Schema, ball_reach, resolve_reach
from hauberk.data.errors import BadOverride, BadRows

NAN = np.nan


def interval(value: float, *, kind: Kind = Kind.NUMBER, low=None, high=None, **adversary) -> tuple[float, float]:
    feature = Feature(name="x", kind=kind, low=low, high=high, adversary=Adversary(mutable=True, **adversary))
    reach = resolve_reach(Schema(features=(feature,)), np.array([[value]]))
    return float(reach.low[0, 0]), float(reach.high[0, 0])


def test_intervals() -> None:
    inf = np.inf
    assert interval(5.0) == (-inf, inf)
    assert interval(5.0, low=0.0, high=9.0) == (0.0, 9.0)
    assert interval(5.0, within=2.0) == (3.0, 7.0)
    assert interval(5.0, within=2.0, low=4.0, high=9.0) == (4.0, 7.0)
    assert interval(5.0, within=2.0, direction=Direction.UP) == (5.0, 7.0)
    assert interval(5.0, within=2.0, direction=Direction.DOWN) == (3.0, 5.0)
    assert interval(5.0, low=0.0, high=99.0, direction=Direction.UP) == (5.0, 99.0)
    assert Adversary(mutable=True, low=-9.0, high=6.0)
    feature = Feature(name="x", kind=Kind.NUMBER, low=0.0, high=99.0,
                      adversary=Adversary(mutable=True, low=-9.0, high=6.0))  # fmt: skip
    reach = resolve_reach(Schema(features=(feature,)), np.array([[5.0], [50.0], [NAN]]))
    np.testing.assert_array_equal(reach.low[:, 0], [-9.0, -9.0, NAN])
    np.testing.assert_array_equal(reach.high[:, 0], [6.0, 50.0, NAN])


def test_ends_of_integers_are_rounded_inwards() -> None:
    assert interval(5.0, kind=Kind.INTEGER, within=2.5) == (3.0, 7.0)
    assert interval(5.0, kind=Kind.INTEGER, within=0.5) == (5.0, 5.0)
    assert interval(5.0, kind=Kind.INTEGER, low=0.5, high=6.5) == (1.0, 6.0)
    assert interval(5.5, kind=Kind.INTEGER, within=0.0) == (5.5, 5.5)


SCHEMA = Schema(
    features=(
        Feature(name="id", kind=Kind.INTEGER, role=Role.ID),
        Feature(name="age", kind=Kind.INTEGER),
        Feature(name="work", kind=Kind.CATEGORY, categories=("a", "b", "c"),
                adversary=Adversary(mutable=True, choices=("b", "c"), cost=2.0)),
        Feature(name="race", kind=Kind.CATEGORY, categories=("x", "y")),
        Feature(name="y", kind=Kind.CATEGORY, categories=("0", "1"), role=Role.TARGET),
        Feature(name="gain", kind=Kind.NUMBER, adversary=Adversary(mutable=True, cost=0.1)),
        Feature(name="loss", kind=Kind.NUMBER, one_hot="g"),
        Feature(name="left", kind=Kind.NUMBER, one_hot="g"),
    ),
    relations=(LinearRelation(name="r", coefficients=(("gain", 2.0), ("age", -1.0), ("gain", 1.0)), bound=7.0),),
    budget=4.0,
)  # fmt: skip


def test_a_whole_schema() -> None:
    rows = np.array([[39.0, 0.0, 1.0, 10.0, 1.0, 0.0], [50.0, NAN, 0.0, NAN, 0.0, 1.0]])
    reach = resolve_reach(SCHEMA, rows)
    np.testing.assert_array_equal(reach.mutable, [False, True, False, True, False, False])
    np.testing.assert_array_equal(reach.integer, [True, False, False, False, False, False])
    np.testing.assert_array_equal(reach.low[:, [0, 1, 2, 4, 5]], rows[:, [0, 1, 2, 4, 5]])
    np.testing.assert_array_equal(reach.high[:, [0, 1, 2, 4, 5]], rows[:, [0, 1, 2, 4, 5]])
    np.testing.assert_array_equal(reach.high[:, 3], [np.inf, NAN])
    assert [None if choice is None else choice.tolist() for choice in reach.choices] == [
        None, [False, True, True], [False, False], None, None, None,
    ]  # fmt: skip
    np.testing.assert_array_equal(reach.cost, [0.0, 2.0, 0.0, 0.1, 0.0, 0.0])
    assert reach.budget == 4.0
    np.testing.assert_array_equal(reach.relations[0], [[-1.0, 0.0, 0.0, 3.0, 0.0, 0.0]])
    np.testing.assert_array_equal(reach.relations[1], [7.0])
    assert reach.one_hot == ((4, 5),)
    assert reach.rows(np.array([1])).low.shape == (1, 6)
    assert resolve_reach(replace(SCHEMA, budget=None), rows).budget == np.inf


def test_the_rows_are_not_shared() -> None:
    rows = np.ones((2, 6))
    reach = resolve_reach(SCHEMA, rows)
    rows[:] = 9.0
    assert reach.low[0, 0] == 1.0


def test_bad_input() -> None:
    with pytest.raises(BadRows, match="6 columns"):
        resolve_reach(SCHEMA, np.zeros((2, 5)))
    with pytest.raises(BadRows, match="infinity"):
        resolve_reach(SCHEMA, np.full((1, 6), np.inf))
    with pytest.raises(BadOverride):
        resolve_reach(Schema(features=(Feature(name="t", kind=Kind.TEXT),)), np.zeros((1, 1)))
    assert resolve_reach(SCHEMA, np.zeros((0, 6))).low.shape == (0, 6)


def test_ball() -> None:
    rows = np.array([[0.5, NAN], [0.0, 2.0]])
    reach = ball_reach(rows, 0.1, scale=np.array([1.0, 10.0]), low=np.zeros(2), high=np.ones(2))
    np.testing.assert_allclose(reach.low, [[0.4, NAN], [0.0, 1.0]])
    np.testing.assert_allclose(reach.high, [[0.6, NAN], [0.1, 2.0]])
    assert reach.mutable.all()
    assert reach.budget == np.inf
    assert len(reach.relations[1]) == 0
    for radius in (-0.1, NAN):
        with pytest.raises(BadRows):
            ball_reach(rows, radius)
    with pytest.raises(BadRows):
        ball_reach(rows, 0.1, scale=np.ones(3))
    with pytest.raises(BadRows):
        ball_reach(np.zeros(3), 0.1)
