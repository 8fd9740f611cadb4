"""Ages over 89."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Kind
from hauberk.verify.personal.cells import Cells
from hauberk.verify.personal.column_names import named_identifiers
from hauberk.verify.personal.hit import Hit
from hauberk.verify.personal.identifier import EvidenceKind, Identifier

__all__ = ["look_at_ages"]

_OVER = 89
_TOP_CODE = 90
_OLDEST = 125
_MOSTLY = 0.99
_WRITTEN = re.compile(
    r"(?:[<>\u2264\u2265]=? ?|[\[(])?([0-9]{1,3})(?: ?(?:-|to|,) ?[0-9]{1,3})?[])+]? ?(?:years?(?: old)?|yrs?|y)?"
)
"""`95+`, `>= 90`, `90-94`, `[90-100)`, `93 years`: an age or the lower end of a group."""


def look_at_ages(cells: Cells) -> Iterator[Hit]:
    """Ages over 89 in a column that is named for age and holds numbers that people reach.

    Groups of ages count by their lower end. Where no value is above 90, 90 is taken for "90 or older", as the rule
    asks for; whether it is, the data cannot say.

    Source: 45 CFR §164.514(b)(2)(i)(C).
    """
    if Identifier.AGE_OVER_89 not in named_identifiers(cells.feature.name):
        return
    ages = _ages(cells)
    with np.errstate(invalid="ignore"):
        plausible = (ages >= 0) & (ages <= _OLDEST)
        old = plausible & (ages > _OVER)
        beyond = plausible & (ages > _TOP_CODE)
    if cells.share(plausible) >= _MOSTLY and beyond.any():
        kinds = (EvidenceKind.FORMAT, EvidenceKind.COLUMN_NAME)
        yield Hit(identifier=Identifier.AGE_OVER_89, kinds=kinds, scheme="years", mask=old)


def _ages(cells: Cells) -> NDArray[np.float64]:
    """(m,) ages, NaN where a value is none."""
    if cells.feature.kind not in (Kind.TEXT, Kind.CATEGORY):
        return cells.numbers
    found = [_WRITTEN.fullmatch(text.lower()) for text in cells.texts]
    written = np.array([float(each[1]) if each else np.nan for each in found], np.float64)
    return np.where(np.isnan(cells.numbers), written, cells.numbers)
