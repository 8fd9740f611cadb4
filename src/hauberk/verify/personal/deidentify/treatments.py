"""The plan that a person gets to read first, and the columns by which people could be recognised in what is left."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.data import Feature, Kind, Role, Schema
from hauberk.verify.personal.deidentify.deidentification import Deidentification
from hauberk.verify.personal.deidentify.safe_harbor import propose_safe_harbor
from hauberk.verify.personal.deidentify.steps import Drop, Pseudonym, Step
from hauberk.verify.personal.evidence import IdentifierEvidence
from hauberk.verify.personal.identifier import Identifier

__all__ = ["propose_linkable", "quasi_identifiers", "sensitive_columns"]

_LINKED = (Role.ID, Role.GROUP)
_NUMBERS = frozenset(
    {
        Identifier.MEDICAL_RECORD,
        Identifier.HEALTH_PLAN,
        Identifier.ACCOUNT,
        Identifier.SOCIAL_SECURITY,
        Identifier.NATIONAL_NUMBER,
        Identifier.UNIQUE_CODE,
    }
)
"""Numbers that serve as keys; a name or an address is none, even where each row has its own."""
_QUASI = frozenset({Identifier.POSTAL_CODE, Identifier.GEOGRAPHY, Identifier.DATE, Identifier.AGE_OVER_89})


def propose_linkable(
    evidence: Sequence[IdentifierEvidence], schema: Schema, *, reference_year: int
) -> Deidentification:
    """The plan of Safe Harbor, but for keys: numbers of the role `id`, and groups that it drops, become pseudonyms.

    So the rows of one person stay together and tables can be joined. It is pseudonymisation (GDPR Art. 4(5)), not
    anonymisation, and not Safe Harbor (45 CFR §164.514(c)(1)). Texts that hold identifiers among other words still go.

    Args:
        evidence: From `scan_personal`.
        schema: Of the same dataset.
        reference_year: As `propose_safe_harbor`.
    """
    strict = {step.column: step for step in propose_safe_harbor(evidence, schema, reference_year=reference_year).steps}
    unfit = {one.column for one in evidence if one.hipaa and (one.inside_text or one.identifier not in _NUMBERS)}
    steps = (_linked(feature, strict.get(feature.name), unfit) for feature in schema.features)
    return Deidentification(steps=tuple(step for step in steps if step is not None))


def quasi_identifiers(evidence: Sequence[IdentifierEvidence], schema: Schema) -> tuple[str, ...]:
    """Columns that somebody may know of a person from elsewhere: areas, dates, ages, and those marked `protected`.

    A guess to start from. What is known of a person depends on who asks; keys and the target are left out.
    """
    told = {one.column for one in evidence if one.identifier in _QUASI and not one.inside_text}
    return tuple(
        feature.name
        for feature in schema.features
        if feature.role not in (*_LINKED, Role.TARGET, Role.WEIGHT) and (feature.protected or feature.name in told)
    )


def sensitive_columns(schema: Schema, quasi: Sequence[str]) -> tuple[str, ...]:
    """What must not be learnt of a person: the columns marked `sensitive`, else the target; none of the `quasi`."""
    marked = tuple(feature.name for feature in schema.features if feature.sensitive and feature.name not in quasi)
    target = (schema.target.name,) if schema.target and schema.target.name not in quasi else ()
    return marked or target


def _linked(feature: Feature, step: Step | None, unfit: set[str]) -> Step | None:
    keyed = feature.role is Role.ID or (feature.role is Role.GROUP and isinstance(step, Drop))
    if keyed and feature.name not in unfit and feature.kind is not Kind.NUMBER:
        return Pseudonym(column=feature.name)
    return step
