"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from hauberk.data.errors import TableTooLarge
from hauberk.data.limits import TableLimits

__all__ = ["parquet_batches"]

_THRIFT_BYTES = 64 * 1024**2
_THRIFT_ITEMS = 1_000_000
_BUFFER = 1024**2
"""Bytes of a column that are read at a time; else Arrow takes in whole row groups, however large they are."""


def parquet_batches(path: Path, limits: TableLimits) -> Iterator[pa.RecordBatch]:
    """The row groups of a Parquet file in record batches; every value is validated, because the file is foreign."""
    import pyarrow.parquet as pq

    with (
        pa.OSFile(str(path)) as source,
        pq.ParquetFile(
            source,
            thrift_string_size_limit=_THRIFT_BYTES,
            thrift_container_size_limit=_THRIFT_ITEMS,
            page_checksum_verification=True,
            buffer_size=_BUFFER,
            pre_buffer=False,
        ) as file,
    ):
        if file.metadata.num_columns > limits.columns:
            got = f"{file.metadata.num_columns}"
            raise TableTooLarge(where=str(path), expected=f"at most {limits.columns} columns", got=got)
        for batch in file.iter_batches(batch_size=limits.batch_rows, use_threads=False):
            batch.validate(full=True)
            yield batch
