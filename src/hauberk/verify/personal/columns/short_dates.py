"""Dates whose year has two digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from hauberk.data import Kind
from hauberk.verify.personal.cells import Cells
from hauberk.verify.personal.hit import Hit
from hauberk.verify.personal.identifier import EvidenceKind, Identifier

__all__ = ["SHORT_YEAR", "look_at_short_dates"]

SHORT_YEAR = "date, year of two digits"
_MOSTLY = 0.9
_LEAST = 5
_TIME = r"(?: [0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: ?[ap]m)?)?"
_NUMERIC = re.compile(
    rf"([0-9]{{1,2}})(?:/([0-9]{{1,2}})/|-([0-9]{{1,2}})-|\.([0-9]{{2}})\.)([0-9]{{2}}){_TIME}", re.IGNORECASE
)
_NAMED = re.compile(
    rf"([0-9]{{1,2}})[ -](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{{0,6}}[ -]'?[0-9]{{2}}{_TIME}",
    re.IGNORECASE,
)
_MONTHS, _DAYS = 12, 31


def look_at_short_dates(cells: Cells) -> Iterator[Hit]:
    """Dates such as `3/5/87` or `5-Mar-87`, where nine in ten values are dates that way.

    Codes of the same form have numbers that no calendar has. The century is not told, so that no year can be taken.
    """
    if cells.feature.kind not in (Kind.TEXT, Kind.CATEGORY):
        return
    mask = np.array([_is_date(text) for text in cells.texts], bool)
    if mask.sum() >= _LEAST and cells.share(mask) >= _MOSTLY:
        yield Hit(identifier=Identifier.DATE, kinds=(EvidenceKind.FORMAT,), scheme=SHORT_YEAR, mask=mask)


def _is_date(text: str) -> bool:
    """Whether day, month and year stand there in an order that some country uses."""
    if found := _NAMED.fullmatch(text):
        return 1 <= int(found[1]) <= _DAYS
    found = _NUMERIC.fullmatch(text)
    if found is None:
        return False
    first, second, third = int(found[1]), int(found[2] or found[3] or found[4]), int(found[5])
    orders = ((first, second), (second, first), (second, third))
    return any(1 <= month <= _MONTHS and 1 <= day <= _DAYS for month, day in orders)
