"""The threat of `hauberk.toml` checked, and in words."""

from __future__ import annotations

from hauberk.core.encoding import Json
from hauberk.data import Direction, Feature, Kind, Schema
from hauberk.flows.errors import BadSetting

__all__ = ["describe_adversary", "verify_goal"]


def verify_goal(schema: Schema, goal: str) -> str:
    """The goal, once it is found to be a class or empty (any wrong answer).

    Raises:
        BadSetting: No such class.
    """
    classes = schema.target.categories if schema.target else ()
    if goal and goal not in classes:
        raise BadSetting(where="threats.evasion.goal", expected=f"one of {', '.join(classes)}", got=repr(goal))
    return goal


def describe_adversary(schema: Schema) -> list[Json]:
    """What the adversary can do to each column, in words, for the report."""
    told: list[Json] = [
        {"feature": feature.name, "can": _can(feature)} for feature in schema.inputs if feature.adversary.mutable
    ]
    if schema.budget is not None:
        told.append({"feature": "all together", "can": f"changed at a total cost of at most {schema.budget:g}"})
    return told


def _can(feature: Feature) -> str:
    adversary = feature.adversary
    if feature.kind is Kind.CATEGORY:
        choices = adversary.choices or feature.categories
        words = f"said to be any of {len(choices)} categories"
    else:
        unit = f" {feature.unit}" if feature.unit else ""
        verb = {Direction.BOTH: "moved", Direction.UP: "raised", Direction.DOWN: "lowered"}[adversary.direction]
        words = verb + (f" by at most {adversary.within:g}{unit}" if adversary.within is not None else "")
        low = feature.low if adversary.low is None else adversary.low
        high = feature.high if adversary.high is None else adversary.high
        words += (
            f", to no less than {low:g}{unit}" if low is not None and adversary.direction is not Direction.UP else ""
        )
        words += (
            f", to no more than {high:g}{unit}"
            if high is not None and adversary.direction is not Direction.DOWN
            else ""
        )
    return words + (f", at a cost of {adversary.cost:g}" if adversary.cost else "")
