"""Data concerning health."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from hauberk.verify.personal.cells import Cells
from hauberk.verify.personal.column_names import named_identifiers
from hauberk.verify.personal.hit import Hit
from hauberk.verify.personal.identifier import EvidenceKind, Identifier

__all__ = ["look_at_health"]

_ICD = re.compile(
    r"[A-TV-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?|(?:[0-9]{3}|V[0-9]{2})(?:\.[0-9]{1,2})?|E[0-9]{3}(?:\.[0-9])?"
)
_MOSTLY = 0.5
_LEAST = 10


def look_at_health(cells: Cells) -> Iterator[Hit]:
    """Columns named for diagnoses or treatment; codes of the ICD in them make the evidence stronger.

    What a drug's or a laboratory's own word in the name means, this does not know.

    Source: WHO ICD-10 volume 2 §2.4 and ICD-9-CM for the form of codes; GDPR Art. 4(15) for the notion.
    """
    if Identifier.HEALTH not in named_identifiers(cells.feature.name) or not cells.texts:
        return
    codes = np.array([_ICD.fullmatch(text) is not None for text in cells.texts], bool)
    if cells.share(codes) >= _MOSTLY and codes.sum() >= _LEAST:
        kinds = (EvidenceKind.FORMAT, EvidenceKind.COLUMN_NAME)
        yield Hit(identifier=Identifier.HEALTH, kinds=kinds, scheme="ICD", mask=codes)
    else:
        every = np.ones(len(cells.texts), bool)
        yield Hit(identifier=Identifier.HEALTH, kinds=(EvidenceKind.COLUMN_NAME,), scheme="", mask=every)
