"""The threat of hauberk.toml in words and in the terms of the attack room."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.attack import QUICK, STANDARD
from hauberk.data import Adversary, Direction, Feature, Kind, Role, Schema, check_reach, resolve_reach
from hauberk.flows.errors import BadSetting
from hauberk.flows.threat import attack_with, describe_adversary, verify_goal
from hauberk.models import TrainingSet, fit_booster, open_model


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
    assert verify_goal(schema(), "yes") == "yes"
    assert verify_goal(schema(), "") == ""
    with pytest.raises(BadSetting, match="no, yes"):
        verify_goal(schema(), "maybe")


def test_the_adversary_in_words():
    (told,) = describe_adversary(schema(mutable=True, direction=Direction.UP, within=2.0, high=6.0))
    assert told == {"feature": "gain", "can": "raised by at most 2 USD, to no more than 6 USD"}
    assert describe_adversary(schema()) == []


def test_the_attack_gives_rows_within_reach_that_the_model_gets_wrong():
    model, rows, labels = trained()
    reach = resolve_reach(schema(mutable=True, within=2.0), rows)
    changed = attack_with(STANDARD, "")(model, rows, labels, reach, 0)
    right = model.predict(rows).argmax(axis=1) == labels
    assert check_reach(reach, rows, changed).all()
    assert (model.predict(changed).argmax(axis=1) == labels).sum() < right.sum()


def test_without_a_mutable_column_nothing_changes():
    model, rows, labels = trained()
    changed = attack_with(QUICK, "")(model, rows, labels, resolve_reach(schema(), rows), 0)
    assert (changed == rows).all()
