"""The stage `gate`: does the evidence meet the promises? A signed verification summary.

Source: SLSA Verification Summary Attestation v1 (https://slsa.dev/verification_summary/v1); `hauberk_gates` is ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hauberk import __version__
from hauberk.core.claim import Claim
from hauberk.core.digest import digest_json
from hauberk.core.encoding import Json
from hauberk.core.gate import Gate, evaluate_gates, parse_rule
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import Subject
from hauberk.flows.project import Project
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage

__all__ = ["evaluate_policy", "gates_in", "gates_of"]

PREDICATE = "https://slsa.dev/verification_summary/v1"
VERIFIER = "urn:hauberk:gate"


def gates_of(project: Project) -> tuple[Gate, ...]:
    """The gates of `hauberk.toml`, in its order."""
    return tuple(parse_rule(name, rule) for name, rule in project.configuration.gates.items())


def gates_in(summary: StageResult) -> tuple[Gate, ...]:
    """The gates that a summary was made by, whatever `hauberk.toml` says now."""
    listed = summary.statement.predicate.get("hauberk_gates")
    entries = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list | tuple) else []
    return tuple(parse_rule(str(entry.get("name")), str(entry.get("rule"))) for entry in entries)


def evaluate_policy(
    project: Project, bundle: Subject, evidence: Sequence[StageResult], watch: Watcher = unwatched
) -> StageResult:
    """Evaluate the gates over the claims of the stages and sign the summary about exactly this bundle.

    Without a gate there is no policy, and without a policy nothing is admitted: the summary says FAILED.
    """
    gates = gates_of(project)
    policy: dict[str, Json] = {gate.name: gate.rule for gate in gates}
    claims: dict[str, Claim] = {}
    for stage in evidence:
        claims |= stage.claims
    inputs = (bundle, *(Subject(stage.stage, stage.digest) for stage in evidence))

    def work(report: Progress) -> StageOutput:
        report(0, 1, "gates")
        results = evaluate_gates(gates, claims)
        passed = bool(results) and all(result.passed for result in results)
        predicate: dict[str, Json] = {
            "verifier": {"id": VERIFIER, "version": {"hauberk": __version__}},
            "timeVerified": project.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "resourceUri": f"urn:hauberk:bundle:{project.configuration.system.name}",
            "policy": {"uri": "hauberk.toml#gates", "digest": {"sha256": digest_json(policy).hex}},
            "inputAttestations": [_reference(stage) for stage in evidence],
            "verificationResult": "PASSED" if passed else "FAILED",
            "verifiedLevels": _levels(claims, gates) if passed else ["FAILED"],
            "hauberk_gates": [result.document() for result in results],
        }
        return StageOutput(subjects=(bundle,), predicate=predicate)

    task = Task(stage="gate", predicate_type=PREDICATE, configuration={"gates": policy}, inputs=inputs, work=work)
    return run_stage(project, task, watch)


def _reference(stage: StageResult) -> dict[str, Json]:
    return {"uri": f"urn:hauberk:leaf:{stage.leaf}", "digest": {"sha256": stage.digest.hex}}


def _levels(claims: Mapping[str, Claim], gates: Sequence[Gate]) -> list[Json]:
    """The rungs on which the admission rests."""
    return [*sorted({f"HAUBERK_{claims[gate.name].rung.upper()}" for gate in gates})]
