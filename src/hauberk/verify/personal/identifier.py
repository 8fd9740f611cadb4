"""The kinds of identifiers, and where the law names each of them."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

__all__ = ["EvidenceKind", "Identifier", "gdpr_article", "hipaa_letter"]


class Identifier(StrEnum):
    """What a column may hold; the value is the plural that messages use."""

    PERSON_NAME = "names of persons"
    GEOGRAPHY = "places smaller than a state"
    POSTAL_CODE = "postal codes"
    DATE = "dates more precise than the year"
    AGE_OVER_89 = "ages over 89"
    TELEPHONE = "telephone numbers"
    FAX = "fax numbers"
    EMAIL = "e-mail addresses"
    SOCIAL_SECURITY = "US social security numbers"
    MEDICAL_RECORD = "medical record numbers"
    HEALTH_PLAN = "health plan numbers"
    ACCOUNT = "account numbers"
    IBAN = "IBANs"
    PAYMENT_CARD = "payment card numbers"
    LICENCE = "certificate or licence numbers"
    VEHICLE = "vehicle identifiers"
    DEVICE = "device identifiers"
    MAC_ADDRESS = "MAC addresses"
    URL = "web addresses"
    IP_ADDRESS = "IP addresses"
    BIOMETRIC = "biometric identifiers"
    PHOTO = "photographs"
    NATIONAL_NUMBER = "national identity or tax numbers"
    UNIQUE_CODE = "unique codes"
    HEALTH = "data concerning health"
    SPECIAL_CATEGORY = "special categories of personal data"


class EvidenceKind(StrEnum):
    """Why a column is taken to hold identifiers, strongest first."""

    CHECKSUM = "checksum"
    """More values pass a check digit than chance lets pass."""
    FORMAT = "format"
    """Values have a form that little else has."""
    UNIQUE = "unique"
    """Values differ from row to row, as numbers of persons or records do."""
    COLUMN_NAME = "column name"
    """The name says so; the values were not recognised."""
    SHAPE = "shape"
    """Values look like it, and like much else."""


_LETTERS = MappingProxyType(
    {
        Identifier.PERSON_NAME: "A",
        Identifier.GEOGRAPHY: "B",
        Identifier.POSTAL_CODE: "B",
        Identifier.DATE: "C",
        Identifier.AGE_OVER_89: "C",
        Identifier.TELEPHONE: "D",
        Identifier.FAX: "E",
        Identifier.EMAIL: "F",
        Identifier.SOCIAL_SECURITY: "G",
        Identifier.MEDICAL_RECORD: "H",
        Identifier.HEALTH_PLAN: "I",
        Identifier.ACCOUNT: "J",
        Identifier.IBAN: "J",
        Identifier.PAYMENT_CARD: "J",
        Identifier.LICENCE: "K",
        Identifier.VEHICLE: "L",
        Identifier.DEVICE: "M",
        Identifier.MAC_ADDRESS: "M",
        Identifier.URL: "N",
        Identifier.IP_ADDRESS: "O",
        Identifier.BIOMETRIC: "P",
        Identifier.PHOTO: "Q",
        Identifier.NATIONAL_NUMBER: "R",
        Identifier.UNIQUE_CODE: "R",
    }
)
_SPECIAL = frozenset({Identifier.BIOMETRIC, Identifier.HEALTH, Identifier.SPECIAL_CATEGORY})


def hipaa_letter(identifier: Identifier) -> str:
    """The letter A to R of the Safe Harbor list, or empty where the list does not name it.

    Data concerning health are what HIPAA protects; they are no identifiers, so they have no letter.

    Source: 45 CFR §164.514(b)(2)(i)(A) to (R).
    """
    return _LETTERS.get(identifier, "")


def gdpr_article(identifier: Identifier) -> str:
    """`9(1)` for special categories of personal data, else `4(1)`.

    Source: Regulation (EU) 2016/679, Art. 4(1) and 9(1).
    """
    return "9(1)" if identifier in _SPECIAL else "4(1)"
