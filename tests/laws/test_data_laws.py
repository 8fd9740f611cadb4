"""Laws of tables: decode after encode, one form whatever the file, reach, manifests, and one changed cell."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.data import (
    Adversary,
    CsvOptions,
    Direction,
    Feature,
    Kind,
    LinearRelation,
    Role,
    Schema,
    ball_reach,
    build_manifest,
    check_reach,
    conform_table,
    decode_rows,
    encode_rows,
    find_changed_rows,
    infer_schema,
    make_dataset,
    parse_manifest,
    parse_schema,
    read_table,
    render_manifest,
    render_schema,
    resolve_reach,
    verify_schema,
)

CATEGORIES = ("", "a", "é", "1", "a b")
SCHEMA = Schema(
    features=(
        Feature(name="n", kind=Kind.NUMBER),
        Feature(name="i", kind=Kind.INTEGER),
        Feature(name="c", kind=Kind.CATEGORY, categories=CATEGORIES),
        Feature(name="t", kind=Kind.TEXT, role=Role.IGNORED),
    )
)

numbers = st.floats(allow_nan=False, allow_infinity=False)
text = st.text(st.characters(codec="utf-8"), max_size=5)
row = st.tuples(
    st.none() | numbers,
    st.none() | st.integers(-(2**53), 2**53),
    st.none() | st.sampled_from(CATEGORIES),
    st.none() | text,
)
rows = st.lists(row, min_size=1, max_size=20)


def table(values) -> pa.Table:
    types = [pa.float64(), pa.int64(), pa.string(), pa.string()]
    columns = [pa.array(column, kind) for column, kind in zip(zip(*values, strict=True), types, strict=True)]
    return pa.table(dict(zip("nict", columns, strict=True)))


@settings(deadline=None)
@given(rows)
def test_decode_undoes_encode(values) -> None:
    dataset = make_dataset(table(values), SCHEMA)
    decoded = decode_rows(encode_rows(dataset), SCHEMA)
    assert decoded.equals(dataset.table.select(["n", "i", "c"]))


@settings(deadline=None)
@given(rows)
def test_encode_undoes_decode(values) -> None:
    encoded = encode_rows(make_dataset(table(values), SCHEMA))
    inputs = Schema(features=SCHEMA.inputs)
    np.testing.assert_array_equal(encode_rows(make_dataset(decode_rows(encoded, SCHEMA), inputs)), encoded)


@settings(deadline=None)
@given(rows, st.integers(1, 5))
def test_conforming_is_idempotent_and_blind_to_chunks(values, size: int) -> None:
    whole = table(values)
    once = conform_table(whole, SCHEMA)
    assert conform_table(once, SCHEMA).equals(once)
    chunks = pa.Table.from_batches(whole.to_batches(max_chunksize=size))
    turned = chunks.set_column(2, "c", chunks["c"].dictionary_encode()).select(["t", "c", "i", "n"])
    assert conform_table(turned, SCHEMA).equals(once)


@settings(deadline=None)
@given(rows, st.integers(1, 7))
def test_a_manifest_comes_back_and_knows_its_dataset(values, batch_rows: int) -> None:
    dataset = make_dataset(table(values), SCHEMA)
    manifest = build_manifest(dataset, batch_rows=batch_rows)
    assert parse_manifest(render_manifest(manifest)) == manifest
    assert find_changed_rows(manifest, dataset) == ()


@settings(deadline=None)
@given(rows, st.data())
def test_one_changed_cell_changes_exactly_its_batch(values, data) -> None:
    place = data.draw(st.integers(0, len(values) - 1))
    column = data.draw(st.integers(0, 3))
    other = data.draw(row)[column]
    changed = [list(line) for line in values]
    changed[place][column] = other
    old, new = make_dataset(table(values), SCHEMA), make_dataset(table(changed), SCHEMA)
    found = find_changed_rows(build_manifest(old, batch_rows=3), new)
    same = values[place][column] == other
    assert [change.batch for change in found] == ([] if same else [place // 3])


csv_text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
csv_cell = st.one_of(csv_text, st.integers().map(str), numbers.map(str), st.sampled_from(["true", "2020-01-01", "007"]))


@settings(deadline=None)
@given(st.lists(st.tuples(csv_cell, csv_cell), min_size=1, max_size=12))
def test_csv_gives_every_cell_back_as_it_was_spelt_or_as_its_value(tmp_path_factory, cells) -> None:
    sink = io.BytesIO()
    source = pa.table({"a": [cell for cell, _ in cells], "b": [cell for _, cell in cells]})
    arrow_csv.write_csv(source, sink)
    path = Path(tmp_path_factory.mktemp("csv")) / "t.csv"
    path.write_bytes(sink.getvalue())
    found = read_table(path, csv=CsvOptions(null=(), strip=False))
    for name in ("a", "b"):
        column, spelt = found.column(name), source.column(name).to_pylist()
        if column.type == pa.string():
            assert column.to_pylist() == spelt
        elif column.type == pa.int64():
            assert column.to_pylist() == [int(cell) for cell in spelt]
        elif column.type == pa.float64():
            np.testing.assert_array_equal(column.to_numpy(), [float(cell) for cell in spelt])
        else:
            assert column.null_count == 0


@settings(deadline=None)
@given(rows, st.sampled_from(["n", "i", "c", "t"]))
def test_inference_gives_a_valid_schema_that_its_table_fits(values, column: str) -> None:
    whole = table(values)
    schema = infer_schema(whole, target=None)
    assert verify_schema(schema) == schema
    assert parse_schema(render_schema(schema)) == schema
    dataset = make_dataset(whole, schema)
    assert dataset.rows == len(values)
    feature = next(one for one in schema.features if one.name == column)
    present = [value for value in dataset.table.column(column).to_pylist() if value is not None]
    if feature.kind is Kind.CATEGORY:
        assert set(present) == set(feature.categories)
    elif feature.kind is not Kind.TEXT and present:
        assert (feature.low, feature.high) == (float(min(present)), float(max(present)))


@st.composite
def numeric_features(draw, name: str) -> Feature:
    ends = sorted([draw(st.floats(-100, 100)), draw(st.floats(-100, 100))])
    adversary = Adversary(
        mutable=True,
        direction=draw(st.sampled_from(Direction)),
        within=draw(st.none() | st.floats(0, 50)),
        low=draw(st.sampled_from([None, ends[0]])),
        high=draw(st.sampled_from([None, ends[1]])),
        cost=draw(st.floats(0, 3)),
    )
    kind = draw(st.sampled_from([Kind.NUMBER, Kind.INTEGER]))
    return Feature(name=name, kind=kind, low=-80.0, high=80.0, adversary=adversary)


@settings(deadline=None)
@given(numeric_features("a"), numeric_features("b"), st.data())
def test_what_the_rules_allow_passes_and_what_they_forbid_fails(one: Feature, two: Feature, data) -> None:
    """The reach against the words of the schema's docstrings, applied to each value by itself."""
    relation = LinearRelation(name="r", coefficients=(("a", 1.0), ("b", 2.0)), bound=90.0)
    schema = Schema(features=(one, two), relations=(relation,), budget=30.0)
    values = [float(data.draw(st.integers(-90, 90))) for _ in range(2)]
    claims = [float(data.draw(st.one_of(st.integers(-90, 90), st.floats(-90, 90)))) for _ in range(2)]
    row, changed = np.array([values]), np.array([claims])
    reach = resolve_reach(schema, row)
    assert check_reach(reach, row, row, exact=True).all()

    def allowed(feature: Feature, old: float, new: float) -> bool:
        if new == old:
            return True
        adversary = feature.adversary
        low = feature.low if adversary.low is None else adversary.low
        high = feature.high if adversary.high is None else adversary.high
        return (
            (adversary.within is None or old - adversary.within <= new <= old + adversary.within)
            and not (adversary.direction is Direction.UP and new < old)
            and not (adversary.direction is Direction.DOWN and new > old)
            and min(low, old) <= new <= max(high, old)
            and (feature.kind is Kind.NUMBER or new == int(new))
        )

    cost = sum(f.adversary.cost * abs(new - old) for f, old, new in zip((one, two), values, claims, strict=True))
    before, after = values[0] + 2 * values[1], claims[0] + 2 * claims[1]
    words = all(map(allowed, (one, two), values, claims)) and cost <= 30.0 and after <= max(90.0, before)
    near = abs(cost - 30.0) < 1e-6 or abs(after - max(90.0, before)) < 1e-6
    if not near:
        assert check_reach(reach, row, changed, exact=True)[0] == words


@settings(deadline=None)
@given(st.floats(0, 10), st.data())
def test_a_larger_ball_allows_more(radius: float, data) -> None:
    row = np.array([[data.draw(st.floats(-5, 5)) for _ in range(3)]])
    changed = np.array([[data.draw(st.floats(-20, 20)) for _ in range(3)]])
    if check_reach(ball_reach(row, radius), row, changed, exact=True)[0]:
        assert check_reach(ball_reach(row, radius * 2), row, changed, exact=True)[0]
        assert check_reach(ball_reach(row, radius), row, changed)[0]
