"""What the name of a column suggests. A guess for `hauberk init` to write down and a person to correct.

Source: protected attributes after the Equal Credit Opportunity Act (15 U.S.C. §1691(a)) and the EU Charter of
Fundamental Rights, Art. 21; special categories after GDPR Art. 9(1); identifiers after the HIPAA Safe Harbor list
(45 CFR §164.514(b)(2)); ACS codes (AGEP, RAC1P, …) after the Census Bureau's PUMS data dictionary.
"""

from __future__ import annotations

import re

__all__ = [
    "is_identifier_name",
    "is_personal_name",
    "is_protected_name",
    "is_sensitive_name",
    "is_time_name",
    "is_weight_name",
    "speaks_of",
]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SPECIAL = _vocabulary(
    "race racial rac1p ethnicity ethnic religion religious disability disabled dis pregnant pregnancy "
    "sexualorientation orientation"
)
_PROTECTED = _SPECIAL | _vocabulary(
    "sex gender age agep nationality native nationalorigin foreign citizenship immigrant nativity caste veteran "
    "marital maritalstatus skincolor skincolour birthplace"
)
_SENSITIVE = _SPECIAL | _vocabulary("political tradeunion genetic biometric health diagnosis hiv sexlife genome")
_PERSONAL = _vocabulary(
    "name names firstname lastname fullname surname email mail phone telephone mobile fax ssn socialsecurity zip "
    "zipcode postcode postalcode postal address street dob birthdate birthday dateofbirth passport iban "
    "licenseplate ipaddress patient customer person user member employee student applicant"
)
_IDENTIFIER = _vocabulary("id ids uuid guid nbr identifier rowid index")
_TIME = _vocabulary("time timestamp datetime date year epoch month")
_WEIGHT = _vocabulary("sampleweight instanceweight caseweight")


def is_protected_name(name: str) -> bool:
    """Whether the name suggests a protected attribute.

    >>> [is_protected_name(name) for name in ("native-country", "SEX", "page", "hoursPerWeek")]
    [True, True, False, False]
    """
    return speaks_of(name, _PROTECTED)


def is_sensitive_name(name: str) -> bool:
    """Whether the name suggests a special category of GDPR Art. 9."""
    return speaks_of(name, _SENSITIVE)


def is_personal_name(name: str) -> bool:
    """Whether the name suggests something that identifies a person."""
    return speaks_of(name, _PERSONAL)


def is_identifier_name(name: str) -> bool:
    """Whether the name suggests a key of rows or of persons."""
    return speaks_of(name, _IDENTIFIER)


def is_time_name(name: str) -> bool:
    """Whether the name suggests a point in time."""
    return speaks_of(name, _TIME)


def is_weight_name(name: str) -> bool:
    """Whether the name is that of a sample weight; bare `weight` may be a body's."""
    return speaks_of(name, _WEIGHT)


def speaks_of(name: str, vocabulary: frozenset[str]) -> bool:
    """Whether a word of the name, two or three adjacent words written as one, or the whole is in the vocabulary."""
    words = [word.lower() for word in _WORD.findall(name)]
    runs = ["".join(words[start : start + size]) for size in (1, 2, 3) for start in range(len(words))]
    return not vocabulary.isdisjoint([*runs, "".join(words)])
