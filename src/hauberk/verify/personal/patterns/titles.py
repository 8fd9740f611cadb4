"""Names behind a form of address, as they stand in letters and notes."""

from __future__ import annotations

from hauberk.verify.personal.identifier import EvidenceKind, Identifier
from hauberk.verify.personal.pattern import Pattern, standing_alone

__all__ = ["TITLES"]

_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herr|Frau|Mme|Mlle|Sr|Sra|Sig|Dhr|Mevr)\.? {1,2}"
_UPPER = "[A-Z\u00c0-\u00d6\u00d8-\u00de]"

TITLES = (
    Pattern(
        identifier=Identifier.PERSON_NAME,
        scheme="form of address",
        form=standing_alone(rf"{_TITLE}{_UPPER}[^\W\d_]{{1,40}}"),
        kind=EvidenceKind.SHAPE,
        needs="rsxfeaigv",
    ),
)
