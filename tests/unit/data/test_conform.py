"""A new table against the schema of the training data."""

import datetime
from dataclasses import replace

import pyarrow as pa
import pytest

from hauberk.data import (
    Dataset,
    Feature,
    FeatureOverride,
    Kind,
    Role,
    Schema,
    conform_table,
    infer_schema,
    input_schema,
    make_dataset,
)
from hauberk.data.errors import BadValue, DuplicateColumn, MissingColumn, NotConformed, UnknownColumn, UnsupportedColumn

SCHEMA = Schema(
    features=(
        Feature(name="n", kind=Kind.NUMBER),
        Feature(name="i", kind=Kind.INTEGER),
        Feature(name="c", kind=Kind.CATEGORY, categories=("1", "2", "x")),
        Feature(name="t", kind=Kind.TEXT, role=Role.IGNORED),
        Feature(name="y", kind=Kind.CATEGORY, categories=("no", "yes"), role=Role.TARGET),
    )
)


def table(**columns):
    rows = len(next(iter(columns.values()))) if columns else 2
    plain = {"n": [0.5] * rows, "i": [1] * rows, "c": ["x"] * rows, "t": ["a"] * rows, "y": ["no"] * rows}
    return pa.table({name: columns.get(name, values) for name, values in plain.items()})


def column(name, values):
    return conform_table(table(**{name: values}), SCHEMA).column(name).to_pylist()


def test_order_and_types_are_the_schemas() -> None:
    turned = table().select(["y", "t", "c", "i", "n"])
    conformed = conform_table(turned, SCHEMA)
    assert conformed.column_names == ["n", "i", "c", "t", "y"]
    assert [str(kind) for kind in conformed.schema.types] == ["double", "int64", "string", "string", "string"]
    assert conform_table(conformed, SCHEMA).equals(conformed)


def test_numbers_are_read_from_any_type() -> None:
    nan = float("nan")
    assert column("n", [nan, 1.5]) == [None, 1.5]
    assert column("n", [" 2 ", "1e3"]) == [2.0, 1000.0]
    assert column("n", pa.array([True, None])) == [1.0, None]
    assert column("n", pa.array([1, 2], pa.decimal128(5, 2))) == [1.0, 2.0]
    assert column("n", pa.array([1.5, None], pa.float16())) == [1.5, None]
    assert column("n", pa.nulls(2)) == [None, None]
    assert column("n", pa.array(["1", "2", "1"]).dictionary_encode()) == [1.0, 2.0, 1.0]
    assert column("n", pa.array(["nan", "2"])) == [None, 2.0]


def test_integers_are_read_from_any_type() -> None:
    assert column("i", [40.0, float("nan")]) == [40, None]
    assert column("i", ["40", " 7"]) == [40, 7]
    assert column("i", ["40.0", None]) == [40, None]
    assert column("i", pa.array([2**62], pa.uint64())) == [2**62]
    assert column("i", [datetime.date(1970, 1, 2)]) == [86_400_000_000]
    assert column("i", pa.array([1500], pa.timestamp("ns", "UTC"))) == [1]
    assert column("i", pa.array([1], pa.time32("s"))) == [1_000_000]
    assert column("i", pa.array([3], pa.duration("ms"))) == [3000]


def test_categories_are_text_spelt_as_in_the_schema() -> None:
    assert column("c", [1, 2]) == ["1", "2"]
    assert column("c", [1.0, float("nan")]) == ["1", None]
    assert column("c", ["never seen", "x"]) == ["never seen", "x"]
    spelt = replace(SCHEMA, features=(*SCHEMA.features[:2], replace(SCHEMA.features[2], categories=("01", "2.0")),
                                      *SCHEMA.features[3:]))  # fmt: skip
    assert conform_table(table(c=[1, 2]), spelt).column("c").to_pylist() == ["01", "2.0"]
    assert conform_table(table(c=["1", "2"]), spelt).column("c").to_pylist() == ["1", "2"]
    both = replace(SCHEMA, features=(*SCHEMA.features[:2], replace(SCHEMA.features[2], categories=("1.0", "01")),
                                     *SCHEMA.features[3:]))  # fmt: skip
    assert conform_table(table(c=[1, 2]), both).column("c").to_pylist() == ["1", "2"]
    assert column("t", [datetime.date(2020, 1, 2)]) == ["2020-01-02"]


@pytest.mark.parametrize(
    ("name", "values", "rows"),
    [
        ("n", ["1", "x", "2", ""], "row 1, 3"),
        ("n", [1.0, float("inf")], "row 1"),
        ("i", [1.0, 2.5, float("-inf")], "row 1, 2"),
        ("i", [1.0, 2.0**63], "row 1"),
        ("i", [-(2.0**63), 1e300], "row 1"),
        ("i", ["1", "2.5", "z"], "row 1, 2"),
        ("i", pa.array([2**63], pa.uint64()), "row 0"),
        ("n", ["x"] * 9, "row 0, 1, 2, 3, 4 and 4 more"),
    ],
)
def test_values_that_cannot_be_read_are_named_by_row(name: str, values, rows: str) -> None:
    with pytest.raises(BadValue) as caught:
        conform_table(table(**{name: values}), SCHEMA, where="test.csv")
    assert caught.value.where == f"test.csv: column `{name}`, {rows}"


def test_personal_values_are_not_shown() -> None:
    open_schema, closed = SCHEMA, replace(SCHEMA, features=(replace(SCHEMA.features[0], personal=True),
                                                            *SCHEMA.features[1:]))  # fmt: skip
    for schema, shown in ((open_schema, True), (closed, False)):
        with pytest.raises(BadValue) as caught:
            conform_table(table(n=["secret", "1"]), schema)
        assert ("secret" in str(caught.value.document())) is shown


def test_other_columns() -> None:
    with pytest.raises(MissingColumn, match="column `c`"):
        conform_table(table().drop_columns("c"), SCHEMA)
    with pytest.raises(UnknownColumn) as caught:
        conform_table(table().rename_columns(["n", "i", "c", "t", "Y2"]), SCHEMA)
    assert caught.value.hint == "did you mean `y`?"
    with pytest.raises(DuplicateColumn):
        conform_table(pa.Table.from_arrays([pa.array([1])] * 2, names=["n", "n"]), SCHEMA)
    with pytest.raises(UnsupportedColumn):
        conform_table(table(n=[[1], [2]]), SCHEMA)
    request = conform_table(table().select(["n", "i", "c"]), input_schema(SCHEMA))
    assert request.column_names == ["n", "i", "c"]


def test_a_dataset_is_always_conformed() -> None:
    with pytest.raises(NotConformed, match="`i` as int64"):
        Dataset(table=table(i=[1.0, 2.0]), schema=SCHEMA)
    with pytest.raises(NotConformed, match="5 columns"):
        Dataset(table=conform_table(table(), SCHEMA).drop_columns("y"), schema=SCHEMA)
    dataset = make_dataset(table(i=[5, 6, 7]), SCHEMA)
    import numpy as np

    assert dataset.take(np.array([2, 0])).table.column("i").to_pylist() == [7, 5]
    assert dataset.take(np.array([False, True, False])).table.column("i").to_pylist() == [6]
    assert dataset.take(np.array([], np.intp)).rows == 0


def test_an_integer_target_of_the_training_file_meets_text_in_the_test_file() -> None:
    train = pa.table({"x": [1.5, 2.5], "y": [0, 1]})
    schema = infer_schema(train, target="y", overrides={"x": FeatureOverride(unit="m")})
    for labels in (["1", "0"], [1.0, 0.0], pa.array([1, 0], pa.int8()), pa.array(["1", "0"]).dictionary_encode()):
        test = pa.table({"x": [3, 4], "y": labels})
        assert conform_table(test, schema).column("y").to_pylist() == ["1", "0"]
