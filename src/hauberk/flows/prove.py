"""The stage `prove`: the report as one more leaf, then the proof over all leaves, written where people find them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hauberk.core.digest import Digest, digest_bytes
from hauberk.core.encoding import Json
from hauberk.core.gate import evaluate_gates
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import Subject
from hauberk.flows.evidence import write_evidence
from hauberk.flows.fragile import changed_images, fragile_rows
from hauberk.flows.gate import gates_in
from hauberk.flows.project import Project
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.prove.report import LoggedResult, ReportSource, render_report, render_report_json
from hauberk.prove.verify import LoggedStatement, Proof, render_proof, verify_proof

__all__ = ["Evidence", "prove_system"]

PREDICATE = "urn:hauberk:prove:report:v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What lies in the evidence folder, and the last stage."""

    stage: StageResult
    report: Path
    bundle: Path
    proof: Path
    key: Path
    size: int
    root: str


def prove_system(project: Project, done: Sequence[StageResult], watch: Watcher = unwatched) -> Evidence:
    """Write report, bundle, proof and public key; the proof is verified, as a stranger would, before it is written."""
    name = project.configuration.system.name
    stage = _report(project, done, watch)
    stages = (*done, stage)
    bundle = next(one.artifacts["bundle"] for one in done if one.stage == "seal")
    files = {
        "report.html": project.store.get_bytes(stage.artifacts["report.html"]),
        "report.json": project.store.get_bytes(stage.artifacts["report.json"]),
        f"{name}.bundle": project.store.get_bytes(bundle),
        f"{name}.pub": project.identity.text.encode() + b"\n",
    }
    proof = render_proof(
        Proof(
            system=name,
            statements=tuple(
                LoggedStatement(envelope=project.log.read(one.leaf), receipt=project.log.receipt(one.leaf))
                for one in sorted(stages, key=lambda one: one.leaf)
            ),
        )
    )
    digests: dict[str, Digest] = {file: digest_bytes(data) for file, data in files.items()}
    verify_proof(proof, project.identity.text, find=digests.get, where=f"{name}.proof.json")
    write_evidence(project.evidence, files | {f"{name}.proof.json": proof})
    checkpoint = project.log.checkpoint
    return Evidence(
        stage=stage,
        report=project.evidence / "report.html",
        bundle=project.evidence / f"{name}.bundle",
        proof=project.evidence / f"{name}.proof.json",
        key=project.evidence / f"{name}.pub",
        size=checkpoint.size,
        root=checkpoint.root.hex(),
    )


def _report(project: Project, done: Sequence[StageResult], watch: Watcher) -> StageResult:
    system = project.configuration.system
    gate = done[-1]
    bundle = gate.subject("bundle")
    configuration: dict[str, Json] = {"owner": system.owner, "intendedUse": system.intended_use}
    configuration["examples"] = project.configuration.prove.examples
    inputs = (bundle, *(Subject(one.stage, one.digest) for one in done))

    def work(report: Progress) -> StageOutput:
        report(0, 1, "report")
        source = _source(project, done, bundle)
        pages = {"report.html": render_report(source), "report.json": render_report_json(source)}
        return StageOutput(
            subjects=tuple(Subject(name, digest_bytes(page)) for name, page in pages.items()),
            artifacts=pages,
        )

    task = Task(stage="prove", predicate_type=PREDICATE, configuration=configuration, inputs=inputs, work=work)
    return run_stage(project, task, watch)


def _source(project: Project, done: Sequence[StageResult], bundle: Subject) -> ReportSource:
    system = project.configuration.system
    claims = {name: claim for one in done for name, claim in one.claims.items()}
    checkpoint = project.log.checkpoint
    shown = project.configuration.prove.examples
    attack = next((one for one in done if one.stage == "attack"), None)
    return ReportSource(
        system=system.name,
        owner=system.owner,
        intended_use=system.intended_use,
        identity=project.identity.text,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        bundle=bundle.digest,
        passed=done[-1].statement.predicate["verificationResult"] == "PASSED",
        gates=evaluate_gates(gates_in(done[-1]), claims),
        results=tuple(
            LoggedResult(stage=one.stage, leaf=one.leaf, digest=one.digest, statement=one.statement) for one in done
        ),
        fragile=fragile_rows(project, attack) if attack and shown else (),
        images=changed_images(project, attack) if attack and shown else (),
    )
