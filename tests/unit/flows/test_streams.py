"""Data that are read in batches are held against what batches gave, also where the first rows mislead."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from hauberk.data.errors import BadWeight
from hauberk.flows import streams
from hauberk.flows.differences import find_differences
from hauberk.flows.pin import pin_schema
from hauberk.flows.secure import verify_project

ROWS, HEAD = 5000, 2000
TOML = """
[system]
name = "s"
[data]
train = "train.parquet"
target = "y"
[verify]
folds = 2
trees = 5
in-memory-rows = 1000
sample-rows = 1500
backdoor-rows = 0
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A key and a column of whole numbers in the first rows, which all rows together are not or are more."""
    monkeypatch.setattr(streams, "HEAD_ROWS", HEAD)
    random, place = np.random.default_rng(0), np.arange(ROWS)
    x = random.normal(size=ROWS)
    half = [None if row > 2 * HEAD and row % 9 == 0 else float(row % 50) for row in place]
    columns = {"x": x, "code": place % HEAD, "half": half, "y": np.where(x > 0, "p", "q")}
    parquet.write_table(pa.table(columns), tmp_path / "train.parquet")
    (tmp_path / "hauberk.toml").write_text(TOML)
    return tmp_path


def drift(document):
    return [finding["evidence"] for finding in document["findings"] if finding["check"] == "verify.schema.changed"]


def test_the_same_file_is_the_same(folder):
    assert drift(verify_project(folder)[1]) == []
    assert find_differences(folder).changes.none


def test_a_pin_pins_what_verify_reads(folder):
    verify_project(folder)
    pin_schema(folder)
    assert drift(verify_project(folder)[1]) == []


@pytest.mark.parametrize("most", [1000, 100_000])
def test_held_out_rows_are_named_by_their_place_in_the_file(tmp_path, most):
    """Rows after 1000 repeat those before, so that some have their copy on the other side."""
    x = np.random.default_rng(0).normal(size=2000).round(3)
    x[1000:] = x[:1000]
    parquet.write_table(pa.table({"x": x, "y": np.where(x > 0, "p", "q")}), tmp_path / "train.parquet")
    (tmp_path / "hauberk.toml").write_text(TOML.replace("in-memory-rows = 1000", f"in-memory-rows = {most}"))
    found = verify_project(tmp_path)[1]["findings"]
    (overlap,) = [finding for finding in found if finding["check"] == "verify.rows.overlap"]
    suspects = parquet.read_table(tmp_path / "evidence" / "suspects.parquet").column("row").to_pylist()
    trained = {float(x[row]) for row in suspects}
    assert not set(overlap["rows"]) & set(suspects)
    assert all(float(x[row]) in trained for row in overlap["rows"])


@pytest.mark.parametrize("row", [1200, 1201, 1202, 1203, 1204, 1205])
def test_a_bad_weight_is_named_by_its_row_also_where_it_is_held_out(tmp_path, row):
    x = np.random.default_rng(0).normal(size=2000)
    weights = np.where(np.arange(2000) == row, -1.0, 1.0)
    table = pa.table({"x": x, "sample_weight": weights, "y": np.where(x > 0, "p", "q")})
    parquet.write_table(table, tmp_path / "train.parquet")
    (tmp_path / "hauberk.toml").write_text(TOML)
    with pytest.raises(BadWeight, match=f"row {row}:"):
        verify_project(tmp_path)
