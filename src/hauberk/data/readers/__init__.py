"""Readers of tables, one file a format; `open_batches` streams, `read_table` reads whole."""

from hauberk.data.readers.length import has_more_rows
from hauberk.data.readers.opening import open_batches, read_table
from hauberk.data.readers.options import DEFAULT_CSV, CsvOptions

__all__ = ["DEFAULT_CSV", "CsvOptions", "has_more_rows", "open_batches", "read_table"]
