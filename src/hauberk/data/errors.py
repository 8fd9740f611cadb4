"""Errors of the data: files, columns, values, schemas and manifests."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = [
    "BadColumnNames",
    "BadImages",
    "BadLabel",
    "BadOverride",
    "BadRows",
    "BadTarget",
    "BadValue",
    "BadWeight",
    "BrokenFile",
    "DataError",
    "DuplicateColumn",
    "EmptyFile",
    "FileMissing",
    "FileUnreadable",
    "MissingColumn",
    "MostlyNumbers",
    "NoRows",
    "NotConformed",
    "NotUtf8",
    "OtherTable",
    "PickledArray",
    "RaggedRow",
    "TableTooLarge",
    "UnknownColumn",
    "UnknownFormat",
    "UnsupportedColumn",
]


class DataError(HauberkError):
    """Base of the errors of `hauberk.data`."""


class FileMissing(DataError):
    """There is no such file, or the name is that of a folder. Paths in `hauberk.toml` are relative to its folder."""

    code = "DATA-101"
    title = "No such data file"


class UnknownFormat(DataError):
    """The end of the file's name does not tell a format that Hauberk reads.

    Read are csv, tsv, txt, data and test (each also with .gz), parquet and pq, arrow, ipc, feather and arrows, and npz.
    Rename the file, or write it anew as Parquet.
    """

    code = "DATA-102"
    title = "Unknown data format"


class EmptyFile(DataError):
    """The file holds nothing at all. Look whether the job that wrote it came to its end."""

    code = "DATA-103"
    title = "Empty file"


class NoRows(DataError):
    """The table has columns and no rows, such as a CSV file that is a header only. Nothing can be learnt or checked."""

    code = "DATA-104"
    title = "No rows"


class RaggedRow(DataError):
    """A line of a CSV file has more or fewer cells than there are columns.

    The message names the line. Common causes are an unquoted delimiter in a text, a quote after white space, another
    delimiter (`data.csv.delimiter`), or lines above the header (`data.csv.skip-rows`).
    """

    code = "DATA-105"
    title = "Ragged row"


class DuplicateColumn(DataError):
    """Two columns have the same name, so that a rule for one of them would be ambiguous. Rename one."""

    code = "DATA-106"
    title = "Duplicate column name"


class NotUtf8(DataError):
    """A text is not UTF-8. Convert the file, for example with `iconv -f LATIN1 -t UTF-8`."""

    code = "DATA-107"
    title = "Not UTF-8"


class BrokenFile(DataError):
    """The bytes are not what the format says: cut off, altered, or of another format than the name tells."""

    code = "DATA-108"
    title = "Broken data file"


class PickledArray(DataError):
    """An npz file holds an array of Python objects, which only a pickle can carry, and opening a pickle runs its code.

    Hauberk never does. Save the array with a number or fixed-width text type (`array.astype(str)`), or as Parquet.
    """

    code = "DATA-109"
    title = "Array of Python objects refused"


class TableTooLarge(DataError):
    """The file unpacks to more than the limits allow, in bytes, columns or length of one line.

    A small file that grows this much may be made to exhaust memory. A quote that is never closed also makes one
    endless line.
    """

    code = "DATA-110"
    title = "Over the limits of a table"


class UnsupportedColumn(DataError):
    """A column has a type that a table for training cannot have: lists, structures, binary, complex numbers.

    A model takes no free text either: a TEXT column cannot be an input.
    """

    code = "DATA-111"
    title = "Unsupported type of column"


class UnknownColumn(DataError):
    """A column was named that the table or the schema does not have; the nearest name is in the hint."""

    code = "DATA-112"
    title = "Unknown column"


class MissingColumn(DataError):
    """The table lacks a column of the schema that was inferred from the training data."""

    code = "DATA-113"
    title = "Missing column"


class BadValue(DataError):
    """A value cannot be read as what its column holds. Rows count from 0, without the header."""

    code = "DATA-114"
    title = "Bad value"


class BadLabel(DataError):
    """A label is missing, or is none of the classes of the target. Rows count from 0, without the header."""

    code = "DATA-115"
    title = "Bad label"


class BadTarget(DataError):
    """The target cannot be learnt as classes: free text, fractions, too many different values, or none."""

    code = "DATA-116"
    title = "Unusable target"


class BadOverride(DataError):
    """What the configuration says of a column contradicts itself or the schema."""

    code = "DATA-117"
    title = "Contradictory schema"


class BadRows(DataError):
    """An encoded matrix does not belong to the schema: another number of columns, or a code of no category."""

    code = "DATA-118"
    title = "Rows do not fit the schema"


class MostlyNumbers(DataError):
    """Almost all values of a column are numbers, and some are text, so that it would be lost as free text.

    Name the text as a missing value (`data.csv.null`), or say what the column is
    (`[data.features.NAME] kind = "text"`).
    """

    code = "DATA-119"
    title = "Numbers mixed with text"


class BadColumnNames(DataError):
    """The column names that were given do not belong to the file: empty, or not as many as there are columns."""

    code = "DATA-120"
    title = "Bad column names"


class NotConformed(DataError):
    """A table does not have the columns of its schema in the schema's order and types. Use `make_dataset`."""

    code = "DATA-121"
    title = "Table not in the form of its schema"


class BadWeight(DataError):
    """The weights of the rows cannot be used: missing, negative, all 0, no numbers, or more than one such column.

    A column has the role `weight` by `role = "weight"`, or by a name such as `sample_weight`; `role = "ignored"` takes
    it away. Rows count from 0, without the header.
    """

    code = "DATA-122"
    title = "Bad weight"


class BadImages(DataError):
    """Pictures are not what the configuration says of them, or their labels or groups do not belong to them.

    A reading function gives `hauberk.data.Images`: pixels as (n, channels, height, width) or (n, height, width), uint8
    or floats within `data.pixel-low` and `data.pixel-high`, and a label for each. Rows count from 0.
    """

    code = "DATA-123"
    title = "Bad images"


class OtherTable(DataError):
    """Two manifests, or a manifest and a dataset, do not speak of the same columns, so batches cannot be compared."""

    code = "DATA-201"
    title = "Manifest of another table"


class FileUnreadable(DataError):
    """The operating system refuses to read the file: permission, a broken disk, a lost network drive."""

    code = "DATA-301"
    title = "Cannot read the file"
