"""Columns of dates that are stored as numbers, or that only the name tells."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Kind
from hauberk.data.columns import TIME_UNIT
from hauberk.data.names import is_time_name
from hauberk.verify.personal.cells import Cells
from hauberk.verify.personal.column_names import named_identifiers
from hauberk.verify.personal.hit import Hit
from hauberk.verify.personal.identifier import EvidenceKind, Identifier

__all__ = ["look_at_points_in_time"]

_MOSTLY = 0.9
_YEAR_MONTH = re.compile(
    r"(?:18|19|20|21)[0-9]{2}[-/](?:0[1-9]|1[0-2])"
    r"|(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?,?[ -]|(?:0?[1-9]|1[0-2])/)"
    r"(?:18|19|20|21)[0-9]{2}"
)
_DAY = 86_400_000_000
"""Microseconds; a column within one day from zero holds times of day."""
_YEARS = (1800, 2200)
_EPOCH = (6.3e8, 4.1e9)
"""1990 to 2100 in seconds since 1970; the next scales are milliseconds, microseconds and nanoseconds."""
_SCALES = (1.0, 1e3, 1e6, 1e9)


def look_at_points_in_time(cells: Cells) -> Iterator[Hit]:
    """Dates by the type that the file gave, by the name with numbers that count from 1970, or by the name alone.

    A column of years is none: the year may stay. A column of times of day is none either.
    """
    if not cells.texts:
        return
    every = np.ones(len(cells.texts), bool)
    name = cells.feature.name
    months = np.array([_YEAR_MONTH.fullmatch(text) is not None for text in cells.texts], bool)
    if cells.feature.kind is Kind.INTEGER and cells.feature.unit == TIME_UNIT:
        if not ((cells.numbers >= 0) & (cells.numbers < _DAY)).all():
            yield _hit(every, "timestamp", EvidenceKind.FORMAT)
    elif cells.share(months) >= _MOSTLY:
        yield _hit(months, "year and month", EvidenceKind.FORMAT)
    elif is_time_name(name) and cells.share(_since_1970(cells)) >= _MOSTLY:
        yield _hit(_since_1970(cells), "since 1970", EvidenceKind.FORMAT, EvidenceKind.COLUMN_NAME)
    elif Identifier.DATE in named_identifiers(name) and not _is_years(cells):
        yield _hit(every, "", EvidenceKind.COLUMN_NAME)


def _since_1970(cells: Cells) -> NDArray[np.bool_]:
    found = np.zeros(len(cells.texts), bool)
    with np.errstate(invalid="ignore"):
        for scale in _SCALES:
            found |= (cells.numbers >= _EPOCH[0] * scale) & (cells.numbers <= _EPOCH[1] * scale)
    return found


def _is_years(cells: Cells) -> bool:
    with np.errstate(invalid="ignore"):
        return bool(((cells.numbers >= _YEARS[0]) & (cells.numbers <= _YEARS[1])).all())


def _hit(mask: NDArray[np.bool_], scheme: str, *kinds: EvidenceKind) -> Hit:
    return Hit(identifier=Identifier.DATE, kinds=kinds, scheme=scheme, mask=mask)
