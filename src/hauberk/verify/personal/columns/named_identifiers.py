"""Columns whose name says what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from hauberk.verify.personal.cells import Cells
from hauberk.verify.personal.column_names import named_identifiers
from hauberk.verify.personal.hit import Hit
from hauberk.verify.personal.identifier import EvidenceKind, Identifier

__all__ = ["look_at_name", "look_at_record_numbers"]

_UNIQUE = 0.5
"""Different values a row from which a number can be that of a person with a few records each."""
_LEAST_UNIQUE = 3
_FEW = 16
_MOSTLY = 0.5
_RECORDS = (
    Identifier.MEDICAL_RECORD,
    Identifier.HEALTH_PLAN,
    Identifier.ACCOUNT,
    Identifier.LICENCE,
    Identifier.VEHICLE,
    Identifier.DEVICE,
    Identifier.NATIONAL_NUMBER,
    Identifier.UNIQUE_CODE,
)
"""Number systems without a common form: the name and that the values differ are the evidence."""
_ELSEWHERE = frozenset({Identifier.POSTAL_CODE, Identifier.DATE, Identifier.AGE_OVER_89, Identifier.HEALTH, *_RECORDS})
"""Classes where other looks at the column decide."""
_BROAD = frozenset({Identifier.GEOGRAPHY, Identifier.SPECIAL_CATEGORY})
"""Classes of few values; all others must differ from row to row, or the column says only whether there is one."""
_FORMS = {
    Identifier.TELEPHONE: re.compile(r"\+?(?:[0-9][ ()./-]{0,2}){7,15}"),
    Identifier.FAX: re.compile(r"\+?(?:[0-9][ ()./-]{0,2}){7,15}"),
    Identifier.SOCIAL_SECURITY: re.compile(r"[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{4}|[0-9]{7,8}"),
}
"""Forms that mean something only under such a name."""


def look_at_name(cells: Cells) -> Iterator[Hit]:
    """Identifiers that the name speaks of: with a form that fits, or on the name's word alone."""
    for identifier in sorted(named_identifiers(cells.feature.name) - _ELSEWHERE):
        different = len(cells.texts)
        if different < 2 or (identifier not in _BROAD and different <= _FEW and not _differs(cells)):
            continue
        form = _FORMS.get(identifier)
        fits = np.array([bool(form and form.fullmatch(text)) for text in cells.texts], bool)
        if cells.share(fits) >= _MOSTLY:
            yield Hit(
                identifier=identifier, kinds=(EvidenceKind.FORMAT, EvidenceKind.COLUMN_NAME), scheme="", mask=fits
            )
        else:
            every = np.ones(different, bool)
            yield Hit(identifier=identifier, kinds=(EvidenceKind.COLUMN_NAME,), scheme="", mask=every)


def look_at_record_numbers(cells: Cells) -> Iterator[Hit]:
    """Numbers of records, accounts, licences and things: by the name and by values that differ. One class a column."""
    named = named_identifiers(cells.feature.name)
    identifier = next((each for each in _RECORDS if each in named), None)
    whole = not bool((cells.numbers % 1 > 0).any())
    if identifier is not None and whole and _differs(cells):
        kinds = (EvidenceKind.UNIQUE, EvidenceKind.COLUMN_NAME)
        yield Hit(identifier=identifier, kinds=kinds, scheme="", mask=np.ones(len(cells.texts), bool))


def _differs(cells: Cells) -> bool:
    return len(cells.texts) >= _LEAST_UNIQUE and cells.distinctness >= _UNIQUE
