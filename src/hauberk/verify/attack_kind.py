"""What an attack on training data is called, here and in the catalogues of others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["AttackKind", "Classification", "classify_attack"]


class AttackKind(StrEnum):
    """What the evidence looks like."""

    NONE = "none"
    LABEL_FLIP = "label_flip"
    """Labels of rows all over are exchanged: by mistake, or to blind the model to a class."""
    REGION = "region"
    """Most labels of one region of the inputs are exchanged, so that they agree with one another."""
    BACKDOOR = "backdoor"
    """Rows bear a trigger and the label that it is to call up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """Where the attack stands in the catalogues.

    Attributes:
        atlas: Technique of MITRE ATLAS, empty where none fits.
        nist: Class in NIST AI 100-2e2025, section 2.3.
    """

    atlas: str
    nist: str


def classify_attack(kind: AttackKind) -> Classification:
    """The catalogues' names of an attack.

    >>> classify_attack(AttackKind.REGION)
    Classification(atlas='AML.T0020', nist='targeted poisoning')
    """
    match kind:
        case AttackKind.NONE:
            return Classification(atlas="", nist="")
        case AttackKind.LABEL_FLIP:
            return Classification(atlas="AML.T0020", nist="availability poisoning")
        case AttackKind.REGION:
            return Classification(atlas="AML.T0020", nist="targeted poisoning")
        case AttackKind.BACKDOOR:
            return Classification(atlas="AML.T0020", nist="backdoor poisoning")
