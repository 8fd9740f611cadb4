"""Whether a file outgrows memory is known before it is loaded."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from hauberk.data import has_more_rows, open_batches
from hauberk.data.errors import DataError


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.arrow", "t.csv.gz", "t.npz"])
def test_more_rows(tmp_path, name):
    table, path = pa.table({"a": range(500), "b": [0.5] * 500}), tmp_path / name
    if name.endswith(".parquet"):
        parquet.write_table(table, path)
    elif name.endswith(".arrow"):
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=64)
    elif name.endswith(".npz"):
        np.savez(path, a=np.arange(500), b=np.full(500, 0.5))
    else:
        arrow_csv.write_csv(table, path) if name == "t.csv" else _zipped(table, path)
    assert has_more_rows(path, 499)
    assert not has_more_rows(path, 500)
    assert not has_more_rows(path, 10**9)


def _zipped(table, path):
    with pa.CompressedOutputStream(str(path), "gzip") as sink:
        arrow_csv.write_csv(table, sink)


def test_a_broken_file_is_refused_as_by_its_reader(tmp_path):
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1 and nothing else PAR1")
    with pytest.raises(DataError):
        has_more_rows(path, 10)


def test_one_large_row_group_is_read_a_piece_at_a_time(tmp_path):
    table = pa.table({f"x{place}": np.random.default_rng(place).normal(size=800_000) for place in range(10)})
    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=800_000, compression="none")
    del table
    before, most = pa.total_allocated_bytes(), 0
    for batch in open_batches(tmp_path / "t.parquet"):
        assert batch.num_rows <= 65_536
        most = max(most, pa.total_allocated_bytes() - before)
    # The row group holds 64 MB, a batch 5 MB, and each column has a piece of a megabyte.
    assert most < 40e6, most
