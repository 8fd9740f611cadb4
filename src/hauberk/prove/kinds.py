"""The kinds of statements that a proof is made of."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["EVIDENCE", "Kind"]


class Kind(StrEnum):
    """The predicate type of a statement."""

    DATA = "urn:hauberk:verify:dataset:v1"
    """What the check of the data found."""
    CHOICE = "urn:hauberk:harden:choice:v1"
    """Which model was chosen among the candidates."""
    ATTACK = "urn:hauberk:attack:evasion:v1"
    """What an attacker can do to the chosen model."""
    BUNDLE = "urn:hauberk:seal:bundle:v1"
    """In which bundle the model was sealed."""
    SUMMARY = "https://slsa.dev/verification_summary/v1"
    """Whether the evidence meets the gates: a SLSA verification summary."""
    REPORT = "urn:hauberk:prove:report:v1"
    """Which files report all this."""


EVIDENCE = (Kind.DATA, Kind.CHOICE, Kind.ATTACK, Kind.BUNDLE)
"""What a summary may rest on."""
