"""Findings on columns, rows and label: with the fault planted, and without it."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from hauberk.core.finding import Severity
from hauberk.data import (
    Dataset,
    Feature,
    FeatureOverride,
    Kind,
    LinearRelation,
    Role,
    Schema,
    infer_schema,
    make_dataset,
)
from hauberk.verify import (
    check_columns,
    check_dataset,
    check_duplicates,
    check_overlap,
    check_target,
    single_feature_skill,
)

N = 200


def clean(rows: int = N) -> pa.Table:
    random = np.random.default_rng(1)
    x, k = random.normal(size=rows), random.integers(0, 9, rows)
    y = np.where(x + random.normal(size=rows) > 0, "yes", "no")
    return pa.table({"x": x, "k": k, "c": np.array(["a", "b", "c"])[k % 3], "y": y})


SCHEMA = infer_schema(clean(), target="y")


def dataset(schema: Schema = SCHEMA, **columns) -> Dataset:
    table = clean()
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    return make_dataset(table, schema)


def poked(name: str, rows: list[int], value: object) -> list[object]:
    values = clean().column(name).to_pylist()
    for row in rows:
        values[row] = value
    return values


def test_a_clean_table_has_no_findings() -> None:
    assert check_dataset(dataset()) == ()


@pytest.mark.parametrize(
    ("name", "value", "code", "severity"),
    [
        ("x", None, "verify.schema.null", Severity.WARNING),
        ("y", None, "verify.schema.null", Severity.ERROR),
        ("k", 9, "verify.schema.out_of_range", Severity.WARNING),
        ("x", -1e6, "verify.schema.out_of_range", Severity.WARNING),
        ("c", "d", "verify.schema.unknown_category", Severity.WARNING),
        ("y", "maybe", "verify.schema.unknown_category", Severity.ERROR),
    ],
)
def test_values_against_the_schema(name: str, value: object, code: str, severity: Severity) -> None:
    (finding,) = check_columns(dataset(**{name: poked(name, [3, 77], value)}))
    assert (finding.code, finding.severity, finding.feature) == (code, severity, name)
    assert (finding.rows, finding.count) == ((3, 77), 2)
    assert str(value) not in finding.message or value is None


def test_rows_are_capped_and_counted() -> None:
    rows = list(range(5, 95))
    (finding,) = check_columns(dataset(k=poked("k", rows, 99)), named=7)
    assert (finding.rows, finding.count) == (tuple(rows[:7]), 90)
    assert finding.message.startswith("90 values of `k`")


def test_a_nullable_column_may_be_missing() -> None:
    schema = replace(SCHEMA, features=tuple(replace(one, nullable=True) for one in SCHEMA.features))
    assert check_columns(dataset(schema, x=poked("x", [3], None))) == ()


def test_inputs_that_say_nothing() -> None:
    constant = pa.array([1.0] * N)
    table = clean().set_column(0, "x", constant)
    found = check_columns(make_dataset(table, infer_schema(table, target="y")))
    assert [(one.code, one.feature) for one in found] == [("verify.schema.constant", "x")]
    half = make_dataset(clean().set_column(0, "x", pa.array([1.0, None] * (N // 2))), replace(
        SCHEMA, features=(replace(SCHEMA.features[0], nullable=True), *SCHEMA.features[1:])))  # fmt: skip
    assert check_columns(half) == ()


def test_keys_among_the_inputs() -> None:
    shuffled = pa.array(np.random.default_rng(0).permutation(N) * 3)
    table = clean().set_column(1, "k", shuffled)
    schema = infer_schema(table, target="y")
    assert schema.features[1].role is Role.INPUT
    assert [one.code for one in check_columns(make_dataset(table, schema))] == ["verify.schema.id_like"]
    said = infer_schema(table, target="y", overrides={"k": FeatureOverride(role=Role.ID)})
    assert check_columns(make_dataset(table, said)) == ()


def test_names_with_braces_do_not_break_messages() -> None:
    table = clean().rename_columns(["{x}", "k", "c", "y"])
    schema = infer_schema(clean().rename_columns(["{x}", "k", "c", "y"]), target="y")
    values = poked("x", [0], 1e9)
    (finding,) = check_columns(make_dataset(table.set_column(0, "{x}", pa.array(values)), schema))
    assert "`{x}`" in finding.message


def test_relations_and_groups() -> None:
    features = tuple(Feature(name=name, kind=Kind.INTEGER, one_hot="g" if name != "t" else "") for name in "abt")
    relation = LinearRelation(name="no more than ten", coefficients=(("a", 4.0), ("t", 1.0)), bound=10.0)
    schema = Schema(features=features, relations=(relation,))
    table = pa.table({"a": [1, 0, 1, 1, 0], "b": [0, 1, 1, 0, None], "t": [6, 50, 6, 7, 6]})
    found = {one.code: one.rows for one in check_columns(make_dataset(table, schema))}
    assert found["verify.schema.relation"] == (1, 3)
    assert found["verify.schema.one_hot"] == (2, 4)
    truth = tuple(replace(one, kind=Kind.CATEGORY, categories=("false", "true")) for one in features[:2])
    table = pa.table({"a": [True, False, True], "b": [False, True, True]})
    found = {one.code: one.rows for one in check_columns(make_dataset(table, Schema(features=truth)))}
    assert found == {"verify.schema.one_hot": (2,)}


def test_duplicates_and_contradictions() -> None:
    table = clean()
    doubled = pa.concat_tables([table, table.slice(10, 3), table.slice(10, 1)])
    found = check_duplicates(make_dataset(doubled, SCHEMA))
    assert [(one.code, one.rows, one.count) for one in found] == [
        ("verify.rows.duplicate", (N, N + 1, N + 2, N + 3), 4)
    ]
    turned = table.slice(5, 1)
    other = "no" if turned.column("y")[0].as_py() == "yes" else "yes"
    turned = turned.set_column(3, "y", pa.array([other]))
    found = check_duplicates(make_dataset(pa.concat_tables([table, turned]), SCHEMA))
    assert [(one.code, one.rows) for one in found] == [("verify.rows.contradictory", (5, N))]


def test_a_key_does_not_hide_duplicates_and_a_missing_value_is_no_empty_text() -> None:
    table = pa.table({"id": range(4), "c": ["", None, "", None], "y": ["a", "a", "a", "b"]})
    schema = infer_schema(table, target="y", overrides={"id": FeatureOverride(role=Role.ID)})
    found = {one.code: one.rows for one in check_duplicates(make_dataset(table, schema))}
    assert found == {"verify.rows.duplicate": (2,), "verify.rows.contradictory": (1, 3)}


def test_overlap() -> None:
    train, test = dataset().take(np.arange(150)), dataset().take(np.arange(150, N))
    assert check_overlap(train, test) == ()
    leaked = make_dataset(pa.concat_tables([test.table, train.table.slice(20, 2)]), SCHEMA)
    (finding,) = check_overlap(train, leaked)
    assert (finding.code, finding.rows) == ("verify.rows.overlap", (50, 51))
    assert "2 of 52" in finding.message


def test_leaks() -> None:
    labels = clean().column("y").to_pylist()
    codes = [float(label == "yes") for label in labels]
    noise = np.random.default_rng(0).uniform(0, 0.9, N)
    for leak in (pa.array(codes), pa.array(np.array(codes) + noise), pa.array([1 - 2 * code for code in codes])):
        table = clean().set_column(0, "x", leak)
        found = check_target(make_dataset(table, infer_schema(table, target="y")))
        assert [(one.code, one.feature) for one in found] == [("verify.target.leakage", "x")]
    table = clean().set_column(2, "c", pa.array([f"decided {label}" for label in labels]))
    found = check_target(make_dataset(table, infer_schema(table, target="y")))
    assert [one.feature for one in found] == ["c"]
    gaps = clean().set_column(0, "x", pa.array([None if label == "no" else 0.0 for label in labels]))
    found = check_target(make_dataset(gaps, infer_schema(gaps, target="y")))
    assert [one.feature for one in found] == ["x"]


def test_a_rare_class_is_leaked_too() -> None:
    random = np.random.default_rng(3)
    fraud = random.random(4000) < 0.02
    leak = np.where(fraud, random.uniform(10, 20, 4000), random.normal(size=4000))
    assert single_feature_skill(leak, fraud.astype(np.int64), 2) > 0.95
    assert single_feature_skill(random.normal(size=4000), fraud.astype(np.int64), 2) < 0.1
    assert single_feature_skill(np.arange(4000.0), fraud.astype(np.int64), 2) < 0.1


def test_classes() -> None:
    def found(counts: dict[str, int]) -> list[tuple[str, int]]:
        labels = [name for name, count in counts.items() for _ in range(count)]
        table = pa.table({"x": np.random.default_rng(0).normal(size=len(labels)), "y": labels})
        return [(one.code, one.count) for one in check_target(make_dataset(table, infer_schema(table, target="y")))]

    assert found({"a": 100, "b": 50}) == []
    assert found({"a": 1000, "b": 90}) == [("verify.target.imbalance", 90)]
    assert found({"a": 100, "b": 19, "c": 3}) == [("verify.target.few_rows", 22)]
    assert found({"a": 100}) == [("verify.target.single_class", 100)]
    assert found({str(digit): 30 for digit in range(10)}) == []


def test_bad_labels_are_left_out_of_the_target_checks() -> None:
    data = dataset(y=poked("y", [0, 1], None))
    assert [one.code for one in check_dataset(data)] == ["verify.schema.null"]


def test_the_empty_dataset_is_an_error() -> None:
    (finding,) = check_dataset(dataset().take(np.array([], np.intp)))
    assert (finding.code, finding.severity) == ("verify.rows.empty", Severity.ERROR)
    only_target = Schema(features=(SCHEMA.features[3],))
    assert check_dataset(make_dataset(clean().select(["y"]), only_target))[0].severity is Severity.ERROR


def test_keys_beyond_a_float_are_compared():
    table = clean().append_column("id", pa.array([2**62 + 3 * row for row in range(N)]))
    dataset = make_dataset(table, infer_schema(table, target="y"))
    assert not [found for found in check_columns(dataset) if found.feature == "id"]
