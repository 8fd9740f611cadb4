"""Inference: kinds, ranges, roles and names; overrides; the target; what is refused."""

import datetime

import numpy as np
import pyarrow as pa
import pytest

from hauberk.data import FeatureOverride, Inference, Kind, Role, infer_schema, make_dataset
from hauberk.data.columns import cast_column
from hauberk.data.errors import (
    BadTarget,
    BadValue,
    DuplicateColumn,
    MostlyNumbers,
    NoRows,
    UnknownColumn,
    UnsupportedColumn,
)

N = 60


def feature(values, name="x", **override):
    table = pa.table({name: values, "y": ["a", "b"] * (len(values) // 2)})
    overrides = {name: FeatureOverride(**override)} if override else {}
    return infer_schema(table, target="y", overrides=overrides).features[0]


def test_numbers_and_integers() -> None:
    number = feature(pa.array(np.linspace(-1.5, 2.5, N)))
    assert (number.kind, number.low, number.high, number.nullable) == (Kind.NUMBER, -1.5, 2.5, False)
    integer = feature(pa.array([3, 9] * 30))
    assert (integer.kind, integer.role, integer.low, integer.high) == (Kind.INTEGER, Role.INPUT, 3.0, 9.0)


def test_whole_floats_are_integers_only_where_a_gap_explains_them() -> None:
    assert feature(pa.array([1.0, 2.0] * 30)).kind is Kind.NUMBER
    gaps = feature(pa.array([1.0, float("nan"), 5.0, None] * 15))
    assert (gaps.kind, gaps.nullable, gaps.low, gaps.high) == (Kind.INTEGER, True, 1.0, 5.0)


def test_categories_are_sorted_and_capped() -> None:
    texts = feature(pa.array(["b", "a", None, "b"] * 15))
    assert (texts.kind, texts.categories, texts.nullable) == (Kind.CATEGORY, ("a", "b"), True)
    assert feature(pa.array([True, False] * 30)).categories == ("false", "true")
    coded = feature(pa.array(["10", "9", "-2"] * 20).dictionary_encode())
    assert coded.categories == ("-2", "9", "10")
    few = pa.array([str(n % 16) + "x" for n in range(N)])
    many = pa.array([f"{n % 40}x" for n in range(N)])
    assert feature(few).kind is Kind.CATEGORY
    assert (feature(many).kind, feature(many).role) == (Kind.TEXT, Role.IGNORED)
    table = pa.table({"x": [f"{n % 5}x" for n in range(N)], "y": ["a", "b"] * 30})
    assert infer_schema(table, target="y", inference=Inference(categories=4)).features[0].kind is Kind.TEXT


def test_keys_groups_and_times_are_no_inputs() -> None:
    assert feature(pa.array(range(7, 7 + N))).role is Role.ID
    shuffled = np.random.default_rng(0).permutation(N)
    assert feature(pa.array(shuffled)).role is Role.INPUT
    assert feature(pa.array(shuffled), "account_id").role is Role.ID
    assert feature(pa.array(shuffled // 2 * 2), "patient_nbr").role is Role.GROUP
    assert feature(pa.array(np.arange(N) % 4), "admission_type_id").role is Role.INPUT
    assert feature(pa.array([f"u{n}" for n in range(N)])).role is Role.ID
    assert feature(pa.array(np.arange(N) // 2 * 3.5), "Time").role is Role.TIME
    assert feature(pa.array(shuffled * 0.5), "time_in_hospital").role is Role.INPUT
    assert feature(pa.array(np.linspace(0.5, 2, N)), "sample_weight").role is Role.WEIGHT
    assert feature(pa.nulls(N)).role is Role.IGNORED


def test_dates_become_microseconds_and_only_the_first_is_the_axis() -> None:
    day = datetime.date(2020, 1, 1)
    table = pa.table({"seen": [day] * N, "born": pa.array([0] * N, pa.timestamp("ns")), "y": ["a", "b"] * 30})
    schema = infer_schema(table, target="y")
    assert [one.role for one in schema.features] == [Role.TIME, Role.IGNORED, Role.TARGET]
    assert schema.features[0].low == datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC).timestamp() * 1e6
    assert schema.features[0].unit.startswith("us")


@pytest.mark.parametrize(
    ("name", "protected", "personal", "sensitive"),
    [
        ("native-country", True, False, False),
        ("SEX", True, False, False),
        ("RAC1P", True, False, True),
        ("ageGroup", True, False, False),
        ("Ethnicity", True, False, True),
        ("marital_status", True, False, False),
        ("has.disability", True, False, True),
        ("first_name", False, True, False),
        ("E-Mail", False, True, False),
        ("ZIPCode", False, True, False),
        ("date_of_birth", False, True, False),
        ("diagnosis", False, False, True),
        ("page", False, False, False),
        ("hours_per_week", False, False, False),
        ("embrace", False, False, False),
    ],
)
def test_names_that_the_law_speaks_of(name: str, protected: bool, personal: bool, sensitive: bool) -> None:
    found = feature(pa.array([1, 2] * 30), name)
    assert (found.protected, found.personal, found.sensitive) == (protected, personal, sensitive)


def test_targets() -> None:
    def target(values, **override):
        table = pa.table({"x": [0.5, 1.5] * (len(values) // 2), "y": values})
        overrides = {"y": FeatureOverride(**override)} if override else {}
        return infer_schema(table, target="y", overrides=overrides).target

    assert target(pa.array([1, 0] * 30)).categories == ("0", "1")
    assert target(pa.array([1.0, 0.0] * 30)).categories == ("0", "1")
    assert target(pa.array([True, False] * 30)).categories == ("false", "true")
    assert target(pa.array(["no", None] * 30)).nullable is False
    with pytest.raises(BadTarget, match="fractions"):
        target(pa.array([0.5, 1.5] * 30))
    with pytest.raises(BadTarget, match="no value"):
        target(pa.nulls(4, pa.string()))
    with pytest.raises(BadTarget, match="102 values"):
        target(pa.array(range(102)))
    with pytest.raises(BadTarget, match="kind = number"):
        target(pa.array([1, 0] * 30), kind=Kind.NUMBER)


def test_overrides_come_before_ranges_and_categories() -> None:
    coded = feature(pa.array([3, 1, 2, 3]), kind=Kind.CATEGORY, mutable=True, choices=("1", "2"))
    assert coded.categories == ("1", "2", "3")
    assert coded.adversary.choices == ("1", "2")
    assert feature(pa.array(["1", "2.5"]), kind=Kind.NUMBER).high == 2.5
    with pytest.raises(BadValue) as caught:
        feature(pa.array(["1", "x", "2", "y"]), kind=Kind.INTEGER)
    assert caught.value.where == "column `x`, row 1, 3"


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    table = pa.table({"age": [1, 2], "income": ["a", "b"]})
    with pytest.raises(UnknownColumn) as caught:
        infer_schema(table, target="Incom", where="train.csv")
    assert caught.value.hint == "did you mean `income`?"
    assert caught.value.where == "train.csv: target"
    with pytest.raises(UnknownColumn, match="agee"):
        infer_schema(table, target="income", overrides={"agee": FeatureOverride()})
    assert infer_schema(table, target=None).target is None


def test_numbers_spoilt_by_a_few_texts_are_refused() -> None:
    spoilt = pa.array([f"{n}.5" for n in range(58)] + ["?", "?"])
    with pytest.raises(MostlyNumbers, match=r"'\?' in row 58, 2 such rows of 60") as caught:
        feature(spoilt)
    assert "data.csv.null" in caught.value.hint
    assert feature(spoilt, kind=Kind.TEXT).kind is Kind.TEXT
    with pytest.raises(MostlyNumbers) as hidden:
        feature(spoilt, "zip")
    assert "?" not in hidden.value.message


@pytest.mark.parametrize("mark", [{"personal": True}, {"sensitive": True}, {"personal": True, "kind": Kind.NUMBER}])
def test_errors_show_no_value_of_a_column_that_somebody_marked(mark) -> None:
    spoilt = pa.array([f"{n}.5" for n in range(59)] + ["Ada Okafor 42"])
    with pytest.raises((MostlyNumbers, BadValue), match="row 59") as hidden:
        feature(spoilt, "kundennr", **mark)
    assert "Okafor" not in str(hidden.value)
    with pytest.raises(MostlyNumbers) as named:
        feature(spoilt, "diagnosis")
    assert "Okafor" not in str(named.value)


def test_a_bad_neighbour_changes_no_number() -> None:
    texts = [
        "1",
        "-2.5",
        "+3",
        ".5",
        "5.",
        "1e3",
        "1E-3",
        "-1.e+2",
        "inf",
        "-Infinity",
        "nan",
        "NaN",
        "1_0",
        "0x1",
        "1,5",
        "e",
    ]
    for text in texts:
        alone = pa.chunked_array([[text]])
        try:
            expected = alone.cast(pa.float64())[0].as_py()
        except pa.ArrowInvalid:
            expected = None
        number = cast_column(pa.chunked_array([[text, "a note"]]), Kind.NUMBER)
        finite = expected is not None and np.isfinite(expected)
        assert number.values[0].as_py() == (expected if finite else None), text
        assert 1 in number.bad


def test_what_no_schema_can_be_read_from() -> None:
    with pytest.raises(NoRows):
        infer_schema(pa.table({"a": pa.array([], pa.int64())}), target="a")
    with pytest.raises(NoRows):
        infer_schema(pa.table({}), target=None)
    with pytest.raises(DuplicateColumn):
        infer_schema(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), target="a")
    for values in (pa.array([[1], [2]]), pa.array([b"x", b"y"]), pa.array([{"a": 1}, None])):
        with pytest.raises(UnsupportedColumn, match="column `x`"):
            feature(values)


def test_integers_beyond_int64_stay_text() -> None:
    huge = feature(pa.array([2**64 - 1, 1] * 30, pa.uint64()))
    assert huge.kind is Kind.CATEGORY or huge.kind is Kind.TEXT
    table = pa.table({"x": pa.array([2**64 - 1, 1] * 30, pa.uint64()), "y": ["a", "b"] * 30})
    assert make_dataset(table, infer_schema(table, target="y")).table.column("x")[0].as_py() == str(2**64 - 1)
