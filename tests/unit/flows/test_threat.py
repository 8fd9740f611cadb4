"""The threat of hauberk.toml in words and in the terms of the attack room."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.data import Adversary, Direction, Feature, Kind, Role, Schema, resolve_reach
from hauberk.flows.errors import BadSetting
from hauberk.flows.threat import describe_adversary, face_adversary, goal_code, strong_attack
from hauberk.models import TrainingSet, fit_booster, open_function, open_model


def schema(**adversary):
    number = Feature(name="gain", kind=Kind.NUMBER, unit="USD", low=0, high=10, adversary=Adversary(**adversary))
    fixed = Feature(name="age", kind=Kind.NUMBER, low=0, high=10)
    target = Feature(name="y", kind=Kind.CATEGORY, role=Role.TARGET, categories=("no", "yes"))
    return Schema(features=(number, fixed, target))


def trained():
    rng = np.random.default_rng(0)
    rows = rng.uniform(0, 10, size=(600, 2))
    labels = (rows.sum(axis=1) > 10).astype(np.int64)
    training = TrainingSet(
        rows=rows,
        labels=labels,
        weight=np.ones(600),
        names=("gain", "age"),
        categorical=np.zeros(2, bool),
        category_counts=(0, 0),
        monotone=np.zeros(2, np.int8),
        classes=("no", "yes"),
        seed=0,
    )
    return open_model(fit_booster(training, trees=20, depth=3)), rows[:200], labels[:200]


def test_the_goal_is_a_class():
    assert goal_code(schema(), "yes") == 1
    assert goal_code(schema(), "") is None
    with pytest.raises(BadSetting, match="no, yes"):
        goal_code(schema(), "maybe")


def test_the_adversary_in_words():
    (told,) = describe_adversary(schema(mutable=True, direction=Direction.UP, within=2.0, high=6.0))
    assert told == {"feature": "gain", "can": "raised by at most 2 USD, to no more than 6 USD"}
    assert describe_adversary(schema()) == []


def test_without_an_adversary_nothing_is_lost():
    model, rows, labels = trained()
    faced = face_adversary(model, rows, labels, resolve_reach(schema(), rows), goal=None, seed=0)
    assert (faced.standing == faced.correct).all()
    assert (faced.certified == faced.correct).all()


def test_certified_is_never_above_standing_and_the_attack_works():
    model, rows, labels = trained()
    reach = resolve_reach(schema(mutable=True, within=2.0), rows)
    faced = face_adversary(model, rows, labels, reach, goal=None, seed=0)
    assert not (faced.certified & ~faced.standing).any()
    assert faced.standing.sum() < faced.correct.sum()
    turned = faced.correct & ~faced.standing
    assert (model.predict(faced.rows[turned]).argmax(axis=1) != labels[turned]).all()


def test_a_goal_turns_only_the_others():
    model, rows, labels = trained()
    reach = resolve_reach(schema(mutable=True, within=3.0), rows)
    faced = face_adversary(model, rows, labels, reach, goal=1, seed=0)
    turned = faced.correct & ~faced.standing
    assert turned.any()
    assert (labels[turned] == 0).all()


def test_a_model_without_trees_is_queried_and_not_certified():
    tree, rows, labels = trained()
    model = open_function(lambda x: tree.predict(x), classes=("no", "yes"), width=2)
    reach = resolve_reach(schema(mutable=True, within=2.0), rows[:60])
    faced = face_adversary(model, rows[:60], labels[:60], reach, goal=None, seed=0)
    white = face_adversary(tree, rows[:60], labels[:60], reach, goal=None, seed=0)
    assert faced.certified is None
    assert faced.standing.sum() >= white.standing.sum()
    assert faced.standing.sum() < faced.correct.sum()


def test_the_strong_attack_gives_rows_within_reach():
    from hauberk.data import check_reach

    model, rows, labels = trained()
    reach = resolve_reach(schema(mutable=True, within=2.0), rows)
    changed = strong_attack(None)(model, rows, labels, reach, 0)
    assert check_reach(reach, rows, changed).all()
