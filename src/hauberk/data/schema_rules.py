"""What makes a schema whole: rules that hold across its fields."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

from hauberk.data.errors import BadOverride, UnknownColumn
from hauberk.data.nearest import nearest_hint
from hauberk.data.schema import Adversary, Direction, Feature, Kind, Role, Schema

__all__ = ["verify_schema"]

_NUMERIC = (Kind.NUMBER, Kind.INTEGER)


def verify_schema(schema: Schema, *, where: str = "") -> Schema:
    """The schema itself, if it does not contradict itself. Call it again after relations or a budget were added.

    Raises:
        BadOverride: Columns of one name, two targets, an empty range, text as input, a category that is not valid,
            an adversary that can change a column that the model does not see, a group of one column, ….
        UnknownColumn: A relation names no column of the schema.
    """
    repeated = [name for name, count in Counter(feature.name for feature in schema.features).items() if count > 1]
    _require(not repeated, where, "a name for each column", f"{repeated}")
    targets = [feature.name for feature in schema.features if feature.role is Role.TARGET]
    _require(len(targets) <= 1, where, "one target", f"{targets}")
    for feature in schema.features:
        spot = f"{where}: column `{feature.name}`".removeprefix(": ")
        _verify_meaning(feature, spot)
        _verify_adversary(feature, spot)
    _verify_groups(schema, where)
    _verify_relations(schema, where)
    budget = schema.budget
    fits = budget is None or (budget >= 0 and math.isfinite(budget))
    _require(fits, where, "a finite budget of at least 0, or none", f"{budget}")
    return schema


def _require(holds: bool, where: str, expected: str, got: str) -> None:
    if not holds:
        raise BadOverride(where=where, expected=expected, got=got)


def _verify_meaning(feature: Feature, where: str) -> None:
    _verify_interval(feature.low, feature.high, where, "low")
    _require(
        not (feature.role is Role.INPUT and feature.kind is Kind.TEXT),
        where, "an input of numbers or categories", "free text; give it the role `ignored` or the kind `category`",
    )  # fmt: skip
    if feature.kind is Kind.CATEGORY:
        needed = feature.role in (Role.INPUT, Role.TARGET)
        _require(bool(feature.categories) or not needed, where, "at least one category", "none")
        _require(len(set(feature.categories)) == len(feature.categories), where, "each category once", "one twice")
        _require(feature.low is None and feature.high is None, where, "no range for categories", "low or high")
    else:
        _require(not feature.categories, where, f"no categories for a {feature.kind}", f"{len(feature.categories)}")


def _verify_adversary(feature: Feature, where: str) -> None:
    adversary = feature.adversary
    if adversary == Adversary():
        return
    hint = "an adversary's reach only with mutable = true"
    _require(adversary.mutable, where, hint, "mutable is false")
    _require(feature.role is Role.INPUT, where, "mutable inputs only", f"a mutable {feature.role}")
    _verify_interval(adversary.low, adversary.high, where, "reach_low")
    for name, value in (("within", adversary.within), ("cost", adversary.cost)):
        fits = value is None or (value >= 0 and math.isfinite(value))
        _require(fits, where, f"a finite {name} of at least 0, or none", f"{value}")
    unknown = [choice for choice in adversary.choices if choice not in feature.categories]
    if feature.kind is Kind.CATEGORY:
        hint = nearest_hint(unknown[0], feature.categories) if unknown else ""
        if unknown:
            raise BadOverride(where=where, expected="choices among the categories", got=repr(unknown[0]), hint=hint)
        moves = (adversary.within, adversary.low, adversary.high)
        unmoved = all(bound is None for bound in moves) and adversary.direction is Direction.BOTH
        _require(unmoved, where, "choices for a category", "a direction or bounds of a number")
    else:
        _require(not adversary.choices, where, f"bounds for a {feature.kind}", "choices")


def _verify_interval(low: float | None, high: float | None, where: str, name: str) -> None:
    for value in (low, high):
        _require(value is None or math.isfinite(value), where, "a finite bound, or none", f"{value}")
    ordered = low is None or high is None or low <= high
    _require(ordered, where, f"{name} of at most its upper bound", f"{low} and {high}")


def _verify_groups(schema: Schema, where: str) -> None:
    groups: dict[str, list[Feature]] = defaultdict(list)
    for feature in schema.features:
        if feature.one_hot:
            groups[feature.one_hot].append(feature)
    for name, members in groups.items():
        spot = f"{where}: one-hot group `{name}`".removeprefix(": ")
        _require(len(members) > 1, spot, "at least two columns", "one")
        for member in members:
            _require(member.role is Role.INPUT, spot, "input columns", f"`{member.name}` as {member.role}")
            binary = member.kind in _NUMERIC or len(member.categories) == 2
            _require(binary, spot, "columns of 0 and 1", f"`{member.name}` as {member.kind}")


def _verify_relations(schema: Schema, where: str) -> None:
    inputs = {feature.name: feature for feature in schema.inputs}
    for relation in schema.relations:
        spot = f"{where}: relation `{relation.name}`".removeprefix(": ")
        _require(bool(relation.coefficients), spot, "at least one column", "none")
        _require(math.isfinite(relation.bound), spot, "a finite bound", f"{relation.bound}")
        for name, coefficient in relation.coefficients:
            if name not in inputs:
                raise UnknownColumn(where=spot, got=f"`{name}`", hint=nearest_hint(name, inputs))
            numeric = inputs[name].kind in _NUMERIC
            _require(numeric, spot, "columns of numbers", f"`{name}` as {inputs[name].kind}")
            _require(math.isfinite(coefficient), spot, "finite coefficients", f"{coefficient}")
