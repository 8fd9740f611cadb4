"""Arrow IPC: files (also Feather version 2) and streams."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from hauberk.data.limits import TableLimits

__all__ = ["arrow_batches"]

_FILE_MAGIC = b"ARROW1"
"""Source: Arrow columnar format, IPC file format."""


def arrow_batches(path: Path, limits: TableLimits) -> Iterator[pa.RecordBatch]:
    """The record batches of an Arrow file or stream, told apart by the first bytes.

    IPC gives foreign buffers straight to the reader, so offsets, dictionary indices and UTF-8 are validated before
    anything looks at a value.
    """
    with pa.OSFile(str(path)) as source:
        is_file = source.read(len(_FILE_MAGIC)) == _FILE_MAGIC
        source.seek(0)
        with pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source) as reader:
            batches = map(reader.get_batch, range(reader.num_record_batches)) if is_file else reader
            for batch in batches:
                batch.validate(full=True)
                for start in range(0, batch.num_rows, limits.batch_rows):
                    yield batch.slice(start, limits.batch_rows)
