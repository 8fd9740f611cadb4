"""The time axis: with the fault planted, and without it."""

import numpy as np
import pyarrow as pa
import pytest

from hauberk.core.finding import Severity
from hauberk.data import Dataset, FeatureOverride, Role, infer_schema, make_dataset
from hauberk.verify import check_time, check_time_split

N = 500
RANDOM = np.random.default_rng(4)
STAMPS = np.cumsum(RANDOM.exponential(60.0, N))


def dataset(stamps: np.ndarray) -> Dataset:
    table = pa.table(
        {"t": pa.array(stamps, from_pandas=True), "x": np.arange(len(stamps)) % 7, "y": ["a", "b"] * (len(stamps) // 2)}
    )
    return make_dataset(table, infer_schema(table, target="y", overrides={"t": FeatureOverride(role=Role.TIME)}))


def test_honest_times_have_no_findings() -> None:
    for stamps in (STAMPS, STAMPS[::-1], RANDOM.permutation(STAMPS), np.floor(STAMPS / 600), np.full(N, np.nan)):
        assert check_time(dataset(stamps)) == ()
    assert check_time_split(dataset(STAMPS[:400]), dataset(STAMPS[400:])) == ()


@pytest.mark.parametrize("sign", [1, -1])
def test_rows_out_of_order(sign: int) -> None:
    stamps = sign * STAMPS
    stamps[[100, 200]] = stamps[[50, 10]]
    stamps[300] = np.nan
    (one,) = check_time(dataset(stamps))
    assert (one.code, one.rows) == ("verify.time.unordered", (100, 200))


def test_every_group_of_a_panel_begins_anew() -> None:
    stamps = np.tile(STAMPS[:20], 25)
    table = pa.table({"t": stamps, "clinic": np.repeat(np.arange(25), 20), "y": ["a", "b"] * 250})
    roles = {"t": FeatureOverride(role=Role.TIME), "clinic": FeatureOverride(role=Role.GROUP)}
    schema = infer_schema(table, target="y", overrides=roles)
    assert check_time(make_dataset(table, schema)) == ()
    stamps[45] = stamps[41]
    swapped = make_dataset(table.set_column(0, "t", pa.array(stamps)), schema)
    (one,) = check_time(swapped)
    assert (one.code, one.rows) == ("verify.time.unordered", (45,))
    # Groups that are mixed say nothing of the order: the whole file has one.
    mixed = table.set_column(0, "t", pa.array(STAMPS)).set_column(1, "clinic", pa.array(np.arange(500) % 25))
    altered = mixed.set_column(0, "t", pa.array(np.where(np.arange(500) == 300, STAMPS[10], STAMPS)))
    assert check_time(make_dataset(mixed, schema)) == ()
    assert check_time(make_dataset(altered, schema))[0].rows == (300,)


def test_a_pause_without_rows() -> None:
    stamps = STAMPS.copy()
    stamps[250:] += 1e5
    (one,) = check_time(dataset(stamps))
    assert (one.code, one.rows, one.severity) == ("verify.time.gap", (250,), Severity.INFO)


def test_a_stamp_that_many_rows_share() -> None:
    stamps = STAMPS.copy()
    stamps[100:130] = stamps[100]
    (one,) = check_time(dataset(stamps))
    assert (one.code, one.count) == ("verify.time.repeated", 30)


def test_a_test_set_from_before() -> None:
    (one,) = check_time_split(dataset(STAMPS[:400]), dataset(STAMPS[390:]))
    assert (one.code, one.count) == ("verify.time.future", 9)
    assert "9 of 110" in one.message
    dates = (STAMPS * 1e6).astype("datetime64[us]")
    assert check_time_split(dataset(dates[100:]), dataset(dates[:100]))[0].count == 100


def test_times_are_looked_at_by_role() -> None:
    table = pa.table({"t": RANDOM.permutation(STAMPS), "y": ["a", "b"] * (N // 2)})
    data = make_dataset(table, infer_schema(table, target="y"))
    assert check_time(data) == check_time_split(data, data) == ()
