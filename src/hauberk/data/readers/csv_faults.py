"""What is wrong with a CSV file, and in which line: the file is read once more, slowly, to say so."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from hauberk.core.errors import HauberkError
from hauberk.data.errors import BadColumnNames, BrokenFile, EmptyFile, NoRows, NotUtf8, RaggedRow, TableTooLarge
from hauberk.data.limits import TableLimits
from hauberk.data.readers.counted import open_counted
from hauberk.data.readers.options import CsvOptions
from hauberk.data.separator import separator_hint

__all__ = ["CsvSource", "explain_fault", "not_utf8", "refuse_open_quote"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvSource:
    """A CSV file with all that is needed to read it.

    Attributes:
        path: The file.
        options: How it is to be read.
        limits: Bounds.
        names: Column names.
        skipped: Lines before the first row.
    """

    path: Path
    options: CsvOptions
    limits: TableLimits
    names: tuple[str, ...]
    skipped: int


def explain_fault(error: pa.ArrowInvalid, source: CsvSource, ragged: Sequence[int]) -> HauberkError:
    """The error that a reader can act on.

    Args:
        error: What Arrow said.
        source: The file.
        ragged: Number of cells of the row that Arrow found ragged, empty if it found none.
    """
    where, limits = str(source.path), source.limits
    text = str(error)
    if ragged:
        return _ragged(source, ragged[0])
    if "UTF8" in text:
        return not_utf8(source.path, *_undecodable_line(source))
    if "straddl" in text:
        expected = f"lines of at most {limits.line_bytes} bytes"
        return TableTooLarge(where=where, expected=expected, got="a longer one", hint="is a quote never closed?")
    if "Could not skip" in text:
        got = f"none in the first {limits.line_bytes} bytes"
        return NoRows(where=where, expected="rows below the header", got=got)
    if "Empty CSV" in text:
        return EmptyFile(where=where, expected="rows", got="nothing after the skipped lines")
    return BrokenFile(where=where, expected="a CSV file", got=text.splitlines()[0][:200])


def not_utf8(path: Path, line: int, sample: bytes) -> NotUtf8:
    """The error for a line whose bytes are not UTF-8; a byte-order mark tells UTF-16."""
    wide = sample[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    name = "UTF-16" if wide else "LATIN1"
    return NotUtf8(
        where=f"{path}, line {line}",
        expected="text in UTF-8",
        got="UTF-16" if wide else "other bytes",
        hint=f"if it is {name}: iconv -f {name} -t UTF-8",
    )


def refuse_open_quote(source: CsvSource) -> None:
    """A quote without its other half swallows the rest of a cut-off file into one cell; a stray one in a cell is fine.

    Raises:
        BrokenFile: The file ends within quotes.
    """
    with open_counted(source.path, source.limits) as stream:
        text = io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8-sig", newline="")
        reader = csv.reader(text, delimiter=source.options.delimiter, strict=True)
        begun = 1
        try:
            for _ in reader:
                begun = reader.line_num + 1
        except csv.Error as error:
            if "end of data" in str(error):
                where = f"{source.path}, line {begun}"
                raise BrokenFile(where=where, expected="a closing quote", got="the end of the file") from error


def _ragged(source: CsvSource, cells: int) -> HauberkError:
    line = _ragged_line(source)
    where, expected, got = f"{source.path}, line {line}", f"{len(source.names)} cells", f"{cells}"
    if source.options.columns and line == source.skipped + 1:
        hint = "data.csv.columns names another number of columns than the first line has"
        return BadColumnNames(where=where, expected=expected, got=got, hint=hint)
    hint = separator_hint(source.names) or "quote cells that hold the delimiter, or see data.csv in hauberk.toml"
    return RaggedRow(where=where, expected=expected, got=got, hint=hint)


def _ragged_line(source: CsvSource) -> int:
    """Number of the line, from 1, in which the first row of another width begins."""
    with open_counted(source.path, source.limits) as stream:
        lines = io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8-sig", errors="replace", newline="")
        for _ in range(source.skipped):
            lines.readline()
        reader = csv.reader(lines, delimiter=source.options.delimiter)
        begun = source.skipped + 1
        try:
            for record in reader:
                if record and len(record) != len(source.names):
                    break
                begun = source.skipped + reader.line_num + 1
        except csv.Error:
            return begun
    return begun


def _undecodable_line(source: CsvSource) -> tuple[int, bytes]:
    with open_counted(source.path, source.limits) as stream:
        for number, line in enumerate(io.BufferedReader(stream), start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number, line
    return 0, b""
