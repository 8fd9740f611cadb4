"""Columns of names: by their shape, which companies and places share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hauberk.data import Kind
from hauberk.verify.personal.cells import Cells
from hauberk.verify.personal.hit import Hit
from hauberk.verify.personal.identifier import EvidenceKind, Identifier

__all__ = ["look_at_person_names"]

_MOSTLY = 0.9
_LEAST = 20
_UNIQUE = 0.5
_WORDS = (2, 4)
_LONGEST = 60


def look_at_person_names(cells: Cells) -> Iterator[Hit]:
    """Two to four capitalised words in almost every cell, and mostly different ones: weak evidence by itself.

    Together with a name such as `customer_name` it is no longer weak. Names in scripts without capitals are not seen.
    """
    if cells.feature.kind not in (Kind.TEXT, Kind.CATEGORY) or len(cells.texts) < _LEAST:
        return
    mask = np.array([_is_shaped(text) for text in cells.texts], bool)
    if cells.share(mask) >= _MOSTLY and cells.distinctness >= _UNIQUE:
        yield Hit(identifier=Identifier.PERSON_NAME, kinds=(EvidenceKind.SHAPE,), scheme="", mask=mask)


def _is_shaped(text: str) -> bool:
    words = text.replace(",", " ").split()
    if not _WORDS[0] <= len(words) <= _WORDS[1] or len(text) > _LONGEST:
        return False
    letters = text.translate({ord(character): None for character in " ,.'\u2019-"})
    return letters.isalpha() and all(word[:1].isupper() for word in words)
