"""Things that lead to their owner: devices, vehicles, and codes that are made to be unique."""

from __future__ import annotations

from stdnum import luhn

from hauberk.verify.personal.identifier import EvidenceKind, Identifier
from hauberk.verify.personal.pattern import Pattern, standing_alone

__all__ = ["THINGS"]

_VALUES = {letter: value for value, letters in enumerate(("AJ", "BKS", "CLT", "DMU", "ENV", "FW", "GPX", "HY", "RZ"), 1)
           for letter in letters} | {str(digit): digit for digit in range(10)}  # fmt: skip
# R is 9 and Z is 9; P is 7; the table of the regulation leaves out I, O and Q.
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_CHECK_PLACE = 8


def _is_vin(text: str) -> bool:
    """Whether the ninth place is the check digit of the others.

    Source: 49 CFR §565.15(c), tables III to V.
    """
    rest = sum(_VALUES[character] * weight for character, weight in zip(text, _WEIGHTS, strict=True)) % 11
    return text[_CHECK_PLACE] == ("X" if rest == 10 else str(rest))


def _is_imei(text: str) -> bool:
    return bool(luhn.is_valid(text.replace("-", "").replace(" ", "")))


THINGS = (
    Pattern(
        identifier=Identifier.VEHICLE,
        scheme="VIN",
        form=standing_alone(r"(?=[0-9A-Z]*[A-Z])[0-9A-HJ-NPR-Z]{8}[0-9X][0-9A-HJ-NPR-Z]{4}[0-9]{4}"),
        check=_is_vin,
        chance=1 / 11,
        kind=EvidenceKind.CHECKSUM,
        least_digits=4,
    ),
    Pattern(
        identifier=Identifier.DEVICE,
        scheme="IMEI",
        form=standing_alone(r"(?:01|35|86|99)[ -]?[0-9]{6}[ -]?[0-9]{6}[ -]?[0-9]"),
        check=_is_imei,
        chance=0.1,
        kind=EvidenceKind.CHECKSUM,
        digits=True,
        least_digits=15,
    ),
    Pattern(
        identifier=Identifier.UNIQUE_CODE,
        scheme="UUID",
        form=standing_alone(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
        needs="-",
    ),
)
"""Sources: 49 CFR part 565; 3GPP TS 23.003 §6.2.1 with the reporting bodies of GSMA TS.06; RFC 9562."""
