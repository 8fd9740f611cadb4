"""The years of a column of dates, however it stores them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from hauberk.data import Feature, Kind
from hauberk.data.columns import TIME_UNIT, column_values
from hauberk.verify.personal.cells import normalised
from hauberk.verify.personal.patterns import parse_year

__all__ = ["years_of"]

_YEARS = (1800, 2200)
_SECONDS = 4.1e9
"""2099 in seconds since 1970; a larger number counts milliseconds, then microseconds, then nanoseconds."""
_SCALES = (1, 10**3, 10**6, 10**9)


def years_of(column: pa.ChunkedArray, feature: Feature, *, earliest: int | None) -> pa.Array:
    """int64 years, null where a value is missing or no date; years before `earliest` are raised to it."""
    found: list[int | None]
    if feature.kind is Kind.INTEGER and feature.unit == TIME_UNIT:
        stamps = np.array(column.fill_null(0).to_numpy(), "datetime64[us]")
        years = stamps.astype("datetime64[Y]").astype(np.int64) + 1970
        found = [None if gone else int(year) for year, gone in zip(years, np.isnat(stamps), strict=True)]
    elif feature.kind in (Kind.TEXT, Kind.CATEGORY):
        found = [None if text is None else _year_of_text(text) for text in column.to_pylist()]
    else:
        found = [None if np.isnan(number) else _year_of_number(float(number)) for number in column_values(column)]
    missing = column.is_null().to_pylist()
    kept = [None if gone else year for year, gone in zip(found, missing, strict=True)]
    return pa.array([year if year is None or earliest is None else max(year, earliest) for year in kept], pa.int64())


def _year_of_text(text: str) -> int | None:
    plain = normalised(text)
    if len(plain) == 4 and plain.isascii() and plain.isdecimal():
        return _year_of_number(float(plain))
    return parse_year(plain)


def _year_of_number(number: float) -> int | None:
    if not number.is_integer():
        return _since_1970(number)
    if _YEARS[0] <= number <= _YEARS[1]:
        return int(number)
    return parse_year(str(int(number))) or _since_1970(number)


def _since_1970(number: float) -> int | None:
    """The year of a count since 1970; small numbers are no dates, since anything else is counted in those too."""
    scale = next((scale for scale in _SCALES if number <= _SECONDS * scale), None)
    if scale is None or number < _SECONDS / 10:
        return None
    return int(np.datetime64(int(number / scale), "s").astype("datetime64[Y]").astype(np.int64)) + 1970
