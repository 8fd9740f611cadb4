"""The manifest: its digests by hand, its independence of formats, and the changes that it names."""

import hashlib
import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hauberk.core.errors import BadEncoding, Malformed
from hauberk.data import (
    ChangedBatch,
    Dataset,
    Feature,
    FeatureOverride,
    Kind,
    Role,
    Schema,
    apply_overrides,
    build_manifest,
    changed_rows,
    compare_manifests,
    digest_manifest,
    find_changed_rows,
    infer_schema,
    make_dataset,
    parse_manifest,
    read_table,
    render_manifest,
    row_bytes,
    row_digests,
)
from hauberk.data.errors import NoRows, OtherTable

SCHEMA = Schema(
    features=(
        Feature(name="n", kind=Kind.NUMBER),
        Feature(name="i", kind=Kind.INTEGER),
        Feature(name="c", kind=Kind.CATEGORY, categories=("é", "b")),
        Feature(name="t", kind=Kind.TEXT, role=Role.IGNORED),
    )
)
ROWS = [(0.5, -1, "é", ""), (None, None, None, None), (-0.0, 2**62, "b", "a\nb"), (1e300, 0, "é", "\0")]


def make(rows) -> Dataset:
    columns = [list(column) for column in zip(*rows, strict=True)]
    return make_dataset(pa.table(dict(zip("nict", columns, strict=True))), SCHEMA)


def by_hand(row) -> bytes:
    number, whole, category, text = row
    cells = b"\0" if number is None else b"\1" + struct.pack(">d", number + 0.0)
    cells += b"\0" if whole is None else b"\2" + struct.pack(">q", whole)
    for tag, value in ((b"\3", category), (b"\4", text)):
        cells += b"\0" if value is None else tag + struct.pack(">I", len(value.encode())) + value.encode()
    return cells


def test_the_canonical_bytes_are_those_of_the_page() -> None:
    assert row_bytes(make(ROWS).table, SCHEMA.features).to_pylist() == [by_hand(row) for row in ROWS]


def test_digests_by_hand() -> None:
    data = make(ROWS)
    manifest = build_manifest(data, batch_rows=3)
    batches = [b"".join(map(by_hand, ROWS[:3])), by_hand(ROWS[3])]
    expected = [hashlib.sha256(b"hauberk:data:rows:v1\n" + batch).hexdigest() for batch in batches]
    assert [batch.hex for batch in manifest.batches] == expected
    rows = [hashlib.sha256(b"hauberk:data:row:v1\n" + by_hand(row)).digest() for row in ROWS]
    assert [bytes(digest) for digest in row_digests(data)] == rows


def test_the_digest_does_not_change_between_versions() -> None:
    data = render_manifest(build_manifest(make(ROWS)))
    assert json.loads(data)["type"] == "urn:hauberk:data:manifest:v1"
    assert digest_manifest(parse_manifest(data)).hex == hashlib.sha256(data).hexdigest()


def test_the_format_the_chunks_and_the_dictionary_do_not_matter(tmp_path: Path) -> None:
    rows = 5000
    table = pa.table(
        {
            "x": np.round(np.random.default_rng(0).normal(size=rows), 3),
            "k": pa.array([None if n % 7 == 0 else n for n in range(rows)]),
            "c": pa.array([("é", "b", None)[n % 3] for n in range(rows)]),
            "y": pa.array([n % 2 for n in range(rows)]),
        }
    )
    schema = infer_schema(table, target="y")
    manifest = build_manifest(make_dataset(table, schema))
    pq.write_table(table.set_column(2, "c", table["c"].dictionary_encode()), tmp_path / "t.parquet", row_group_size=333)
    text = "\n".join(",".join("" if v is None else str(v) for v in row.values()) for row in table.to_pylist())
    (tmp_path / "t.csv").write_text(",".join(table.column_names) + "\n" + text)
    for name in ("t.parquet", "t.csv"):
        assert build_manifest(make_dataset(read_table(tmp_path / name), schema)) == manifest
    narrow = table.set_column(1, "k", table["k"].cast(pa.float32())).select(["y", "x", "k", "c"])
    assert build_manifest(make_dataset(narrow, schema)) == manifest
    assert len(manifest.batches) == 5


@pytest.mark.parametrize("batch_rows", [1, 2, 1000, 4096])
def test_windows_do_not_matter(batch_rows: int) -> None:
    table = pa.table({"n": np.arange(9000.0)})
    data = make_dataset(table, Schema(features=(Feature(name="n", kind=Kind.NUMBER),)))
    whole = row_bytes(data.table, data.schema.features).to_pylist()
    expected = [
        hashlib.sha256(b"hauberk:data:rows:v1\n" + b"".join(whole[start : start + batch_rows])).hexdigest()
        for start in range(0, 9000, batch_rows)
    ]
    assert [batch.hex for batch in build_manifest(data, batch_rows=batch_rows).batches] == expected


def test_changes_are_named() -> None:
    rows = [(float(n), n, "b", str(n)) for n in range(2500)]
    old = make(rows)
    manifest = build_manifest(old)
    assert find_changed_rows(manifest, old) == ()
    rows[1030] = (*rows[1030][:3], "1030 ")
    rows[2499] = (None, *rows[2499][1:])
    new = make(rows)
    assert find_changed_rows(manifest, new) == (
        ChangedBatch(batch=1, first=1024, stop=2048),
        ChangedBatch(batch=2, first=2048, stop=2500),
    )
    assert changed_rows(row_digests(old), row_digests(new)).tolist() == [1030, 2499]
    longer = make([*rows, rows[0]])
    assert find_changed_rows(build_manifest(new), longer) == (ChangedBatch(batch=2, first=2048, stop=2501),)
    shorter = new.take(np.arange(1024))
    assert [change.batch for change in find_changed_rows(build_manifest(new), shorter)] == [1, 2]
    assert changed_rows(row_digests(new), row_digests(shorter)).tolist() == list(range(1024, 2500))


def test_cells_do_not_run_into_each_other() -> None:
    one, two = make([(None, None, "é", "b")]), make([(None, None, None, "éb")])
    assert find_changed_rows(build_manifest(one), two)
    empty, missing = make([(0.0, 0, "b", "")]), make([(0.0, 0, "b", None)])
    assert find_changed_rows(build_manifest(empty), missing)


def test_the_threat_is_no_part_of_the_data_but_the_meaning_is() -> None:
    data = make(ROWS)
    threat = apply_overrides(SCHEMA, {"n": FeatureOverride(mutable=True, within=3.0)})
    meaning = apply_overrides(SCHEMA, {"n": FeatureOverride(protected=True)})
    manifest = build_manifest(data)
    assert build_manifest(replace(data, schema=threat)) == manifest
    assert build_manifest(replace(data, schema=meaning)) != manifest
    assert find_changed_rows(manifest, replace(data, schema=meaning)) == ()


def test_other_tables_cannot_be_compared() -> None:
    manifest = build_manifest(make(ROWS))
    other = Schema(features=(*SCHEMA.features[:3], replace(SCHEMA.features[3], name="u")))
    renamed = Dataset(table=make(ROWS).table.rename_columns(["n", "i", "c", "u"]), schema=other)
    with pytest.raises(OtherTable):
        find_changed_rows(manifest, renamed)
    with pytest.raises(OtherTable):
        compare_manifests(manifest, build_manifest(make(ROWS), batch_rows=2))
    with pytest.raises(NoRows):
        build_manifest(make(ROWS).take(np.array([], np.intp)))
    with pytest.raises(NoRows):
        build_manifest(make(ROWS), batch_rows=0)


def test_parsing_is_strict() -> None:
    manifest = build_manifest(make(ROWS), batch_rows=3)
    data = render_manifest(manifest)
    document = json.loads(data)

    def spelt(**changes) -> bytes:
        return json.dumps(document | changes, sort_keys=True, separators=(",", ":")).encode()

    assert parse_manifest(spelt()) == manifest
    for wrong in (
        data[:-1],
        data + b"\n",
        json.dumps(document).encode(),
        spelt(type="urn:hauberk:data:manifest:v2"),
        spelt(colour=1),
        spelt(rows=3),
        spelt(rows=0, batches=[]),
        spelt(rows=True, batch_rows=True, batches=document["batches"][:1]),
        spelt(batch_rows=0),
        spelt(batches=document["batches"][:1]),
        spelt(batches=[1, 2]),
        spelt(columns=[]),
        spelt(columns=[["n", "colour"]]),
        spelt(columns=[["n"]]),
        b"null",
    ):
        with pytest.raises(Malformed):
            parse_manifest(wrong)
    with pytest.raises(BadEncoding):
        parse_manifest(spelt(schema="AB" * 32))
