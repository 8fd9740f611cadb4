"""Overrides, and the rules that hold across a schema."""

from dataclasses import replace

import pytest

from hauberk.core.errors import Malformed
from hauberk.data import (
    Adversary,
    Direction,
    Feature,
    FeatureOverride,
    Kind,
    LinearRelation,
    Role,
    Schema,
    apply_overrides,
    digest_schema,
    input_schema,
    parse_schema,
    render_schema,
    verify_schema,
    without_adversary,
)
from hauberk.data.errors import BadOverride, UnknownColumn

HOURS = Feature(name="hours", kind=Kind.INTEGER, low=0.0, high=99.0)
WORK = Feature(name="work", kind=Kind.CATEGORY, categories=("private", "public"))
PAID = Feature(name="paid", kind=Kind.CATEGORY, role=Role.TARGET, categories=("no", "yes"))
SCHEMA = Schema(features=(HOURS, WORK, PAID))


def test_every_field_of_an_override_arrives() -> None:
    said = FeatureOverride(
        kind=Kind.NUMBER, role=Role.INPUT, unit="h", low=1.0, high=50.0, nullable=True, protected=True, personal=True,
        sensitive=True, mutable=True, direction=Direction.UP, within=5.0, reach_low=2.0, reach_high=40.0, cost=0.5,
    )  # fmt: skip
    hours = apply_overrides(SCHEMA, {"hours": said}).features[0]
    assert hours == Feature(
        name="hours", kind=Kind.NUMBER, unit="h", low=1.0, high=50.0, nullable=True, protected=True, personal=True,
        sensitive=True,
        adversary=Adversary(mutable=True, direction=Direction.UP, within=5.0, low=2.0, high=40.0, cost=0.5),
    )  # fmt: skip
    said = FeatureOverride(categories=("a", "b", "c"), mutable=True, choices=("a", "c"))
    work = apply_overrides(SCHEMA, {"work": said}).features[1]
    assert (work.categories, work.adversary.choices) == (("a", "b", "c"), ("a", "c"))


def test_false_and_zero_are_said_too() -> None:
    schema = Schema(features=(replace(HOURS, protected=True, nullable=True), PAID))
    hours = apply_overrides(schema, {"hours": FeatureOverride(protected=False, nullable=False, low=0.0)}).features[0]
    assert (hours.protected, hours.nullable, hours.low) == (False, False, 0.0)


def test_nothing_said_changes_nothing() -> None:
    assert apply_overrides(SCHEMA, {}) == SCHEMA
    assert apply_overrides(SCHEMA, {"hours": FeatureOverride()}) == SCHEMA


@pytest.mark.parametrize(
    ("name", "override", "words"),
    [
        ("hours", FeatureOverride(low=5.0, high=4.0), "low of at most"),
        ("hours", FeatureOverride(low=float("nan")), "finite bound"),
        ("hours", FeatureOverride(within=5.0), "mutable is false"),
        ("hours", FeatureOverride(cost=5.0), "mutable is false"),
        ("hours", FeatureOverride(mutable=True, within=-1.0), "within of at least 0"),
        ("hours", FeatureOverride(mutable=True, within=float("inf")), "finite within"),
        ("hours", FeatureOverride(mutable=True, cost=-1.0), "cost of at least 0"),
        ("hours", FeatureOverride(mutable=True, reach_low=3.0, reach_high=2.0), "reach_low"),
        ("hours", FeatureOverride(mutable=True, choices=("1",)), "bounds for a integer"),
        ("hours", FeatureOverride(categories=("1",)), "no categories"),
        ("hours", FeatureOverride(kind=Kind.CATEGORY), "the categories of a column"),
        ("hours", FeatureOverride(kind=Kind.TEXT), "free text"),
        ("hours", FeatureOverride(role=Role.ID, mutable=True), "mutable id"),
        ("hours", FeatureOverride(role=Role.TARGET), "one target"),
        ("hours", FeatureOverride(one_hot="g"), "at least two columns"),
        ("paid", FeatureOverride(mutable=True), "mutable target"),
        ("work", FeatureOverride(mutable=True, choices=("privat",)), "choices among the categories"),
        ("work", FeatureOverride(mutable=True, within=1.0), "choices for a category"),
        ("work", FeatureOverride(categories=("a", "a")), "each category once"),
        ("work", FeatureOverride(low=1.0), "no range"),
    ],
)
def test_contradictions(name: str, override: FeatureOverride, words: str) -> None:
    with pytest.raises(BadOverride, match=words):
        apply_overrides(SCHEMA, {name: override}, where="hauberk.toml")


def test_the_nearest_category_and_column_are_named() -> None:
    with pytest.raises(BadOverride) as caught:
        apply_overrides(SCHEMA, {"work": FeatureOverride(mutable=True, choices=("privat",))})
    assert caught.value.hint == "did you mean `private`?"
    with pytest.raises(UnknownColumn) as unknown:
        apply_overrides(SCHEMA, {"hour": FeatureOverride()})
    assert unknown.value.hint == "did you mean `hours`?"


@pytest.mark.parametrize(
    ("coefficients", "bound", "error"),
    [
        ((("hour", 1.0),), 1.0, UnknownColumn),
        ((("paid", 1.0),), 1.0, UnknownColumn),
        ((("work", 1.0),), 1.0, BadOverride),
        ((("hours", float("inf")),), 1.0, BadOverride),
        ((("hours", 1.0),), float("nan"), BadOverride),
        ((), 1.0, BadOverride),
    ],
)
def test_relations(coefficients: tuple[tuple[str, float], ...], bound: float, error: type[Exception]) -> None:
    relation = LinearRelation(name="r", coefficients=coefficients, bound=bound)
    with pytest.raises(error):
        verify_schema(replace(SCHEMA, relations=(relation,)))


def test_names_budget_and_groups() -> None:
    with pytest.raises(BadOverride, match="a name for each"):
        verify_schema(Schema(features=(HOURS, HOURS)))
    with pytest.raises(BadOverride, match="budget"):
        verify_schema(replace(SCHEMA, budget=-1.0))
    three = replace(WORK, one_hot="g", categories=("a", "b", "c"))
    with pytest.raises(BadOverride, match="columns of 0 and 1"):
        verify_schema(Schema(features=(three, replace(HOURS, one_hot="g"))))


def test_schema_bytes() -> None:
    rich = apply_overrides(SCHEMA, {"hours": FeatureOverride(mutable=True, within=2.5)})
    rich = replace(rich, relations=(LinearRelation(name="r", coefficients=(("hours", 2.0),), bound=9.0),), budget=3.0)
    assert parse_schema(render_schema(rich)) == rich
    assert digest_schema(rich) != digest_schema(SCHEMA)
    assert digest_schema(without_adversary(rich)) == digest_schema(without_adversary(replace(rich, budget=None)))
    assert input_schema(rich).features == rich.inputs
    data = render_schema(rich)
    for wrong in (
        data[:-1],
        data + b" ",
        data.replace(b"2.5", b"2.50"),
        data.replace(b'"integer"', b'"integr"'),
        data.replace(b'"unit":""', b'"unit":"","colour":1', 1),
        data.replace(b"schema:v1", b"schema:v2"),
        data.replace(b'"low":0.0', b'"low":1e999'),
        b"[]",
    ):
        assert wrong != data
        with pytest.raises(Malformed):
            parse_schema(wrong)
    with pytest.raises(BadOverride):
        parse_schema(data.replace(b'"high":99.0', b'"high":-9.0'))
