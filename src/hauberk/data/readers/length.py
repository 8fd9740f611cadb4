"""Whether a file holds more rows than some number, without reading more of it than that takes."""

from __future__ import annotations

from pathlib import Path

from hauberk.data.limits import DEFAULT_TABLE_LIMITS, TableLimits
from hauberk.data.readers.opening import open_batches
from hauberk.data.readers.options import DEFAULT_CSV, CsvOptions

__all__ = ["has_more_rows"]

_PARQUET = (".parquet", ".pq")
_LEAST_ROW = 2
"""Bytes of the shortest line of a CSV file."""
_TEXT = (".csv", ".tsv", ".txt", ".data", ".test")


def has_more_rows(
    path: Path, rows: int, *, csv: CsvOptions = DEFAULT_CSV, limits: TableLimits = DEFAULT_TABLE_LIMITS
) -> bool:
    """Whether there are more than `rows` rows.

    A Parquet file says so in its footer; another is read up to that row.

    Raises:
        DataError: What `open_batches` raises.
    """
    batches = open_batches(path, csv=csv, limits=limits)
    suffix = path.suffix.lower()
    if suffix in _TEXT and path.stat().st_size <= _LEAST_ROW * rows:
        return False
    if suffix in _PARQUET:
        claimed = _claimed(path)
        if claimed is not None:
            return claimed > rows
    seen = 0
    for batch in batches:
        seen += batch.num_rows
        if seen > rows:
            return True
    return False


def _claimed(path: Path) -> int | None:
    """What the footer says, None where it cannot be read: the reader will say why."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(str(path)).num_rows)
    except (pa.ArrowException, OSError):
        return None
