"""Types for the text columns of a CSV file, read off the whole column so that no late row can contradict them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "DIGITS",
    "PADDED",
    "TIMES",
    "any_match",
    "are_truth_words",
    "cast_texts",
    "parse_texts",
    "truth_values",
]

_TRUTH = {"true": True, "false": False, "True": True, "False": False, "TRUE": True, "FALSE": False}
_TRIED = 64
PADDED = r"^[+-]?0[0-9xX]"
DIGITS = r"^[+-]?[0-9]+$"
TIMES = (pa.timestamp("us"), pa.timestamp("us", "UTC"))
"""Tried in this order."""


def parse_texts(table: pa.Table) -> pa.Table:
    """The table with each text column as int64, float64, bool or timestamp where all its values are, else as it is.

    A column with a padded number (`007`, a postal code) or with whole numbers beyond int64 (an account) stays text,
    because reading it as a number would lose what it says.
    """
    columns = [_parsed(column) if column.type == pa.string() else column for column in table.columns]
    return pa.table(columns, names=table.column_names)


def _parsed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if column.null_count == len(column):
        return column
    whole = cast_texts(column, pa.int64())
    if whole is not None:
        return column if any_match(column, PADDED) else whole
    numbers = cast_texts(column, pa.float64())
    if numbers is not None:
        return column if any_match(column, PADDED) or not any_match(column, DIGITS, negate=True) else numbers
    if are_truth_words(column):
        return truth_values(column)
    for kind in TIMES:
        times = cast_texts(column, kind)
        if times is not None:
            return times
    return column


def cast_texts(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | None:
    """The column as `kind`, or None. The first values are tried alone: Arrow reads a column to its end to refuse it."""
    try:
        column.slice(0, _TRIED).cast(kind)
        return column.cast(kind)
    except pa.ArrowInvalid:
        return None


def any_match(column: pa.ChunkedArray, pattern: str, *, negate: bool = False) -> bool:
    """Whether any text has a match of a pattern (RE2), or any has none."""
    found = pc.match_substring_regex(column, pattern)
    hit: bool | None = pc.any(pc.invert(found) if negate else found).as_py()
    return bool(hit)


def are_truth_words(column: pa.ChunkedArray) -> bool:
    """Whether all texts are truth values."""
    words = pc.unique(column.slice(0, _TRIED)).to_pylist()
    if any(word is not None and word not in _TRUTH for word in words):
        return False
    return all(word is None or word in _TRUTH for word in pc.unique(column).to_pylist())


def truth_values(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Truth words as Booleans."""
    true = pc.is_in(column, value_set=pa.array([word for word, value in _TRUTH.items() if value]))
    return pc.if_else(pc.is_valid(column), true, pa.scalar(None, pa.bool_()))
