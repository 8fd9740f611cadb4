"""The plan that the Safe Harbor rule asks for, given what was found."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.data import Feature, Kind, Schema
from hauberk.data.names import speaks_of
from hauberk.verify.personal.column_names import named_identifiers
from hauberk.verify.personal.columns.short_dates import SHORT_YEAR
from hauberk.verify.personal.deidentify.deidentification import Deidentification
from hauberk.verify.personal.deidentify.steps import AgeToNinety, DateToYear, Drop, Step, ZipToThree
from hauberk.verify.personal.evidence import IdentifierEvidence
from hauberk.verify.personal.identifier import Identifier

__all__ = ["propose_safe_harbor"]

_OLDEST = 90
_US_ZIP = frozenset({"ZIP", "US ZIP+4", "restricted ZIP area"})
_BIRTH_YEAR = frozenset({"birthyear", "yearofbirth", "yob"})
_BIRTH = frozenset({"birth", "born", "dob", "birthdate", "dateofbirth", "birthday"})
"""Whole names under which numbers that are years can only be years of birth."""
_YEARS = (1800, 2200)
_AREAS = frozenset({"zip3", "zipthree"})
_NUMERIC = (Kind.NUMBER, Kind.INTEGER)


def propose_safe_harbor(
    evidence: Sequence[IdentifierEvidence], schema: Schema, *, reference_year: int
) -> Deidentification:
    """Steps that take the identifiers of 45 CFR §164.514(b)(2)(i) away. A person should read them before they are used.

    Dates become years unless these have two digits, ZIP codes three digits, ages over 89 become 90; every other column
    with an identifier goes, also where the evidence is weak, where it stands inside a text, and where the schema marks
    a column `personal` without more being found. Data concerning health stay: they are what is shared. Columns of ages
    and of years of birth get their step whether or not the sample held an old one. The target is not spared.

    The rule also asks that you do not know of a way to recognise somebody in what is left (§164.514(b)(2)(ii)); no
    scan can say that.

    Args:
        evidence: From `scan_personal`.
        schema: Of the same dataset.
        reference_year: Year that ages are counted to; who was born 90 years before or earlier shares one year.
    """
    found: dict[str, list[IdentifierEvidence]] = {}
    for one in evidence:
        if one.hipaa:
            found.setdefault(one.column, []).append(one)
    earliest = reference_year - _OLDEST
    steps = (_step(feature, found.get(feature.name, []), earliest) for feature in schema.features)
    return Deidentification(steps=tuple(step for step in steps if step is not None))


def _step(feature: Feature, found: list[IdentifierEvidence], earliest: int) -> Step | None:
    name = feature.name
    if _is_birth_year(feature) and not found:
        return DateToYear(column=name, earliest=earliest)
    if {one.identifier for one in found} <= {Identifier.AGE_OVER_89} and _is_age(feature):
        return AgeToNinety(column=name)
    if len(found) == 1 and not found[0].is_weak and not found[0].inside_text:
        one = found[0]
        if one.identifier is Identifier.DATE and SHORT_YEAR not in one.schemes:
            return DateToYear(column=name, earliest=earliest)
        if one.identifier is Identifier.POSTAL_CODE and one.schemes and _US_ZIP.issuperset(one.schemes):
            return ZipToThree(column=name, areas=speaks_of(name, _AREAS))
    return Drop(column=name) if found or feature.personal else None


def _is_age(feature: Feature) -> bool:
    return feature.kind in _NUMERIC and Identifier.AGE_OVER_89 in named_identifiers(feature.name)


def _is_birth_year(feature: Feature) -> bool:
    """Whether a column holds years of birth: by its name, or by a name of births with a range of years."""
    if speaks_of(feature.name, _BIRTH_YEAR):
        return True
    low, high = feature.low, feature.high
    years = feature.kind in _NUMERIC and low is not None and high is not None and _YEARS[0] <= low <= high <= _YEARS[1]
    return years and "".join(character for character in feature.name.lower() if character.isalpha()) in _BIRTH
