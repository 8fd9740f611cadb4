"""Run a stage once: reuse it when nothing that it depends on has changed, else do it, sign it and log it."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import structlog

from hauberk import __version__
from hauberk.core.claim import Claim, parse_claim
from hauberk.core.digest import Digest, digest_bytes, digest_json
from hauberk.core.encoding import Json
from hauberk.core.finding import Finding, Severity
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import STATEMENT_PAYLOAD, Statement, Subject, render_statement
from hauberk.crypto import sign_envelope
from hauberk.flows.errors import MissingEvidence
from hauberk.flows.project import Project
from hauberk.flows.statements import kept_artifacts, open_statement
from hauberk.store import StageRun

__all__ = ["StageOutput", "StageResult", "Task", "kept_artifacts", "run_stage"]

_log = structlog.get_logger()

_KEY = "hauberk_key"
"""Field of every predicate, published ones too: the key of the stage, so that the signature covers what it answers."""


_GAP = ".not_checked"
"""End of the code of a finding that tells of no look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOutput:
    """What the work of a stage gives.

    Attributes:
        subjects: The artifacts that the statement speaks of.
        claims, findings: What was measured and found.
        details: Further JSON for the report.
        artifacts: What to keep in the store, by name: bytes, or an open file that is read from where it stands.
        predicate: A published predicate that replaces the common one, or None.
    """

    subjects: tuple[Subject, ...]
    claims: tuple[Claim, ...] = ()
    findings: tuple[Finding, ...] = ()
    details: Mapping[str, Json] = field(default_factory=dict)
    artifacts: Mapping[str, bytes | BinaryIO] = field(default_factory=dict)
    predicate: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A stage to run: everything that its result depends on, and the work.

    Attributes:
        stage: Name of the stage, as in the command line.
        predicate_type: Type of the statement.
        configuration: The part of the effective configuration that matters to the stage.
        inputs: The artifacts that the stage reads.
        work: Does it; called only when there is no earlier result.
        deed: Something done rather than found out: it is done each time, whatever was done earlier.
    """

    stage: str
    predicate_type: str
    configuration: Mapping[str, Json]
    inputs: tuple[Subject, ...]
    work: Callable[[Progress], StageOutput]
    deed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """A stage that has been done, now or earlier.

    Attributes:
        stage: Its name.
        statement: What it found, as logged.
        digest: Digest of the logged envelope.
        leaf: Index of the leaf in the ledger.
        artifacts: Digests of the kept artifacts by name.
        reused: Whether an earlier run's result serves.
        seconds: Wall time of this call.
    """

    stage: str
    statement: Statement
    digest: Digest
    leaf: int
    artifacts: Mapping[str, Digest]
    reused: bool
    seconds: float

    @property
    def details(self) -> Mapping[str, Json]:
        """The `details` of the predicate."""
        found = self.statement.predicate.get("details", {})
        return found if isinstance(found, Mapping) else {}

    @property
    def findings(self) -> tuple[Mapping[str, Json], ...]:
        """The findings of the predicate."""
        found = self.statement.predicate.get("findings", ())
        return tuple(f for f in found if isinstance(f, Mapping)) if isinstance(found, Sequence) else ()

    @property
    def alarming(self) -> bool:
        """Whether a finding is an error rather than a warning."""
        return any(finding.get("severity") == Severity.ERROR for finding in self.findings)

    @property
    def claims(self) -> Mapping[str, Claim]:
        """The claims of the predicate, by name."""
        found = self.statement.predicate.get("claims", ())
        claims = [parse_claim(claim, where=self.stage) for claim in found] if isinstance(found, Sequence) else []
        return {claim.name: claim for claim in claims}

    def document(self) -> dict[str, Json]:
        """The stage as `--json` prints it; `findings` counts them by severity."""
        counts = Counter(str(finding.get("severity")) for finding in self.findings)
        document: dict[str, Json] = {"stage": self.stage, "seconds": round(self.seconds, 3), "reused": self.reused}
        return document | {"statement": str(self.digest), "leaf": self.leaf, "findings": dict(counts)}

    def subject(self, name: str) -> Subject:
        """The subject of this name.

        Raises:
            MissingEvidence: The statement does not speak of it.
        """
        for subject in self.statement.subjects:
            if subject.name == name:
                return subject
        raise MissingEvidence(where=self.stage, expected=f"a subject named {name}", got="none")


def run_stage(project: Project, task: Task, watch: Watcher = unwatched) -> StageResult:
    """The result of a stage, from the log where its key is known and everything is whole, else from its work.

    Artifacts are stored first, then the leaf is written, then the run is recorded: a crash in between costs a
    repetition, never a statement about an artifact that is not there.
    """
    report = watch(task.stage)
    began, began_cpu = time.perf_counter(), _cpu_seconds()
    report(0, 1, "looking for an earlier result")
    key = _key(project, task)
    earlier = None if task.deed else _find(project, key, task.stage, began)
    if earlier is not None:
        report(1, 1, "reused")
        _log.info("stage.reused", stage=task.stage, leaf=earlier.leaf)
        return earlier
    output = task.work(report)
    artifacts = {name: _kept_in_store(project, data) for name, data in output.artifacts.items()}
    timings = {"wallSeconds": time.perf_counter() - began, "cpuSeconds": _cpu_seconds() - began_cpu}
    predicate = {**(output.predicate or _predicate(project, task, output, artifacts, timings)), _KEY: str(key)}
    statement = Statement(subjects=output.subjects, predicate_type=task.predicate_type, predicate=predicate)
    envelope = sign_envelope(render_statement(statement), STATEMENT_PAYLOAD, project.signer)
    leaf = project.log.append([envelope])[0]
    digest = digest_bytes(envelope)
    project.state.record_run(
        StageRun(key=key, stage=task.stage, leaf=leaf, statement=digest, artifacts=tuple(sorted(artifacts.items())))
    )
    seconds = time.perf_counter() - began
    report(1, 1, "done")
    _log.info("stage.done", stage=task.stage, leaf=leaf, seconds=round(seconds, 3))
    return StageResult(
        stage=task.stage,
        statement=statement,
        digest=digest,
        leaf=leaf,
        artifacts=artifacts,
        reused=False,
        seconds=seconds,
    )


def _cpu_seconds() -> float:
    """Of this process and of the workers that have ended."""
    return sum(os.times()[:4])


def _kept_in_store(project: Project, data: bytes | BinaryIO) -> Digest:
    return project.store.put_bytes(data) if isinstance(data, bytes) else project.store.put_stream(data)


def _key(project: Project, task: Task) -> Digest:
    facts: dict[str, Json] = {"stage": task.stage, "version": __version__, "seed": project.seed}
    facts |= {"configuration": task.configuration, "identity": project.identity.text}
    return digest_json(facts | {"inputs": [subject.document() for subject in task.inputs]})


def _find(project: Project, key: Digest, stage: str, began: float) -> StageResult | None:
    """The earlier result, or None where any part of it is missing or altered, or something was not checked then.

    What failed for want of time or memory may succeed now, and a gap is no result to build on.

    The state only says where to look: nobody signs it. That the statement answers this key, and which artifacts are
    its own, is read out of the statement.
    """
    run = project.state.find_run(key)
    if run is None or run.leaf >= project.log.size:
        return None
    envelope = project.log.read(run.leaf)
    statement = open_statement(envelope, project.identity)
    if statement.predicate.get(_KEY) != str(key):
        return None
    artifacts = kept_artifacts(statement)
    if any(project.store.check(digest) for digest in artifacts.values()):
        return None
    earlier = StageResult(
        stage=stage,
        statement=statement,
        digest=digest_bytes(envelope),
        leaf=run.leaf,
        artifacts=artifacts,
        reused=True,
        seconds=time.perf_counter() - began,
    )
    return None if any(_is_gap(one) for one in earlier.findings) else earlier


def _is_gap(finding: Mapping[str, Json]) -> bool:
    """Whether something was not checked that should have been; what is turned off is no error."""
    return str(finding.get("code")).endswith(_GAP) and finding.get("severity") == Severity.ERROR


def _predicate(
    project: Project,
    task: Task,
    output: StageOutput,
    artifacts: Mapping[str, Digest],
    timings: Mapping[str, Json],
) -> dict[str, Json]:
    """The common predicate: how it was run, on what, what came out, how long it took."""
    kept: Sequence[Json] = [Subject(name, digest).document() for name, digest in sorted(artifacts.items())]
    return {
        "command": f"hauberk {task.stage}",
        "configuration": task.configuration,
        "configurationDigest": str(digest_json(task.configuration)),
        "seed": project.seed,
        "tool": {"name": "hauberk", "version": __version__},
        "inputs": [subject.document() for subject in task.inputs],
        "artifacts": kept,
        "claims": [claim.document() for claim in output.claims],
        "findings": [finding.document() for finding in output.findings],
        "details": output.details,
        "timings": timings,
    }
