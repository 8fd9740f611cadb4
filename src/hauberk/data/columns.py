"""One Arrow type for each kind of feature, and how a column of any type becomes it.

NUMBER is float64, INTEGER int64, CATEGORY and TEXT are strings; missing values are nulls (NaN becomes null).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.data.errors import UnsupportedColumn
from hauberk.data.schema import Kind

__all__ = ["ARROW_TYPES", "CastColumn", "TIME_UNIT", "cast_column", "column_values"]

ARROW_TYPES = {
    Kind.NUMBER: pa.float64(),
    Kind.INTEGER: pa.int64(),
    Kind.CATEGORY: pa.string(),
    Kind.TEXT: pa.string(),
}
TIME_UNIT = "us since 1970-01-01T00:00Z"
"""Unit of dates and times, which become integers (a duration or a time of day counts from its own zero)."""

_INT64 = 2.0**63
_PERHAPS = r"(?i)^[+-]?([0-9.]+(e[+-]?[0-9]+)?|inf.*|nan.*)$"
"""Every text that Arrow reads as a number, and a few more; RE2."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CastColumn:
    """A column in the type of its kind.

    Attributes:
        values: `pyarrow.ChunkedArray`; null where `bad`.
        bad: (m,) row numbers of the values that cannot be read as the kind, ascending.
    """

    values: pa.ChunkedArray
    bad: NDArray[np.intp]


def cast_column(column: pa.ChunkedArray, kind: Kind, *, where: str = "") -> CastColumn:
    """The column as values of `kind`, with the rows that refuse.

    Raises:
        UnsupportedColumn: The column's type holds no single value a row (lists, structures, binary, …).
    """
    if kind in (Kind.CATEGORY, Kind.TEXT) and pa.types.is_temporal(column.type):
        return CastColumn(values=column.cast(pa.string()), bad=np.empty(0, np.intp))
    plain = _plain(column, where)
    match kind:
        case Kind.NUMBER:
            numbers, bad = _numbers(plain)
            return _masked(numbers, bad | _where(pc.is_inf(numbers)))
        case Kind.INTEGER:
            return _masked(*_integers(plain))
        case Kind.CATEGORY | Kind.TEXT:
            return CastColumn(values=_texts(plain), bad=np.empty(0, np.intp))
        case _:
            assert_never(kind)


def column_values(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """A NUMBER or INTEGER column as float64 (n,), missing as NaN."""
    array: NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy()
    return array


def _plain(column: pa.ChunkedArray, where: str) -> pa.ChunkedArray:
    """Without dictionary, view, decimal, half-float and time types; NaN as null."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type), where)
    if pa.types.is_string_view(kind) or pa.types.is_large_string(kind):
        return column.cast(pa.string())
    if pa.types.is_floating(kind):
        wide = column.cast(pa.float64())
        return pc.if_else(pc.is_nan(wide), pa.scalar(None, pa.float64()), wide)
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    if pa.types.is_temporal(kind):
        return _microseconds(column, where)
    if kind in (pa.bool_(), pa.string(), pa.null()) or pa.types.is_integer(kind):
        return column
    hint = "leave the column out, or spread it over columns of single values"
    raise UnsupportedColumn(where=where, expected="numbers, text, truth values or times", got=str(kind), hint=hint)


def _microseconds(column: pa.ChunkedArray, where: str) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        zone = getattr(kind, "tz", None)
        return column.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())
    if pa.types.is_time(kind):
        return column.cast(pa.time64("us"), safe=False).cast(pa.int64())
    if pa.types.is_duration(kind):
        return column.cast(pa.duration("us"), safe=False).cast(pa.int64())
    raise UnsupportedColumn(where=where, expected="a date or a time", got=str(kind))


def _numbers(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, NDArray[np.bool_]]:
    """As float64 with a (n,) mask of the texts that are no numbers."""
    none = np.zeros(len(column), bool)
    if column.type != pa.string():
        return column.cast(pa.float64(), safe=False), none
    trimmed = pc.utf8_trim_whitespace(column)
    try:
        parsed = trimmed.cast(pa.float64())
    except pa.ArrowInvalid:
        encoded = trimmed.combine_chunks().dictionary_encode()
        # Asking Arrow for one text is slow, and free text need not be asked for.
        perhaps = pc.match_substring_regex(encoded.dictionary, _PERHAPS).to_pylist()
        texts = zip(encoded.dictionary.to_pylist(), perhaps, strict=True)
        numbers = pa.array([_number(text) if asked else None for text, asked in texts], pa.float64())
        taken = numbers.take(encoded.indices)
        bad = _where(pc.and_(pc.is_null(taken), pc.is_valid(trimmed.combine_chunks())))
        return _without_nan(pa.chunked_array([taken])), bad
    return _without_nan(parsed), none


def _without_nan(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)


def _number(text: str) -> float | None:
    """Arrow's own reading of one text, so that a bad neighbour changes no value."""
    try:
        value: float = pa.scalar(text).cast(pa.float64()).as_py()
    except pa.ArrowInvalid:
        return None
    return value


def _integers(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, NDArray[np.bool_]]:
    if column.type == pa.string():
        try:
            return pc.utf8_trim_whitespace(column).cast(pa.int64()), np.zeros(len(column), bool)
        except pa.ArrowInvalid:
            numbers, bad = _numbers(column)
            whole, broken = _whole(numbers)
            return whole, bad | broken
    if column.type == pa.uint64():
        bad = _where(pc.greater(column, pa.scalar(2**63 - 1, pa.uint64())))
        return column.cast(pa.int64(), safe=False), bad
    if column.type == pa.float64():
        return _whole(column)
    return column.cast(pa.int64()), np.zeros(len(column), bool)


def _whole(numbers: pa.ChunkedArray) -> tuple[pa.ChunkedArray, NDArray[np.bool_]]:
    """Floats as int64 with a mask of those that are not whole, infinite, or beyond int64."""
    values = column_values(numbers)
    missing = np.isnan(values)
    with np.errstate(invalid="ignore"):
        fits = (np.floor(values) == values) & (values >= -_INT64) & (values < _INT64)
    bad = ~fits & ~missing
    cast = np.where(fits, values, 0.0).astype(np.int64)
    return pa.chunked_array([pa.array(cast, mask=~fits)]), bad


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """As text; whole floats are spelt like the integers that they are (pandas stores integers with gaps as floats)."""
    if column.type == pa.float64():
        values = column_values(column)
        finite = values[~np.isnan(values)]
        if np.all(np.abs(finite) < 2.0**53) and np.all(np.floor(finite) == finite):
            return _whole(column)[0].cast(pa.string())
    return column.cast(pa.string())


def _masked(values: pa.ChunkedArray, bad: NDArray[np.bool_]) -> CastColumn:
    if bad.any():
        values = pc.if_else(pa.chunked_array([pa.array(bad)]), pa.scalar(None, values.type), values)
    return CastColumn(values=values, bad=np.flatnonzero(bad))


def _where(mask: pa.ChunkedArray | pa.Array) -> NDArray[np.bool_]:
    """A Boolean Arrow array as numpy, null as False."""
    whole = mask if isinstance(mask, pa.ChunkedArray) else pa.chunked_array([mask])
    array: NDArray[np.bool_] = pc.fill_null(whole, False).to_numpy().astype(bool)
    return array
