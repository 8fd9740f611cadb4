"""What a person says of a column, put over what was inferred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from hauberk.data.errors import BadOverride, UnknownColumn
from hauberk.data.nearest import nearest_hint
from hauberk.data.schema import Adversary, Direction, Feature, Kind, Role, Schema
from hauberk.data.schema_rules import verify_schema

__all__ = ["FeatureOverride", "apply_overrides", "refuse_unknown_columns"]

_ADVERSARY = {
    "mutable": "mutable",
    "direction": "direction",
    "within": "within",
    "reach_low": "low",
    "reach_high": "high",
    "cost": "cost",
    "choices": "choices",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureOverride:
    """What is known of one column; None leaves what was inferred.

    Attributes:
        kind, role, unit, low, high, categories, nullable, protected, personal, sensitive, one_hot: As in `Feature`.
        mutable, direction, within, cost, choices: As in `Adversary`.
        reach_low, reach_high: `low` and `high` of `Adversary`.
    """

    kind: Kind | None = None
    role: Role | None = None
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    categories: tuple[str, ...] | None = None
    nullable: bool | None = None
    protected: bool | None = None
    personal: bool | None = None
    sensitive: bool | None = None
    mutable: bool | None = None
    direction: Direction | None = None
    within: float | None = None
    reach_low: float | None = None
    reach_high: float | None = None
    cost: float | None = None
    choices: tuple[str, ...] | None = None
    one_hot: str | None = None


def apply_overrides(schema: Schema, overrides: Mapping[str, FeatureOverride], *, where: str = "") -> Schema:
    """The schema with the overrides put in.

    Another `kind` than the inferred one needs the data: pass such overrides to `infer_schema`, which reads ranges and
    categories anew; here a change to CATEGORY must bring its `categories`.

    Raises:
        UnknownColumn: An override for no column of the schema.
        BadOverride: The result contradicts itself, see `verify_schema`.
    """
    refuse_unknown_columns(overrides, [feature.name for feature in schema.features], where=where)
    features = tuple(_overridden(feature, overrides.get(feature.name), where) for feature in schema.features)
    return verify_schema(replace(schema, features=features), where=where)


def refuse_unknown_columns(overrides: Mapping[str, FeatureOverride], known: list[str], *, where: str) -> None:
    """Refuse overrides of columns that are not there.

    Raises:
        UnknownColumn: Names the nearest column.
    """
    for name in overrides:
        if name not in known:
            raise UnknownColumn(where=where, got=f"`{name}`", hint=nearest_hint(name, known))


def _overridden(feature: Feature, override: FeatureOverride | None, where: str) -> Feature:
    if override is None:
        return feature
    given = {field.name: getattr(override, field.name) for field in fields(override)}
    said: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if override.kind not in (None, feature.kind):
        feature = _emptied(feature, override, where)
    changes = {_ADVERSARY[name]: value for name, value in said.items() if name in _ADVERSARY}
    meaning = {name: value for name, value in said.items() if name not in _ADVERSARY}
    adversary: Adversary = replace(feature.adversary, **changes)
    return replace(feature, **meaning, adversary=adversary)


def _emptied(feature: Feature, override: FeatureOverride, where: str) -> Feature:
    """The feature without what was inferred for its old kind."""
    role = override.role or feature.role
    if override.kind is Kind.CATEGORY and not override.categories and role in (Role.INPUT, Role.TARGET):
        spot = f"{where}: column `{feature.name}`".removeprefix(": ")
        raise BadOverride(where=spot, expected="the categories of a column that becomes a category", got="none")
    return replace(feature, low=None, high=None, categories=())
