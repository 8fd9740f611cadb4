"""Laws of personal data: pseudonyms, what a plan leaves, crowds against brute force, and arbitrary text."""

import math
from collections import Counter, defaultdict

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from hauberk.core.errors import HauberkError
from hauberk.crypto import PseudonymKey
from hauberk.data import Feature, Kind, Role, Schema, make_dataset
from hauberk.verify.personal import (
    AgeToNinety,
    Bin,
    DateToYear,
    Deidentification,
    Drop,
    PersonalScan,
    Pseudonym,
    ZipToThree,
    check_personal,
    deidentify,
    measure_anonymity,
    propose_safe_harbor,
    roll_up_rare,
    scan_personal,
)

text = st.text(st.characters(codec="utf-8"), max_size=40)
keys = st.binary(min_size=32, max_size=32)
pieces = st.sampled_from(
    ["4111 1111 1111 1111", "a@b.example", "DE89370400440532013000", "+44 20 7946 0958", "536-90-4399", "1.2.3.4",
     "2001:db8::1:2:3", "1987-03-05", "3 May 1999", "\u200b", "\uff11", "\u0661", "::", "@", "+", "-", " ", "\n", "Dr."]
)  # fmt: skip
messy = st.lists(pieces | text, max_size=6).map("".join)


def column(values, kind: Kind = Kind.TEXT, *, name: str = "c"):
    feature = Feature(name=name, kind=kind, role=Role.IGNORED, nullable=True)
    types = {Kind.TEXT: pa.string(), Kind.INTEGER: pa.int64(), Kind.NUMBER: pa.float64()}
    return make_dataset(pa.table({name: pa.array(values, types[kind])}), Schema(features=(feature,)))


def applied(dataset, *steps, key=None):
    return deidentify(dataset, Deidentification(steps=steps), key=key)


@settings(deadline=None)
@given(st.lists(st.none() | text, min_size=1, max_size=12), keys, keys)
def test_pseudonyms_are_equal_where_values_are_and_only_there(values, first, second) -> None:
    one, other = (
        applied(column(values), Pseudonym(column="c"), key=PseudonymKey(key)).table.column("c").to_pylist()
        for key in (first, second)
    )
    for left in range(len(values)):
        assert (values[left] is None) == (one[left] is None)
        assert values[left] is None or (one[left] == other[left]) == (first == second)
        for right in range(left):
            assert (values[left] == values[right]) == (one[left] == one[right])


@settings(deadline=None)
@given(st.lists(text.filter(lambda value: len(value) >= 4), min_size=1, max_size=12), keys)
def test_pseudonyms_differ_from_column_to_column_and_hold_no_value(values, key) -> None:
    names = [
        applied(column(values, name=name), Pseudonym(column=name), key=PseudonymKey(key)).table.column(name).to_pylist()
        for name in ("c", "d")
    ]
    assert not set(names[0]) & set(names[1])
    assert not [value for value in values if value in names[0]]


@settings(deadline=None)
@given(st.lists(st.integers(0, 130), min_size=1), st.lists(st.integers(501, 99_950), min_size=1))
def test_generalised_columns_name_no_old_age_and_no_zip_code(ages, codes) -> None:
    found = applied(column(ages, Kind.INTEGER), AgeToNinety(column="c")).table.column("c").to_pylist()
    assert found == [min(age, 90) for age in ages]
    texts = [f"{code:05}" for code in codes]
    areas = applied(column(texts), ZipToThree(column="c")).table.column("c").to_pylist()
    assert all(len(area) == 3 for area in areas)
    assert areas == applied(column(codes, Kind.INTEGER), ZipToThree(column="c")).table.column("c").to_pylist()


@settings(deadline=None)
@given(st.lists(messy, min_size=1, max_size=8))
def test_no_step_but_a_roll_up_lets_a_text_through(values) -> None:
    for step in (DateToYear(column="c"), ZipToThree(column="c"), Pseudonym(column="c")):
        after = applied(column(values), step, key=PseudonymKey(bytes(32))).table.column("c").to_pylist()
        kept = {str(value) for value in after} & set(values)
        # A year and a three-digit area may stay as they are; `None` is the spelling of a missing value.
        assert all(len(value) <= 4 for value in kept)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 9999), min_size=12, max_size=30, unique=True), st.integers(0, 10**6))
def test_the_proposed_plan_lets_no_identifier_through(numbers, salt) -> None:
    secrets = {
        "contact": [f"p{n}.{salt}@example.org" for n in numbers],
        "pan": [f"4{salt:07}00{n:04}0" for n in numbers],
        "born": [f"19{n % 90 + 10}-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in numbers],
        "home": [f"192.0.2.{n % 200 + 1}" for n in numbers],
        "zip": [f"{n:04}7-{n:04}" for n in numbers],
        "mrn": [f"M-{salt}-{n}" for n in numbers],
    }
    secrets["pan"] = [number + luhn.calc_check_digit(number) for number in secrets["pan"]]
    notes = [" ".join(cells) for cells in zip(*secrets.values(), strict=True)]
    features = tuple(Feature(name=name, kind=Kind.TEXT, role=Role.IGNORED) for name in (*secrets, "note"))
    dataset = make_dataset(pa.table(secrets | {"note": notes, "x": numbers}),
                           Schema(features=(*features, Feature(name="x", kind=Kind.INTEGER))))  # fmt: skip
    plan = propose_safe_harbor(scan_personal(dataset, seed=0), dataset.schema, reference_year=2020)
    result = deidentify(dataset, plan).table.drop_columns(["x"])
    left = {str(value) for name in result.column_names for value in result.column(name).to_pylist()}
    assert not [value for values in secrets.values() for value in values if any(value in cell for cell in left)]
    assert set(result.column_names) <= {"born", "zip"}


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5, unique=True))
def test_bins_hold_their_values(values, edges) -> None:
    edges = tuple(sorted(edges))
    result = applied(column(values, Kind.NUMBER), Bin(column="c", edges=edges))
    names = result.schema.features[0].categories
    for value, name in zip(values, result.table.column("c").to_pylist(), strict=True):
        assert names.index(name) == sum(edge <= value for edge in edges)


@settings(deadline=None)
@given(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=60), st.integers(2, 10))
def test_rolled_up_categories_are_never_rare_unless_all_rows_are(values, least) -> None:
    step = roll_up_rare(column(values), "c", least=least)
    counts = Counter(applied(column(values), step).table.column("c").to_pylist())
    assert min(counts.values()) >= min(least, len(values))


rows = st.lists(
    st.tuples(st.none() | st.sampled_from("ab"), st.none() | st.integers(0, 2), st.sampled_from("xyz")),
    min_size=1,
    max_size=40,
)


@settings(deadline=None)
@given(rows, st.integers(2, 6))
def test_anonymity_is_that_of_brute_force(values, k) -> None:
    features = (
        Feature(name="t", kind=Kind.TEXT, role=Role.IGNORED, nullable=True),
        Feature(name="i", kind=Kind.INTEGER, nullable=True),
        Feature(name="s", kind=Kind.TEXT, role=Role.IGNORED),
    )
    arrays = [
        pa.array(cells, kind)
        for cells, kind in zip(zip(*values, strict=True), [pa.string(), pa.int64(), pa.string()], strict=True)
    ]
    dataset = make_dataset(pa.table(dict(zip("tis", arrays, strict=True))), Schema(features=features))
    found = measure_anonymity(dataset, quasi=("t", "i"), k=k, sensitive="s")
    crowds = defaultdict(list)
    for first, second, sensitive in values:
        crowds[first, second].append(sensitive)
    sizes = [len(crowd) for crowd in crowds.values()]
    assert (found.classes, found.smallest) == (len(crowds), min(sizes))
    assert found.rows_below == sum(size for size in sizes if size < k)
    assert found.diversity.distinct == min(len(set(crowd)) for crowd in crowds.values())
    entropies = [-sum(n / len(c) * math.log(n / len(c)) for n in Counter(c).values()) for c in crowds.values()]
    assert math.isclose(found.diversity.entropy, math.exp(min(entropies)), rel_tol=1e-12)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.none() | messy, min_size=1, max_size=20), st.sampled_from(["c", "zip", "name", "dob", "age", "ssn"]))
def test_arbitrary_text_neither_breaks_the_scan_nor_gets_out(values, name) -> None:
    dataset = column(values, name=name)
    evidence = scan_personal(dataset, seed=0)
    findings = check_personal(dataset, seed=0)
    out = repr(findings) + repr(evidence) + "".join(str(one.document()) for one in evidence)
    telling = {value for value in values if value and len(value) >= 8 and any(map(str.isdigit, value))}
    assert not [value for value in telling if value in out]
    assert all(0 < one.count <= one.share.n <= len(values) for one in evidence)


@settings(deadline=None, max_examples=60)
@given(st.lists(messy.filter(lambda value: len(value) > 8), min_size=1, max_size=6), st.integers(0, 4))
def test_errors_show_no_value(values, which) -> None:
    wrong = ["c", "c", "c", "n", "c"]
    steps = [AgeToNinety, lambda column: Bin(column=column, edges=(1.0,)), Drop, Drop, Pseudonym]
    with pytest.raises(HauberkError) as caught:
        applied(column(values), steps[which](column=wrong[which]))
    assert not [value for value in values if value in str(caught.value) + repr(caught.value.document())]


@settings(deadline=None, max_examples=25)
@given(st.permutations([f"p{n}@example.org" for n in range(6)] + ["none"] * 6))
def test_a_scan_of_all_rows_knows_no_order(values) -> None:
    assert scan_personal(column(values), seed=0) == scan_personal(
        column(sorted(values)), seed=1, scan=PersonalScan(rows=12)
    )
