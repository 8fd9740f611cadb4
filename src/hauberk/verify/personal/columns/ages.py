"""Ages over 89."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hauberk.verify.personal.cells import Cells
from hauberk.verify.personal.column_names import named_identifiers
from hauberk.verify.personal.hit import Hit
from hauberk.verify.personal.identifier import EvidenceKind, Identifier

__all__ = ["look_at_ages"]

_OVER = 89
_TOP_CODE = 90
_OLDEST = 125
_MOSTLY = 0.99


def look_at_ages(cells: Cells) -> Iterator[Hit]:
    """Ages over 89 in a column that is named for age and holds numbers that people reach.

    Where no value is above 90, 90 is taken for "90 or older", as the rule asks for; whether it is, the data cannot say.

    Source: 45 CFR §164.514(b)(2)(i)(C).
    """
    if Identifier.AGE_OVER_89 not in named_identifiers(cells.feature.name):
        return
    with np.errstate(invalid="ignore"):
        plausible = (cells.numbers >= 0) & (cells.numbers <= _OLDEST)
        old = plausible & (cells.numbers > _OVER)
        beyond = plausible & (cells.numbers > _TOP_CODE)
    if cells.share(plausible) >= _MOSTLY and beyond.any():
        kinds = (EvidenceKind.FORMAT, EvidenceKind.COLUMN_NAME)
        yield Hit(identifier=Identifier.AGE_OVER_89, kinds=kinds, scheme="years", mask=old)
