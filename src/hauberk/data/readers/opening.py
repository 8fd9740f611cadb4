"""Opens a data file by the end of its name, and holds every format to the same rules."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from hauberk.core.errors import HauberkError
from hauberk.data.conform import refuse_repeated_names
from hauberk.data.errors import (
    BrokenFile,
    EmptyFile,
    FileMissing,
    FileUnreadable,
    NoRows,
    NotUtf8,
    TableTooLarge,
    UnknownFormat,
)
from hauberk.data.limits import DEFAULT_TABLE_LIMITS, TableLimits
from hauberk.data.nearest import nearest_hint
from hauberk.data.readers.arrow import arrow_batches
from hauberk.data.readers.csv import csv_batches
from hauberk.data.readers.npz import npz_batches
from hauberk.data.readers.options import DEFAULT_CSV, CsvOptions
from hauberk.data.readers.parquet import parquet_batches
from hauberk.data.text_types import parse_texts

__all__ = ["open_batches", "read_table"]

Batches: TypeAlias = Iterator[pa.RecordBatch]

_TEXT = (".csv", ".tsv", ".txt", ".data", ".test")
_BINARY: dict[str, Callable[[Path, TableLimits], Batches]] = {
    ".parquet": parquet_batches,
    ".pq": parquet_batches,
    ".arrow": arrow_batches,
    ".arrows": arrow_batches,
    ".feather": arrow_batches,
    ".ipc": arrow_batches,
    ".npz": npz_batches,
}


def open_batches(path: Path, *, csv: CsvOptions = DEFAULT_CSV, limits: TableLimits = DEFAULT_TABLE_LIMITS) -> Batches:
    """The table in `path` as a stream of `pyarrow.RecordBatch`, in memory of a few batches whatever the file's size.

    Cells of a CSV file come as text, because a type read off the first lines may not hold for the later ones;
    `read_table` types the whole column, and `conform_table` gives a batch the types of a schema.

    Args:
        path: A csv, tsv, txt, data or test file (each also with .gz), parquet, pq, arrow, ipc, feather, arrows, npz.
        csv: How a CSV file is to be read.
        limits: Bounds of what is unpacked.

    Raises:
        FileMissing, FileUnreadable, UnknownFormat, EmptyFile: At the call.
        NoRows, DuplicateColumn, BrokenFile, TableTooLarge, UnsupportedColumn: While it is read, any format.
        RaggedRow, NotUtf8, BadColumnNames: While it is read, CSV.
        PickledArray: While it is read, npz.
    """
    batches = _reader(path, csv, limits)
    if not _size(path):
        raise EmptyFile(where=str(path), expected="a table", got="0 bytes")
    return _guarded(batches, path, limits)


def read_table(path: Path, *, csv: CsvOptions = DEFAULT_CSV, limits: TableLimits = DEFAULT_TABLE_LIMITS) -> pa.Table:
    """The whole table in `path`; the texts of a CSV file as numbers, truth values or times where all of a column are.

    Raises:
        DataError: What `open_batches` raises.
    """
    batches = list(open_batches(path, csv=csv, limits=limits))
    try:
        table = pa.Table.from_batches(batches).unify_dictionaries()
    except pa.ArrowException as error:
        raise BrokenFile(where=str(path), expected="batches of one schema", got=_words(error)) from error
    return parse_texts(table) if _format(path) in _TEXT else table


def _reader(path: Path, csv: CsvOptions, limits: TableLimits) -> Batches:
    suffix = _format(path)
    if suffix in _TEXT:
        tabs = suffix == ".tsv" and csv.delimiter == DEFAULT_CSV.delimiter
        return csv_batches(path, replace(csv, delimiter="\t") if tabs else csv, limits)
    if suffix not in _BINARY:
        known = [*_TEXT, *(f"{name}.gz" for name in _TEXT), *_BINARY]
        expected = f"a name that ends in {', '.join(known)}"
        raise UnknownFormat(where=str(path), expected=expected, got=repr(path.name), hint=nearest_hint(suffix, known))
    return _BINARY[suffix](path, limits)


def _format(path: Path) -> str:
    """The lower-case suffix; `.gz` is looked through for text formats only."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        return suffixes[-2] if suffixes[-2:-1] and suffixes[-2] in _TEXT else ".gz"
    return suffixes[-1] if suffixes else ""


def _size(path: Path) -> int:
    try:
        if not path.is_file():
            got = "a folder" if path.is_dir() else "nothing"
            hint = "names in hauberk.toml are relative to its folder"
            raise FileMissing(where=str(path), expected="a file", got=got, hint=hint)
        with path.open("rb") as file:
            return file.seek(0, 2)
    except (OSError, ValueError) as error:
        raise FileUnreadable(where=str(path), expected="a readable file", got=_words(error)) from error


def _guarded(batches: Batches, path: Path, limits: TableLimits) -> Batches:
    """The batches, checked: unpacked size, number and names of columns, at least one row; foreign errors translated."""
    where, size, rows = str(path), 0, 0
    names: list[str] | None = None
    try:
        for batch in batches:
            if names is None:
                names = _checked_names(batch, where, limits)
            size += batch.nbytes
            if size > limits.table_bytes:
                raise TableTooLarge(where=where, expected=f"at most {limits.table_bytes} bytes unpacked", got="more")
            rows += batch.num_rows
            if batch.num_rows:
                yield batch
    except HauberkError:
        raise
    except OSError as error:
        # Arrow reports broken compressed data and pages as OSError without errno; zipfile seeks where a broken
        # directory sends it, which the system calls an invalid argument.
        kind = BrokenFile if error.errno in (None, 0, errno.EINVAL) else FileUnreadable
        raise kind(where=where, expected="a readable file", got=_words(error)) from error
    except UnicodeDecodeError as error:
        raise NotUtf8(where=where, expected="column names in UTF-8", got=_words(error)) from error
    except (pa.ArrowException, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError) as error:
        raise BrokenFile(where=where, expected="a whole file of its format", got=_words(error)) from error
    if not rows:
        raise NoRows(where=where, expected="at least one row", got="none")


def _checked_names(batch: pa.RecordBatch, where: str, limits: TableLimits) -> list[str]:
    names: list[str] = list(batch.schema.names)
    if len(names) > limits.columns:
        raise TableTooLarge(where=where, expected=f"at most {limits.columns} columns", got=f"{len(names)}")
    refuse_repeated_names(names, where=where)
    return names


def _words(error: BaseException) -> str:
    """The first line of a foreign message."""
    lines = str(error).splitlines()
    return lines[0][:200] if lines else type(error).__name__
