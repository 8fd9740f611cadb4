"""The threat of hauberk.toml in words and in the terms of the attack room."""

from __future__ import annotations

import pytest

from hauberk.data import Adversary, Direction, Feature, Kind, Role, Schema
from hauberk.flows.errors import BadSetting
from hauberk.flows.threat import describe_adversary, verify_goal


def schema(**adversary):
    number = Feature(name="gain", kind=Kind.NUMBER, unit="USD", low=0, high=10, adversary=Adversary(**adversary))
    fixed = Feature(name="age", kind=Kind.NUMBER, low=0, high=10)
    target = Feature(name="y", kind=Kind.CATEGORY, role=Role.TARGET, categories=("no", "yes"))
    return Schema(features=(number, fixed, target))


def test_the_goal_is_a_class():
    assert verify_goal(schema(), "yes") == "yes"
    assert verify_goal(schema(), "") == ""
    with pytest.raises(BadSetting, match="no, yes"):
        verify_goal(schema(), "maybe")


def test_the_adversary_in_words():
    (told,) = describe_adversary(schema(mutable=True, direction=Direction.UP, within=2.0, high=6.0))
    assert told == {"feature": "gain", "can": "raised by at most 2 USD, to no more than 6 USD"}
    assert describe_adversary(schema()) == []
