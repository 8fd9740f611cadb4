"""`hauberk verify deidentify`: a copy of the data in which persons are hard to recognise, and a statement of how.

Nothing leaves without a statement: the file is written whole beside its place, the statement is logged, and only then
does the file get its name. A run that is killed leaves no file under that name, or the whole one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hauberk.core.claim import Claim
from hauberk.core.digest import digest_bytes
from hauberk.core.encoding import Json
from hauberk.core.finding import Finding, Severity
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import Subject
from hauberk.data import Dataset, build_manifest, digest_manifest
from hauberk.flows.configuration.parse import FILE
from hauberk.flows.crowds import crowd_claims, crowd_document, crowd_findings, measure_crowds
from hauberk.flows.datasets import load_like, load_train
from hauberk.flows.deidentification_plan import PSEUDONYMS, Plan, parse_plan, plan_of, render_plan, resolve_plan
from hauberk.flows.errors import BadSetting, ReleaseRefused, StillIdentifying
from hauberk.flows.functions import is_function
from hauberk.flows.project import STATE_FOLDER, Project, open_project
from hauberk.flows.pseudonym_keys import DEIDENTIFICATION, open_pseudonym_key
from hauberk.flows.release import Draft, refuse_place, write_draft
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.verify.personal import (
    Deidentification,
    IdentifierEvidence,
    PersonalScan,
    Pseudonym,
    deidentify,
    propose_linkable,
    propose_safe_harbor,
    quasi_identifiers,
    scan_personal,
    sensitive_columns,
)

__all__ = ["Proposal", "Wishes", "deidentify_data", "propose_plan"]

_SCAN = PersonalScan(rows=50_000)
"""Five times the rows of a check: what is missed here is given away."""
_PLAN = "plan.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is to be de-identified and how.

    Attributes:
        data: A file instead of the project's data, with the columns of the training data; None for these.
        plan: The plan's file; None for a proposal.
        safe_harbor: Propose to drop keys of persons instead of making pseudonyms.
        key: Name of the key of pseudonyms; empty for that of the plan.
    """

    data: Path | None = None
    plan: Path | None = None
    safe_harbor: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A plan and why.

    Attributes:
        plan: To be read and changed.
        evidence: What was found.
    """

    plan: Plan
    evidence: tuple[IdentifierEvidence, ...]

    @property
    def text(self) -> str:
        """The plan's file."""
        return render_plan(self.plan, self.evidence)

    def document(self) -> dict[str, Json]:
        """As `--json` prints it."""
        return {"plan": self.text, "identifiers": [one.document() for one in self.evidence]}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Part:
    """Data to treat: their name in the statement, and where the result goes (None: they are only looked at)."""

    name: str
    dataset: Dataset
    out: Path | None


def propose_plan(folder: Path, *, wishes: Wishes, seed: int | None = None, watch: Watcher = unwatched) -> Proposal:
    """The plan that would be used: the given one, or what the findings ask for. Nothing is written.

    Raises:
        DataError, BadSetting, BadToml, UnknownSetting: The data or the plan cannot be read.
    """
    with open_project(folder, seed=seed) as project:
        return _proposal(project, _parts(project, wishes, None, None), wishes, watch("deidentify"))


def deidentify_data(
    folder: Path,
    *,
    out: Path,
    out_test: Path | None = None,
    wishes: Wishes,
    force: bool = False,
    seed: int | None = None,
    watch: Watcher = unwatched,
) -> StageResult:
    """Write the data without what identifies persons, and log what was done: columns, treatments, crowds, no value.

    Args:
        folder: Of the project.
        out: File for the training data, or for those of `wishes`; csv, tsv, parquet, arrow or feather.
        out_test: File for the test data, under the same plan and key; None to leave them alone.
        wishes: What, and how.
        force: Replace a file that stands at `out`.
        seed: Of the samples that are looked at.
        watch: Progress.

    Raises:
        ReleaseRefused: An input or another file stands there.
        StillIdentifying: Identifiers are found in what would be written, in a column without a treatment `keep`.
        LostPseudonymKey: The key that earlier pseudonyms were made with is gone.
        BadStep, BadSetting, BadToml, UnknownSetting: The plan does not fit the data, or is no plan.
        BadQuasiIdentifiers: It names a column that is not there.
    """
    with open_project(folder, seed=seed) as project:
        for place in (out, *([out_test] if out_test else [])):
            refuse_place(place, inputs=_inputs(project, wishes), state=folder / STATE_FOLDER, replace=force)
        if out_test is not None and out_test.resolve() == out.resolve():
            raise ReleaseRefused(where=str(out_test), expected="another file than --out", got="the same")
        parts = _parts(project, wishes, out, out_test)
        report = watch("deidentify")
        proposal = _proposal(project, parts, wishes, report)
        drafts: dict[str, Draft] = {}
        try:
            result = _run(project, parts, proposal, drafts, watch)
            for draft in drafts.values():
                draft.publish(replace=force)
        finally:
            for draft in drafts.values():
                draft.discard()
        return result


def _run(
    project: Project, parts: Sequence[_Part], proposal: Proposal, drafts: dict[str, Draft], watch: Watcher
) -> StageResult:
    """Treat, look again, draft and log; `drafts` is filled."""
    plan = proposal.plan
    steps = resolve_plan(plan, parts[0].dataset)
    key = None
    if any(isinstance(step, Pseudonym) for step in steps.steps):
        key = open_pseudonym_key(project, plan.key)
    text = render_plan(plan).encode()
    sources = tuple(Subject(part.name, digest_manifest(build_manifest(part.dataset))) for part in parts if part.out)

    def work(report: Progress) -> StageOutput:
        subjects, claims, findings = list(sources), list[Claim](), list[Finding]()
        crowds: dict[str, Json] = {}
        left: list[Json] = []
        released = [part for part in parts if part.out is not None]
        for number, part in enumerate(released):
            report(number, len(released), f"treating {part.name}")
            before = measure_crowds(part.dataset, plan)
            clean = deidentify(part.dataset, steps, key=key)
            remaining = scan_personal(clean, seed=project.seed + 1, scan=_SCAN)
            findings += _remaining(remaining, plan, steps)
            left += [one.document() | {"part": part.name} for one in remaining]
            measured = {"before": before, "after": measure_crowds(clean, plan)}
            crowds[part.name] = {when: [crowd_document(one) for one in found] for when, found in measured.items()}
            claims += crowd_claims(part.name, measured)
            findings += crowd_findings(part.name, measured["after"])
            if part.out is not None:
                drafts[part.name] = write_draft(clean, part.out)
                subjects.append(Subject(f"{part.name}.deidentified", drafts[part.name].digest))
        details: dict[str, Json] = {
            "columns": steps.document(),
            "kept": [name for name, one in plan.columns.items() if one.treatment == "keep"],
            "key": {"name": plan.key, "commitment": key.commitment} if key else None,
            "k": plan.k,
            "anonymity": crowds,
            "identifiers": {"before": [one.document() for one in proposal.evidence], "after": left},
            "sampled": _SCAN.rows,
        }
        return StageOutput(
            subjects=tuple(subjects),
            claims=tuple(claims),
            findings=tuple(findings),
            details=details,
            artifacts={_PLAN: text},
        )

    task = Task(
        stage="deidentify",
        predicate_type=DEIDENTIFICATION,
        configuration={"plan": str(digest_bytes(text)), "k": plan.k},
        inputs=sources,
        work=work,
        deed=True,
    )
    return run_stage(project, task, watch)


def _inputs(project: Project, wishes: Wishes) -> list[Path]:
    section = project.configuration
    named = [one for one in (section.data.train, section.data.test, section.verify.trusted) if one]
    sources = [project.folder / one.rpartition(":")[0] if is_function(one) else project.folder / one for one in named]
    given = [one for one in (wishes.data, wishes.plan) if one is not None]
    return [*sources, *given, project.folder / FILE]


def _parts(project: Project, wishes: Wishes, out: Path | None, out_test: Path | None) -> list[_Part]:
    """The data, the training data first, where the rare is counted; one plan serves all, so all are looked at."""
    train = load_train(project.folder, project.configuration)
    if wishes.data is not None:
        if out_test is not None:
            raise ReleaseRefused(where=str(out_test), expected="no --out-test beside --data", got="one")
        given = load_like(wishes.data, train, project.folder, project.configuration)
        return [_Part(name="train", dataset=train, out=None), _Part(name="data", dataset=given, out=out)]
    parts = [_Part(name="train", dataset=train, out=out)]
    source = project.configuration.data.test
    if source:
        test = load_like(source, train, project.folder, project.configuration)
        parts.append(_Part(name="test", dataset=test, out=out_test))
    elif out_test is not None:
        expected = "test data of the project for --out-test"
        raise ReleaseRefused(where=str(out_test), expected=expected, got="none: they are rows of the training data")
    return parts


def _proposal(project: Project, parts: Sequence[_Part], wishes: Wishes, report: Progress) -> Proposal:
    evidence: list[IdentifierEvidence] = []
    for number, part in enumerate(parts):
        report(number, len(parts), f"looking at {part.name}")
        evidence += scan_personal(part.dataset, seed=project.seed, scan=_SCAN)
    report(len(parts), len(parts), "looked")
    found = _united(evidence)
    if wishes.plan is not None:
        plan = parse_plan(_read(wishes.plan), where=str(wishes.plan))
        return Proposal(plan=replace(plan, key=wishes.key or plan.key), evidence=found)
    schema = parts[0].dataset.schema
    propose = propose_safe_harbor if wishes.safe_harbor else propose_linkable
    steps = propose(found, schema, reference_year=project.now().year)
    quasi = quasi_identifiers(found, schema)
    sensitive = sensitive_columns(schema, quasi)
    return Proposal(plan=plan_of(steps, quasi=quasi, sensitive=sensitive, key=wishes.key or PSEUDONYMS), evidence=found)


def _united(evidence: Sequence[IdentifierEvidence]) -> tuple[IdentifierEvidence, ...]:
    """The evidence of several parts, one a class and column: the stronger one, as the plan takes it."""
    best: dict[tuple[str, str], IdentifierEvidence] = {}
    for one in evidence:
        known = best.setdefault((one.column, one.identifier), one)
        if (known.is_weak, known.inside_text) != (one.is_weak, one.inside_text) and known.is_weak:
            best[one.column, one.identifier] = one
    return tuple(best.values())


def _read(plan: Path) -> bytes:
    try:
        return plan.read_bytes()
    except OSError as error:
        hint = "hauberk verify deidentify --show-plan > plan.toml"
        got = error.strerror or str(error)
        raise BadSetting(where=str(plan), expected="a plan", got=got, hint=hint) from error


def _remaining(found: Sequence[IdentifierEvidence], plan: Plan, steps: Deidentification) -> list[Finding]:
    """Findings on identifiers that are left: pseudonyms and kept columns are told, anything else is refused."""
    findings, refused = [], []
    named = {step.column for step in steps.steps if isinstance(step, Pseudonym)}
    kept = {name for name, one in plan.columns.items() if one.treatment == "keep"}
    findings += [_finding("pseudonyms", Severity.INFO, column, _PSEUDONYMS) for column in sorted(named)]
    for one in found:
        if not one.hipaa or one.column in named:
            continue
        if one.column in kept:
            message = f"`{one.column}` is kept as the plan says and holds {one.identifier}"
            findings.append(_finding("kept", Severity.WARNING, one.column, message))
        else:
            refused.append(f"{one.identifier} in `{one.column}`")
    if refused:
        hint = 'treat the column in the plan, or say treatment = "keep"'
        raise StillIdentifying(
            expected="no identifiers but where the plan keeps them", got="; ".join(refused), hint=hint
        )
    return findings


_PSEUDONYMS = (
    "pseudonyms: personal data still, for whoever may reach the key (GDPR Art. 4(5)), and not Safe Harbor "
    "(45 CFR 164.514(c)(1))"
)


def _finding(kind: str, severity: Severity, column: str, message: str) -> Finding:
    told = f"`{column}` holds {message}" if message is _PSEUDONYMS else message
    return Finding(code=f"verify.deidentification.{kind}", severity=severity, message=told, feature=column)
