"""Between tables and matrices."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from hauberk.data import (
    Feature,
    Kind,
    Role,
    Schema,
    decode_rows,
    encode_labels,
    encode_rows,
    encode_weights,
    make_dataset,
)
from hauberk.data.errors import BadLabel, BadRows, BadTarget, BadValue, BadWeight, UnsupportedColumn

SCHEMA = Schema(
    features=(
        Feature(name="id", kind=Kind.INTEGER, role=Role.ID),
        Feature(name="n", kind=Kind.NUMBER),
        Feature(name="c", kind=Kind.CATEGORY, categories=("b", "a")),
        Feature(name="y", kind=Kind.CATEGORY, categories=("no", "yes"), role=Role.TARGET),
        Feature(name="i", kind=Kind.INTEGER),
    )
)


def dataset(**columns):
    plain = {"id": [2**60, 1, 2], "n": [0.1, None, -3.0], "c": ["a", "b", None], "y": ["yes", "no", "yes"],
             "i": [1, None, 2**53]}  # fmt: skip
    return make_dataset(pa.table(plain | columns), SCHEMA)


def test_codes_follow_the_schema_and_only_inputs_are_encoded() -> None:
    rows = encode_rows(dataset())
    assert rows.dtype == np.float64
    np.testing.assert_array_equal(rows, [[0.1, 1.0, 1.0], [np.nan, 0.0, np.nan], [-3.0, np.nan, 2.0**53]])
    np.testing.assert_array_equal(encode_labels(dataset()), [1, 0, 1])
    assert encode_labels(dataset()).dtype == np.int64


def test_an_unknown_category_is_missing_to_the_model() -> None:
    assert np.isnan(encode_rows(dataset(c=["a", "b", "z"]))[2, 1])


def test_decoding_gives_the_inputs_back() -> None:
    data = dataset()
    decoded = decode_rows(encode_rows(data), SCHEMA)
    assert decoded.equals(data.table.select(["n", "c", "i"]))


@pytest.mark.parametrize(("labels", "row"), [(["yes", None, "no"], 1), (["yes", "no", "maybe"], 2)])
def test_a_bad_label_names_its_row(labels, row: int) -> None:
    with pytest.raises(BadLabel) as caught:
        encode_labels(dataset(y=labels))
    assert caught.value.where == f"column `y`, row {row}"


def test_no_target() -> None:
    schema = Schema(features=SCHEMA.inputs)
    with pytest.raises(BadTarget):
        encode_labels(make_dataset(dataset().table.select(["n", "c", "i"]), schema))


def test_a_whole_number_that_a_float_would_round_is_refused() -> None:
    with pytest.raises(BadValue, match="column `i`, row 1"):
        encode_rows(dataset(i=[1, -(2**53) - 1, 2]))


def test_free_text_is_no_input() -> None:
    schema = Schema(features=(Feature(name="t", kind=Kind.TEXT),))
    with pytest.raises(UnsupportedColumn):
        encode_rows(make_dataset(pa.table({"t": ["a"]}), schema))


@pytest.mark.parametrize(
    "rows",
    [
        [[0.0, 2.0, 0.0]],
        [[0.0, -1.0, 0.0]],
        [[0.0, 0.5, 0.0]],
        [[0.0, 0.0, 0.5]],
        [[0.0, 0.0, 1e300]],
        [[np.inf, 0.0, 0.0]],
        [[0.0, np.inf, 0.0]],
        [[0.0, 0.0]],
        [0.0, 0.0, 0.0],
    ],
)
def test_rows_that_no_table_encodes_to(rows) -> None:
    with pytest.raises(BadRows):
        decode_rows(np.array(rows), SCHEMA)


def weighted(kinds, *columns):
    names = [f"w{place}" for place in range(len(columns))]
    features = (Feature(name=name, kind=kind, role=Role.WEIGHT) for name, kind in zip(names, kinds, strict=True))
    schema = Schema(features=(*features, Feature(name="n", kind=Kind.NUMBER)))
    table = pa.table(dict(zip(names, columns, strict=True)) | {"n": [0.1, 0.2, 0.3]})
    return make_dataset(table, schema)


def test_weights_are_those_of_their_column() -> None:
    np.testing.assert_array_equal(encode_weights(dataset()), [1, 1, 1])
    np.testing.assert_array_equal(encode_weights(weighted([Kind.NUMBER], [0.5, 0.0, 2.0])), [0.5, 0, 2])
    np.testing.assert_array_equal(encode_weights(weighted([Kind.INTEGER], [1, 0, 2])), [1, 0, 2])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (weighted([Kind.NUMBER], [1.0, None, 1.0]), "t.csv: column `w0`, row 1: .* got none"),
        (weighted([Kind.NUMBER], [1.0, 1.0, -0.5]), "row 2: .* got -0.5"),
        (weighted([Kind.NUMBER], [0.0, 0.0, 0.0]), "got 0 in every row"),
        (weighted([Kind.CATEGORY], ["1", "2", "3"]), "got a category"),
        (weighted([Kind.NUMBER] * 2, [1.0] * 3, [2.0] * 3), "column `w0`, `w1`: .* got 2 columns"),
    ],
)
def test_weights_that_are_none_are_refused(data, words: str) -> None:
    with pytest.raises(BadWeight, match=words):
        encode_weights(data, where="t.csv")


def test_an_infinite_weight_is_refused() -> None:
    data = weighted([Kind.NUMBER], [1.0, 1.0, 1.0])
    endless = data.table.set_column(0, "w0", pa.array([1.0, np.inf, 1.0]))
    with pytest.raises(BadWeight, match=r"row 1: .* got inf"):
        encode_weights(replace(data, table=endless))
