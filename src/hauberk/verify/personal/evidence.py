"""What was found in a column: counts and kinds, never a value."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.claim import Estimate
from hauberk.core.encoding import Json
from hauberk.verify.personal.identifier import EvidenceKind, Identifier, gdpr_article, hipaa_letter

__all__ = ["IdentifierEvidence"]

_WEAK = frozenset({EvidenceKind.COLUMN_NAME, EvidenceKind.SHAPE})


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierEvidence:
    """One class of identifiers in one column.

    Attributes:
        column: Name of the column.
        identifier: What it seems to hold.
        kinds: Why, strongest first.
        schemes: Which forms or numbering systems fit, such as `NL BSN`; several may fit the same values.
        count: Sampled values concerned.
        share: `count` of the sampled values that are not missing, with its Clopper-Pearson interval.
        inside_text: Whether some stand inside a longer text.
        p_value: Chance that as many check digits fit by accident, None where none was tested.
    """

    column: str
    identifier: Identifier
    kinds: tuple[EvidenceKind, ...]
    schemes: tuple[str, ...]
    count: int
    share: Estimate
    inside_text: bool
    p_value: float | None

    @property
    def is_proved(self) -> bool:
        """Whether check digits bear it out."""
        return EvidenceKind.CHECKSUM in self.kinds

    @property
    def is_weak(self) -> bool:
        """Whether it rests on the column's name alone, or on a shape that much else has."""
        return len(self.kinds) == 1 and self.kinds[0] in _WEAK

    @property
    def hipaa(self) -> str:
        """Letter A to R of 45 CFR §164.514(b)(2)(i), or empty."""
        return hipaa_letter(self.identifier)

    @property
    def gdpr(self) -> str:
        """Article of the GDPR."""
        return gdpr_article(self.identifier)

    def document(self) -> dict[str, Json]:
        """The evidence as it stands in a predicate."""
        document: dict[str, Json] = {"column": self.column, "identifier": self.identifier.name.lower()}
        document |= {"kinds": tuple(str(kind) for kind in self.kinds), "schemes": self.schemes, "count": self.count}
        share = self.share
        document |= {"share": share.value, "low": share.low, "high": share.high, "sampled": share.n}
        document |= {"inside_text": self.inside_text, "p_value": self.p_value}
        return document | {"hipaa": self.hipaa, "gdpr": self.gdpr}
