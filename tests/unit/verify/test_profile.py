"""The profile of a table in parts says what the checks of the table in memory say."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.data import Dataset, LinearRelation, infer_schema, make_dataset, row_keys
from hauberk.verify import check_columns, check_duplicates, check_overlap, check_target
from hauberk.verify.content_sample import draw_by_content
from hauberk.verify.duplicate_findings import duplicate_findings, overlap_findings
from hauberk.verify.profile import profile_dataset
from hauberk.verify.profile_findings import profile_findings
from hauberk.verify.repeats import find_repeats, find_seen


def table(rows: int = 3000, seed: int = 0) -> pa.Table:
    random = np.random.default_rng(seed)
    return pa.table(
        {
            "amount": random.normal(10, 3, rows),
            "hours": random.integers(0, 60, rows),
            "key": random.permutation(rows) * 3,
            "same": np.ones(rows),
            "colour": random.choice(["red", "green", "blue"], rows),
            "y": random.choice(["p", "q", "r"], rows, p=[0.7, 0.295, 0.005]),
        }
    )


def faulty() -> Dataset:
    schema = infer_schema(table(), target="y")
    features = list(schema.features)
    features[1] = replace(features[1], low=0.0, high=50.0)
    schema = replace(schema, features=tuple(features), relations=(
        LinearRelation(name="sum", coefficients=(("amount", 1.0), ("hours", 1.0)), bound=70.0),))  # fmt: skip
    columns = {name: table().column(name).to_pylist() for name in table().column_names}
    for row in range(100, 2900, 90):
        columns["amount"][row] = None
        columns["colour"][row + 1] = "none of them"
    return make_dataset(pa.table(columns), schema)


def parts(dataset: Dataset, size: int):
    for start in range(0, dataset.rows, size):
        yield start, Dataset(table=dataset.table.slice(start, size), schema=dataset.schema)


def merged(dataset: Dataset, size: int):
    return reduce(add, (profile_dataset(part, first_row=start) for start, part in parts(dataset, size)))


def told(findings):
    return sorted((one.code, one.feature, one.severity, one.rows, one.count, one.message) for one in findings)


@pytest.mark.parametrize("size", [1, 17, 500, 5000])
def test_a_profile_in_parts_finds_what_the_check_in_memory_finds(size):
    dataset = faulty() if size > 1 else faulty().take(np.arange(150))
    expected = told((*check_columns(dataset), *check_target(dataset)))
    codes = {code for code, *_ in expected}
    if size > 1:
        assert {"verify.schema.null", "verify.schema.out_of_range", "verify.schema.unknown_category",
                "verify.schema.id_like", "verify.schema.constant", "verify.schema.relation",
                "verify.target.few_rows"} <= codes  # fmt: skip
    assert told(profile_findings(merged(dataset, size), dataset.schema)) == expected


def test_a_sound_table_has_no_findings():
    sound = table().select(["amount", "hours", "colour", "y"])
    sound = sound.filter(pa.compute.not_equal(sound.column("y"), "r"))
    dataset = make_dataset(sound, infer_schema(sound, target="y"))
    assert profile_findings(merged(dataset, 700), dataset.schema) == ()


@given(st.permutations(range(6)), st.integers(1, 40))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_parts_changes_nothing(order, size):
    dataset = faulty().take(np.arange(6 * size))
    found = [profile_dataset(part, first_row=start) for start, part in parts(dataset, size)]
    one, other = reduce(add, found), reduce(add, [found[place] for place in order])
    assert one.rules == other.rules
    for first, second in zip(one.columns, other.columns, strict=True):
        assert first.quantiles == second.quantiles
        assert first.distinct.count == second.distinct.count
        assert (first.low, first.high, first.categories) == (second.low, second.high, second.categories)
        assert first.moments.mean == pytest.approx(second.moments.mean, rel=1e-9)


def keys_of(dataset: Dataset):
    inputs = list(dataset.schema.inputs)
    codes = dataset.table.column("y").combine_chunks().dictionary_encode().indices.to_numpy()
    return row_keys(dataset.table, inputs), codes.astype(np.int64)


def test_repeats_by_key_are_the_duplicates_in_memory():
    small = table(1000).select(["hours", "colour", "y"])
    dataset = make_dataset(small, infer_schema(small, target="y"))
    found = find_repeats(*keys_of(dataset))
    expected = check_duplicates(dataset)
    assert {one.code for one in expected} == {"verify.rows.duplicate", "verify.rows.contradictory"}
    assert duplicate_findings(found.repeated, found.contradictory) == expected
    apart = make_dataset(table(1000), infer_schema(table(1000), target="y"))
    assert not find_repeats(*keys_of(apart)).repeated.any()


def test_overlap_by_key_is_the_overlap_in_memory():
    train, test = faulty().take(np.arange(2000)), faulty().take(np.arange(1990, 2400))
    whole = make_dataset(pa.concat_tables([train.table, test.table]), train.schema)
    keys, labels = keys_of(whole)
    seen = find_seen(keys[2000:], labels[2000:], keys[:2000], labels[:2000])
    assert overlap_findings(seen) == check_overlap(train, test)
    assert np.flatnonzero(seen).tolist() == list(range(10))


@given(st.integers(0, 50), st.integers(20, 300))
@settings(max_examples=20, deadline=None)
def test_the_sample_does_not_see_the_order(seed, size):
    small = table(2000).select(["hours", "colour", "y"])
    order = np.random.default_rng(seed).permutation(2000)
    dataset = make_dataset(small, infer_schema(small, target="y"))
    keys, _ = keys_of(dataset)
    labels = np.array([{"p": 0, "q": 1, "r": 2}[label] for label in dataset.table.column("y").to_pylist()])

    def drawn(keys, labels):
        sample = draw_by_content(keys, labels, find_repeats(keys, labels).turn, size=size, seed=seed, least=15)
        return sorted(map(tuple, np.column_stack([keys[sample.rows], labels[sample.rows].astype(np.uint64)]).tolist()))

    one = drawn(keys, labels)
    assert one == drawn(keys[order], labels[order])
    rare = int((labels == 2).sum())
    assert sum(label == 2 for *_, label in one) >= min(rare, 15)


def test_each_copy_of_a_row_is_drawn_for_itself():
    keys = np.zeros((10_000, 2), np.uint64)
    labels = np.zeros(10_000, np.int64)
    sample = draw_by_content(keys, labels, find_repeats(keys, labels).turn, size=1000, seed=1, least=0)
    assert sample.rows.size == 1000
    assert sample.even
