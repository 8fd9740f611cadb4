"""How much a data file may unpack to before its reader refuses."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_TABLE_LIMITS", "STREAM_LIMITS", "TableLimits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLimits:
    """Bounds of a reader of tables.

    Attributes:
        table_bytes: Most bytes of the unpacked table, counted while it is read, so that a compressed bomb is stopped.
        columns: Most columns.
        line_bytes: Longest line of a CSV file in bytes, also the size of the pieces in which it is read.
        batch_rows: Rows of one record batch of the binary formats.
    """

    table_bytes: int = 4 * 1024**3
    columns: int = 16_384
    line_bytes: int = 4 * 1024**2
    batch_rows: int = 65_536


DEFAULT_TABLE_LIMITS = TableLimits()
STREAM_LIMITS = TableLimits(table_bytes=1024**4)
"""For a table of which only one batch is in memory at a time."""
