"""The plan of a de-identification as a TOML file: what is done to each column, read by a person before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal, assert_never

from msgspec import Meta

from hauberk.data import Dataset
from hauberk.flows.configuration.parse import parse_settings
from hauberk.flows.errors import BadSetting
from hauberk.flows.toml_text import toml_key, toml_text
from hauberk.verify.personal import (
    AgeToNinety,
    Bin,
    DateToYear,
    Deidentification,
    Drop,
    IdentifierEvidence,
    Pseudonym,
    RollUp,
    Step,
    ZipToThree,
    roll_up_rare,
)

__all__ = ["PSEUDONYMS", "Plan", "Treatment", "parse_plan", "plan_of", "render_plan", "resolve_plan"]

PSEUDONYMS = "pseudonyms"
"""Name of the key of pseudonyms where none is chosen."""
PAGE = "docs/how-to/personal-data.md"

_PARAMETERS = {
    "bin": {"edges"},
    "date-to-year": {"earliest"},
    "roll-up": {"least", "keep", "other"},
    "pseudonym": {"domain"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What is done to a column.

    Attributes:
        treatment: Its name. `keep` leaves a column as it is although identifiers are found in it.
        edges: Of `bin`: ascending; the intervals at both ends are open.
        earliest: Of `date-to-year`: years before become this one.
        least: Of `roll-up`: categories of fewer rows go together; counted in the training data.
        keep: Of `roll-up`, instead of `least`: the categories that stay.
        other: Of `roll-up`: the name of the rest.
        domain: Of `pseudonym`: columns of one domain can be linked; empty for the column's own name.
    """

    treatment: Literal["keep", "drop", "date-to-year", "zip-to-three", "age-to-ninety", "bin", "roll-up", "pseudonym"]
    edges: tuple[float, ...] = ()
    earliest: int | None = None
    least: Annotated[int, Meta(ge=2)] | None = None
    keep: tuple[str, ...] = ()
    other: str = "other"
    domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan as its file has it.

    Attributes:
        k: Rows of a crowd in which a person counts as hidden.
        quasi: Columns that somebody may know of a person from elsewhere.
        sensitive: Columns that must not be learnt of a person.
        key: Name of the key of the pseudonyms.
        columns: Treatments by column; a column that is not named stays as it is.
    """

    k: Annotated[int, Meta(ge=2)] = 5
    quasi: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    key: str = PSEUDONYMS
    columns: dict[str, Treatment] = field(default_factory=dict)


def parse_plan(data: bytes, *, where: str) -> Plan:
    """The plan that TOML bytes describe. Law: `parse_plan(render_plan(plan)) == plan` for a plan of `plan_of`.

    Raises:
        BadToml, UnknownSetting, BadSetting: As for `hauberk.toml`; or a treatment has a parameter of another one.
    """
    plan = parse_settings(data, Plan, where=where, page=PAGE)
    for column, one in plan.columns.items():
        fits = _PARAMETERS.get(one.treatment, set())
        plain = Treatment(treatment=one.treatment)
        given = {name for name in Treatment.__slots__ if getattr(one, name) != getattr(plain, name)}
        foreign = sorted(given - fits)
        if foreign:
            expected = f"of {one.treatment} only {', '.join(sorted(fits)) or 'the treatment itself'}"
            raise BadSetting(where=f"{where}: columns.{column}", expected=expected, got=foreign[0], hint=f"see {PAGE}")
    return plan


def plan_of(steps: Deidentification, *, quasi: Sequence[str], sensitive: Sequence[str], key: str) -> Plan:
    """The file's form of proposed steps."""
    columns = {step.column: _treatment(step) for step in steps.steps}
    return Plan(quasi=tuple(quasi), sensitive=tuple(sensitive), key=key, columns=columns)


def resolve_plan(plan: Plan, dataset: Dataset) -> Deidentification:
    """The steps of a plan; what is rare is counted in the dataset.

    Raises:
        BadStep: A column or its kind does not fit.
    """
    steps = (_step(column, one, dataset) for column, one in plan.columns.items())
    return Deidentification(steps=tuple(step for step in steps if step is not None))


def render_plan(plan: Plan, evidence: Sequence[IdentifierEvidence] = ()) -> str:
    """The plan as TOML, with what was found in each column as a comment; no value of the data."""
    listed = {name: ", ".join(toml_text(one) for one in getattr(plan, name)) for name in ("quasi", "sensitive")}
    lines = [
        "# What is done to each column; one that is not named stays as it is. Read it, change it, and give it back:",
        "# hauberk verify deidentify --plan FILE --out FILE. Treatments: keep, drop, date-to-year (earliest),",
        "# zip-to-three, age-to-ninety, bin (edges), roll-up (least or keep, other), pseudonym (domain).",
        "",
        f"k = {plan.k}    # people hide in crowds of so many rows or more",
        f"quasi = [{listed['quasi']}]    # what somebody may know of a person from elsewhere",
        f"sensitive = [{listed['sensitive']}]    # what must not be learnt",
        f"key = {toml_text(plan.key)}    # of the pseudonyms; it stays in the project",
    ]
    for column, one in plan.columns.items():
        lines += ["", *(f"# {_told(found)}" for found in evidence if found.column == column)]
        lines += [f"[columns.{toml_key(column)}]", f'treatment = "{one.treatment}"', *_parameters(one)]
    return "\n".join(lines) + "\n"


def _parameters(one: Treatment) -> list[str]:
    lines = [f"edges = [{', '.join(f'{edge!r}' for edge in one.edges)}]"] if one.edges else []
    lines += [f"earliest = {one.earliest}"] if one.earliest is not None else []
    lines += [f"least = {one.least}"] if one.least is not None else []
    lines += [f"keep = [{', '.join(map(toml_text, one.keep))}]"] if one.keep else []
    lines += [f"other = {toml_text(one.other)}"] if one.treatment == "roll-up" else []
    return lines + ([f"domain = {toml_text(one.domain)}"] if one.domain else [])


def _told(found: IdentifierEvidence) -> str:
    law = f"HIPAA {found.hipaa}, GDPR Art. {found.gdpr}" if found.hipaa else f"GDPR Art. {found.gdpr}"
    place = " inside texts" if found.inside_text else ""
    return f"{found.identifier}{place}, by {' and '.join(found.kinds)} ({law})"


def _treatment(step: Step) -> Treatment:
    match step:
        case Drop():
            return Treatment(treatment="drop")
        case DateToYear():
            return Treatment(treatment="date-to-year", earliest=step.earliest)
        case ZipToThree():
            return Treatment(treatment="zip-to-three")
        case AgeToNinety():
            return Treatment(treatment="age-to-ninety")
        case Bin():
            return Treatment(treatment="bin", edges=step.edges)
        case RollUp():
            return Treatment(treatment="roll-up", keep=step.keep, other=step.other)
        case Pseudonym():
            return Treatment(treatment="pseudonym", domain=step.domain)
        case _:
            assert_never(step)


def _step(column: str, one: Treatment, dataset: Dataset) -> Step | None:
    plain: dict[str, Step] = {
        "drop": Drop(column=column),
        "zip-to-three": ZipToThree(column=column),
        "age-to-ninety": AgeToNinety(column=column),
        "date-to-year": DateToYear(column=column, earliest=one.earliest),
        "bin": Bin(column=column, edges=one.edges),
        "pseudonym": Pseudonym(column=column, domain=one.domain),
    }
    return _roll_up(column, one, dataset) if one.treatment == "roll-up" else plain.get(one.treatment)


def _roll_up(column: str, one: Treatment, dataset: Dataset) -> RollUp:
    if one.keep:
        return RollUp(column=column, keep=one.keep, other=one.other)
    if one.least is None:
        where = f"columns.{column}"
        raise BadSetting(where=where, expected="`least` or `keep`", got="neither", hint=f"see {PAGE}")
    return roll_up_rare(dataset, column, least=one.least, other=one.other)
