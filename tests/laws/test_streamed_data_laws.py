"""A table that is read in batches is the table that is read whole: types, schema, manifest, keys."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.data import (
    ManifestBuilder,
    build_manifest,
    infer_schema,
    loosened_schema,
    make_dataset,
    measure_extents,
    row_bytes,
    row_keys,
    type_texts,
    vote_texts,
    widen_schema,
)
from hauberk.data.text_types import parse_texts

TEXTS = st.sampled_from(["1", "-7", "007", "1.5", "1e3", "true", "False", "2024-01-02", "2024-01-02T03:04:05Z", "x",
                         "99999999999999999999", None])  # fmt: skip


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=5), min_size=1, max_size=4))
def test_votes_of_batches_are_the_types_of_the_whole(parts):
    batches = [pa.record_batch({"a": pa.array(part, pa.string())}) for part in parts]
    whole = parse_texts(pa.Table.from_batches(batches))
    votes = {}
    for batch in batches:
        votes = vote_texts(batch, votes)
    typed = pa.concat_tables([type_texts(batch, votes) for batch in batches])
    assert typed.combine_chunks() == whole.combine_chunks()


@given(st.lists(TEXTS, min_size=1, max_size=6), st.integers(0, 6))
def test_batches_of_one_text_type_only(texts, cut):
    """Each text alone, many times: what a short column of mixed texts seldom shows."""
    for text in texts:
        batch = pa.record_batch({"a": pa.array([text] * 3 + [None] * (cut % 2), pa.string())})
        votes = vote_texts(batch.slice(cut % 3), vote_texts(batch.slice(0, cut % 3), {}) if cut % 3 else {})
        assert type_texts(batch, votes).schema == parse_texts(pa.Table.from_batches([batch])).schema


def table(rows: int, seed: int = 0) -> pa.Table:
    random = np.random.default_rng(seed)
    gaps = random.random(rows) < 0.1
    return pa.table(
        {
            "key": np.arange(rows),
            "amount": pa.array(random.normal(size=rows), mask=gaps),
            "count": pa.array(random.integers(0, 50, rows).astype(float), mask=gaps),
            "colour": pa.array(random.choice(["red", "green", "blue"], rows), mask=gaps),
            "note": [f"text {number}" for number in range(rows)],
            "y": random.choice(["p", "q", "r"], rows, p=[0.6, 0.39, 0.01]),
        }
    )


@pytest.mark.parametrize("late", ["", "fraction", "category", "class", "gap"])
def test_the_schema_of_the_first_rows_is_widened_to_that_of_all(late):
    whole = table(4000)
    if late == "fraction":
        values = whole.column("count").to_pylist()
        whole = whole.set_column(2, "count", pa.array([*values[:-1], 0.5]))
    elif late in ("category", "class"):
        place, name = (3, "colour") if late == "category" else (5, "y")
        whole = whole.set_column(place, name, pa.array([*whole.column(name).to_pylist()[:-1], "late"]))
    elif late == "gap":
        whole = whole.set_column(0, "key", pa.array([*range(3999), None], pa.int64()))
    head = infer_schema(whole.slice(0, 2500), target="y")
    loose = loosened_schema(head, {})
    extents = None
    for start in range(0, 4000, 700):
        found = measure_extents(make_dataset(whole.slice(start, 700), loose))
        extents = found if extents is None else tuple(a + b for a, b in zip(extents, found, strict=True))
    widened = widen_schema(head, extents, {})
    expected = infer_schema(whole, target="y")
    if late == "gap":  # a key with a gap in a late row: told by the first rows that it counts up
        assert [f.role for f in widened.features] != [f.role for f in expected.features]
        assert widened.features[0].nullable
    else:
        assert widened == expected


@given(st.integers(1, 60), st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(1, 20))
def test_a_manifest_of_pieces_is_that_of_the_whole(rows, pieces, size):
    whole = table(rows)
    dataset = make_dataset(whole, infer_schema(whole, target="y"))
    builder, start = ManifestBuilder(batch_rows=size), 0
    for piece in [*pieces, rows]:
        if start < rows:
            builder.add(row_bytes(dataset.table.slice(start, piece), dataset.schema.features))
            start += piece
    assert builder.manifest(dataset.schema) == build_manifest(dataset, batch_rows=size)


def test_keys_are_equal_for_equal_rows_only():
    whole = table(500)
    dataset = make_dataset(whole, infer_schema(whole, target="y"))
    twice = dataset.take(np.array([3, 3, 4]))
    keys = row_keys(twice.table, twice.schema.inputs)
    assert keys[0].tolist() == keys[1].tolist() != keys[2].tolist()
