"""What the schema has become since it was pinned: each change with its plant, and silence without."""

from __future__ import annotations

import pyarrow as pa
import pytest

from hauberk.core.finding import Severity
from hauberk.data import Kind, Role, infer_schema, make_dataset
from hauberk.data.overrides import FeatureOverride
from hauberk.verify import check_drift


def columns():
    return {
        "age": [20.0 + n % 30 + 0.5 for n in range(60)],
        "job": ["baker", "smith", "miller"] * 20,
        "y": ["no", "yes"] * 30,
    }


def dataset(overrides=None, **changes):
    table = pa.table({name: values for name, values in (columns() | changes).items() if values is not None})
    return make_dataset(table, infer_schema(table, target="y", overrides=overrides or {}))


def with_rows(name, values):
    """The column with some values at its end."""
    return [*columns()[name][: -len(values)], *values]


def drift(overrides=None, said=None, **changes):
    return check_drift(dataset(overrides, **changes), dataset().schema, said=said or {})


def test_the_same_data_and_narrower_ones_are_no_drift():
    assert drift() == ()
    assert drift(age=[30.5] * 60, job=["baker", "smith"] * 30) == ()


@pytest.mark.parametrize(
    ("changes", "feature", "severity", "rows", "words"),
    [
        ({"age": with_rows("age", [900.5, -3.5])}, "age", Severity.WARNING, (58, 59), "beyond its pinned range"),
        ({"age": with_rows("age", [None])}, "age", Severity.WARNING, (59,), "had no missing value"),
        ({"job": with_rows("job", ["secret"])}, "job", Severity.WARNING, (59,), "1 categories"),
        ({"y": with_rows("y", ["maybe", "maybe"])}, "y", Severity.ERROR, (58, 59), "1 categories"),
        ({"job": None}, "job", Severity.ERROR, (), "gone"),
        ({"more": [0.5] * 60}, "more", Severity.ERROR, (), "new"),
        ({"job": [float(n) + 0.5 for n in range(60)]}, "job", Severity.ERROR, (), "kind"),
    ],
)
def test_a_planted_change_is_told_with_its_rows_and_without_a_value(changes, feature, severity, rows, words):
    found = drift(**changes)
    assert {one.code for one in found} == {"verify.schema.changed"}
    assert {one.feature for one in found} == {feature}
    assert (found[0].severity, found[0].rows) == (severity, rows)
    assert words in found[0].message
    assert not any(value in found[0].message for value in ("secret", "900", "maybe"))


def test_another_role_is_told():
    (found,) = drift(overrides={"job": FeatureOverride(role=Role.IGNORED)})
    assert (found.severity, found.feature) == (Severity.ERROR, "job")
    assert "role" in found.message


@pytest.mark.parametrize(
    ("overrides", "changes", "said"),
    [
        ({"job": FeatureOverride(role=Role.IGNORED)}, {}, {"job": {"role"}}),
        ({"job": FeatureOverride(kind=Kind.TEXT)}, {}, {"job": {"kind", "role"}}),
        ({"age": FeatureOverride(high=1000.0)}, {"age": with_rows("age", [900.5])}, {"age": {"high"}}),
        ({}, {"job": with_rows("job", ["x"])}, {"job": {"categories"}}),
        ({}, {"age": with_rows("age", [None])}, {"age": {"nullable"}}),
    ],
)
def test_what_the_user_says_is_no_drift(overrides, changes, said):
    assert drift(overrides, said, **changes) == ()


def test_times_and_keys_go_on():
    table = columns() | {"visit-id": [f"v{n}" for n in range(60)], "time": list(range(60))}
    pinned = dataset(**table)
    later = table | {"visit-id": [f"v{n}" for n in range(60, 120)], "time": list(range(100, 160))}
    assert [one.role for one in pinned.schema.features][-2:] == [Role.ID, Role.TIME]
    assert check_drift(dataset(**later), pinned.schema) == ()


def test_a_change_in_the_held_out_rows_only_is_told_without_rows():
    changed = dataset(age=with_rows("age", [900.5]))
    (found,) = check_drift(changed.take(changed.table["age"].to_numpy() < 100), dataset().schema)
    assert (found.rows, found.count) == ((), 0)
