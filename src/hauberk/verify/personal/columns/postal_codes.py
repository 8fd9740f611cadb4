"""Postal codes, and the three-digit areas that are too small to tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hauberk.verify.personal.cells import Cells
from hauberk.verify.personal.column_names import named_identifiers
from hauberk.verify.personal.hit import Hit
from hauberk.verify.personal.identifier import EvidenceKind, Identifier
from hauberk.verify.personal.zip_areas import RESTRICTED_ZIP3

__all__ = ["look_at_postal_codes"]

_MOSTLY = 0.9
_LEAST = 2
_FORMS = {
    "US ZIP+4": re.compile(r"[0-9]{5}-[0-9]{4}"),
    "GB postcode": re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][ABD-HJLNP-UW-Z]{2}"),
    "CA postal code": re.compile(r"[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z] ?[0-9][ABCEGHJ-NPRSTV-Z][0-9]"),
}
_DIGITS = re.compile(r"[0-9]{4,6}(?:-?[0-9]{4})?")
_AREA = re.compile(r"[0-9]{1,3}")


def look_at_postal_codes(cells: Cells) -> Iterator[Hit]:
    """Columns of postal codes: by a form that little else has, or by the name with digits that fit.

    A column of three-digit ZIP areas is evidence only where it names one of the 17 restricted areas.
    """
    named = Identifier.POSTAL_CODE in named_identifiers(cells.feature.name)
    for scheme, form in _FORMS.items():
        mask = _matches(cells, form)
        enough = cells.share(mask) >= (0.0 if named else _MOSTLY) and mask.sum() >= (1 if named else _LEAST)
        if enough:
            yield _hit(mask, EvidenceKind.FORMAT, scheme)
    if not named or not cells.texts:
        return
    areas = _matches(cells, _AREA)
    if areas.all():
        small = np.array([text.zfill(3) in RESTRICTED_ZIP3 for text in cells.texts], bool)
        if small.any():
            yield _hit(small, EvidenceKind.FORMAT, "restricted ZIP area", EvidenceKind.COLUMN_NAME)
        return
    digits = _matches(cells, _DIGITS)
    if digits.any():
        yield _hit(digits, EvidenceKind.FORMAT, "ZIP", EvidenceKind.COLUMN_NAME)
    elif not any(_matches(cells, form).any() for form in _FORMS.values()):
        yield _hit(np.ones(len(cells.texts), bool), EvidenceKind.COLUMN_NAME, "")


def _matches(cells: Cells, form: re.Pattern[str]) -> NDArray[np.bool_]:
    return np.array([form.fullmatch(text) is not None for text in cells.texts], bool)


def _hit(mask: NDArray[np.bool_], kind: EvidenceKind, scheme: str, *more: EvidenceKind) -> Hit:
    return Hit(identifier=Identifier.POSTAL_CODE, kinds=(kind, *more), scheme=scheme, mask=mask)
