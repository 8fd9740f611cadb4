"""What is held out depends on the rows and the seed: not on their order, and little on the other rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from hauberk.data import FeatureOverride, Role, infer_schema, make_dataset, row_digests
from hauberk.flows.held_out import hold_out

GENERATOR = np.random.default_rng(3)
ROWS = 400
PLAIN = {"a": GENERATOR.normal(size=ROWS), "y": GENERATOR.choice(["no", "no", "no", "yes"], ROWS)}
TIMED = PLAIN | {"when": GENERATOR.permutation(ROWS) // 2}


def dataset(columns):
    table = pa.table(columns)
    times = {"when": FeatureOverride(role=Role.TIME)} if "when" in columns else {}
    return make_dataset(table, infer_schema(table, target="y", overrides=times))


def names(data, mask):
    return {bytes(digest) for digest in row_digests(data)[mask]}


def test_each_class_gives_its_share():
    data, label = dataset(PLAIN), PLAIN["y"]
    held = hold_out(data, 0.25, seed=0)
    for name in ("no", "yes"):
        assert held[label == name].sum() == round(0.25 * (label == name).sum())
    assert hold_out(data, 0.001, seed=0).sum() == 2


def test_another_seed_holds_out_other_rows():
    first, second = (hold_out(dataset(PLAIN), 0.25, seed=seed) for seed in (0, 1))
    assert 0.1 < (first & second).sum() / first.sum() < 0.45


def test_the_draw_is_no_matter_of_what_the_columns_hold():
    held = hold_out(dataset(PLAIN), 0.5, seed=0)
    assert abs(PLAIN["a"][held].mean() - PLAIN["a"].mean()) < 0.15


@pytest.mark.parametrize("columns", [PLAIN, TIMED])
def test_the_order_of_the_rows_is_no_matter(columns):
    data = dataset(columns)
    order = np.random.default_rng(1).permutation(ROWS)
    turned = data.take(order)
    assert names(data, hold_out(data, 0.25, seed=0)) == names(turned, hold_out(turned, 0.25, seed=0))


@pytest.mark.parametrize("columns", [PLAIN, TIMED])
def test_a_row_that_goes_moves_at_most_one_other(columns):
    data = dataset(columns)
    before = names(data, hold_out(data, 0.25, seed=0))
    everything = row_digests(data)
    for gone in range(0, ROWS, 7):
        rest = data.take(np.delete(np.arange(ROWS), gone))
        after = names(rest, hold_out(rest, 0.25, seed=0))
        assert len((before ^ after) - {bytes(everything[gone])}) <= 1


def test_with_a_time_the_latest_are_held_out():
    data = dataset(TIMED | {"when": pa.array([None, *TIMED["when"][1:]], pa.int64())})
    held = hold_out(data, 0.25, seed=0)
    when = np.where(np.arange(ROWS) == 0, -1, TIMED["when"])
    assert held.sum() == 100
    assert when[held].min() >= when[~held].max()
    assert not held[0]


def test_a_time_that_stands_still_tells_nothing():
    still = dataset(PLAIN | {"when": np.ones(ROWS, int)})
    assert hold_out(still, 0.25, seed=0)[PLAIN["y"] == "yes"].any()
