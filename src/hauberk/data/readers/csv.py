"""CSV files, plain or compressed with gzip. Every cell comes as text; types are read off whole columns later."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from hauberk.data.errors import BadColumnNames, BrokenFile, EmptyFile, TableTooLarge
from hauberk.data.limits import TableLimits
from hauberk.data.readers.counted import CountedStream, open_counted
from hauberk.data.readers.csv_faults import CsvSource, explain_fault, not_utf8, refuse_open_quote
from hauberk.data.readers.options import CsvOptions

__all__ = ["csv_batches"]


def csv_batches(path: Path, options: CsvOptions, limits: TableLimits) -> Iterator[pa.RecordBatch]:
    """The lines of a CSV file in record batches of text columns.

    Quotes are doubled within quotes (RFC 4180 §2); blank lines are passed over; a byte-order mark is dropped. A
    column without a name is called by its place, `column_1`.

    Raises:
        EmptyFile, RaggedRow, NotUtf8, BadColumnNames, BrokenFile, TableTooLarge: With the line where there is one.
    """
    source = _opened(path, options, limits)
    ragged: list[int] = []
    with open_counted(path, limits) as stream:
        try:
            for batch in _arrow_batches(stream, source, ragged):
                yield _cleaned(batch, options)
        except pa.ArrowInvalid as error:
            raise explain_fault(error, source, ragged) from error
        if stream.quotes % 2:
            refuse_open_quote(source)


def _opened(path: Path, options: CsvOptions, limits: TableLimits) -> CsvSource:
    if len(options.delimiter) != 1 or not options.delimiter.isascii() or options.delimiter in '"\r\n':
        raise BadColumnNames(where=str(path), expected="one ASCII character as delimiter", got=repr(options.delimiter))
    names, skipped = options.columns, options.skip_rows
    if not names:
        names, skipped = _header(path, options, limits)
    if len(names) > limits.columns:
        raise TableTooLarge(where=str(path), expected=f"at most {limits.columns} columns", got=f"{len(names)}")
    return CsvSource(path=path, options=options, limits=limits, names=names, skipped=skipped)


def _header(path: Path, options: CsvOptions, limits: TableLimits) -> tuple[tuple[str, ...], int]:
    """Column names and the number of lines before the first row."""
    with open_counted(path, limits) as stream:
        head = _decoded(stream.read(limits.line_bytes), path)
    lines = io.StringIO(head, newline="")
    for _ in range(options.skip_rows):
        lines.readline()
    reader = csv.reader(lines, delimiter=options.delimiter)
    try:
        cells = next((record for record in reader if len(record) > 1 or "".join(record).strip()), None)
    except csv.Error as error:
        raise BrokenFile(where=f"{path}, header", expected="column names", got=str(error)) from error
    if cells is None:
        raise EmptyFile(where=str(path), expected="a header", got="blank lines")
    names = [cell.strip() if options.strip else cell for cell in cells]
    named = tuple(name or f"column_{place}" for place, name in enumerate(names, start=1))
    return named, options.skip_rows + reader.line_num


def _decoded(head: bytes, path: Path) -> str:
    """The beginning of the file as text; a character cut at the end is left out."""
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError as error:
        raise not_utf8(path, head[: error.start].count(b"\n") + 1, head) from error


def _arrow_batches(stream: CountedStream, source: CsvSource, ragged: list[int]) -> Iterator[pa.RecordBatch]:
    import pyarrow.csv as arrow_csv

    def note_ragged(row: arrow_csv.InvalidRow) -> str:
        ragged.append(row.actual_columns)
        return "error"

    # Positions stand in for the names here, because names may be given twice and are checked by the caller.
    places = [str(place) for place in range(len(source.names))]
    reader = arrow_csv.open_csv(
        pa.PythonFile(stream, mode="r"),
        read_options=arrow_csv.ReadOptions(
            use_threads=False,
            block_size=source.limits.line_bytes,
            column_names=places,
            skip_rows=source.skipped,
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=source.options.delimiter,
            newlines_in_values=True,
            invalid_row_handler=note_ragged,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(places, pa.string()),
            strings_can_be_null=False,
        ),
    )
    for batch in reader:
        yield pa.RecordBatch.from_arrays(batch.columns, names=list(source.names))


def _cleaned(batch: pa.RecordBatch, options: CsvOptions) -> pa.RecordBatch:
    """Cells stripped, and null where they mean so."""
    null = pa.array(options.null, pa.string())
    columns = []
    for column in batch.columns:
        cells = pc.utf8_trim_whitespace(column) if options.strip else column
        columns.append(pc.if_else(pc.is_in(cells, value_set=null), pa.scalar(None, pa.string()), cells))
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
