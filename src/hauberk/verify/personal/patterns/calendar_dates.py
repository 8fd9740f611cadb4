"""Dates that say more than the year."""

from __future__ import annotations

import datetime
import re

from hauberk.verify.personal.identifier import Identifier
from hauberk.verify.personal.pattern import Pattern, standing_alone

__all__ = ["CALENDAR", "parse_year"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_CENTURY = r"(?:18|19|20|21)[0-9]{2}"
_TIME = r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_ISO = re.compile(rf"({_CENTURY})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){_TIME}")
_LAST = re.compile(rf"([0-9]{{1,2}})[-/.]([0-9]{{1,2}})[-/.]({_CENTURY}){_TIME}")
_YEAR_MONTH = re.compile(rf"({_CENTURY})[-/](?:0[1-9]|1[0-2])")
_MONTH_YEAR = re.compile(rf"(?:{_MONTH},?[ -]|(?:0?[1-9]|1[0-2])/)({_CENTURY})")
_PACKED = re.compile(rf"({_CENTURY})([0-9]{{2}})([0-9]{{2}})")
_WORDS = re.compile(
    rf"(?:([0-9]{{1,2}})(?:st|nd|rd|th)?[ -]({_MONTH})|({_MONTH}) ([0-9]{{1,2}})(?:st|nd|rd|th)?),?[ -]({_CENTURY})"
)
_CHANCE = 366 / 10_000
"""Of the four digits after a year, at most 366 of 10,000 are a month and a day."""


def parse_year(text: str) -> int | None:
    """The year of a date in one of the forms below, or None. A day that no calendar has is no date.

    >>> [parse_year(text) for text in ("1987-03-05", "31/12/1999", "4 March 2019", "2001-02", "20010230")]
    [1987, 1999, 2019, 2001, None]
    """
    for form in (_ISO, _PACKED):
        if found := form.fullmatch(text):
            year, month, day = map(int, found.groups())
            return year if _is_day(year, month, day) else None
    if found := _LAST.fullmatch(text):
        first, second, year = map(int, found.groups())
        return year if _is_day(year, first, second) or _is_day(year, second, first) else None
    if found := _WORDS.fullmatch(text):
        number = _MONTHS.index((found[2] or found[3])[:3].lower()) + 1
        return int(found[5]) if _is_day(int(found[5]), number, int(found[1] or found[4])) else None
    found = _YEAR_MONTH.fullmatch(text) or _MONTH_YEAR.fullmatch(text)
    return int(found[1]) if found else None


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def _is_date(text: str) -> bool:
    return parse_year(text) is not None


CALENDAR = (
    Pattern(
        identifier=Identifier.DATE,
        scheme="date",
        form=standing_alone("|".join(re.sub(r"\((?!\?)", "(?:", form.pattern) for form in (_ISO, _LAST, _WORDS))),
        check=_is_date,
        least_digits=5,
    ),
    Pattern(
        identifier=Identifier.DATE,
        scheme="yyyymmdd",
        form=standing_alone(rf"{_CENTURY}[0-9]{{4}}"),
        check=_is_date,
        chance=_CHANCE,
        digits=True,
        least_digits=8,
    ),
)
"""Sources: ISO 8601-1:2019 §5.2.2 (extended and basic form) and the everyday forms of English texts."""
