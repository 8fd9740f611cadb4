"""`hauberk secure`: the main job, stage after stage; each is reused where nothing that it depends on has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hauberk.core.claim import Claim
from hauberk.core.encoding import Json
from hauberk.core.gate import GateResult, evaluate_gates
from hauberk.core.progress import Watcher, unwatched
from hauberk.flows.attack import attack_system
from hauberk.flows.datasets import load_datasets
from hauberk.flows.gate import evaluate_policy, gates_of
from hauberk.flows.harden import harden_system
from hauberk.flows.project import Project, open_project
from hauberk.flows.prove import prove_system
from hauberk.flows.quarantine import apply_quarantine, is_in_force
from hauberk.flows.seal import seal_model
from hauberk.flows.stage import StageResult
from hauberk.flows.streams import outgrows_memory
from hauberk.flows.verify import verify_data, verify_document
from hauberk.flows.verify_streams import verify_streams

__all__ = ["STAGES", "FrontierPoint", "Outcome", "run_stages", "run_until", "secure_project", "verify_project"]

STAGES = ("verify", "harden", "attack", "seal")
"""The stages that have a verb of their own, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierPoint:
    """One candidate of the hardening, for the table."""

    name: str
    clean: float
    attacked: float
    chosen: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the main job came to."""

    system: str
    gates: tuple[GateResult, ...]
    passed: bool
    stages: tuple[StageResult, ...]
    frontier: tuple[FrontierPoint, ...]
    ledger_size: int
    ledger_root: str
    bundle: Path
    proof: Path
    report: Path
    key: Path

    @property
    def reused(self) -> int:
        """How many stages an earlier run had done."""
        return sum(stage.reused for stage in self.stages)

    @property
    def before(self) -> Mapping[str, Claim]:
        """The claims of the model that was not hardened."""
        return self._claims("before.")

    @property
    def after(self) -> Mapping[str, Claim]:
        """The claims of the sealed model."""
        return {name: claim for name, claim in self._claims("").items() if not name.startswith("before.")}

    @property
    def findings(self) -> tuple[tuple[str, Mapping[str, Json]], ...]:
        """Stage and finding, of all stages."""
        return tuple((stage.stage, finding) for stage in self.stages for finding in stage.findings)

    def document(self) -> dict[str, Json]:
        """As `--json` prints it (design.md, section 6)."""
        return {
            "system": self.system,
            "verdict": "pass" if self.passed else "fail",
            "gates": [gate.document() for gate in self.gates],
            "stages": [stage.document() for stage in self.stages],
            "before": {name: claim.document() for name, claim in self.before.items()},
            "after": {name: claim.document() for name, claim in self.after.items()},
            "ledger": {"size": self.ledger_size, "root": self.ledger_root},
            "bundle": str(self.bundle),
            "proof": str(self.proof),
            "report": str(self.report),
            "key": str(self.key),
        }

    def _claims(self, prefix: str) -> dict[str, Claim]:
        claims = {
            name: claim for stage in self.stages if stage.stage == "attack" for name, claim in stage.claims.items()
        }
        return {name.removeprefix(prefix): claim for name, claim in claims.items() if name.startswith(prefix)}


def secure_project(folder: Path, *, seed: int | None = None, watch: Watcher = unwatched) -> Outcome:
    """Run every stage that is not done yet, and leave report, bundle, proof and key in the evidence folder.

    Raises:
        HauberkError: See the flows of the stages; what was finished before stays.
    """
    with open_project(folder, seed=seed) as project:
        done = run_stages(project, STAGES[-1], watch)
        by_name = {stage.stage: stage for stage in done}
        bundle = by_name["seal"].subject("bundle")
        gate = evaluate_policy(project, bundle, done, watch)
        evidence = prove_system(project, (*done, gate), watch)
        claims = {name: claim for stage in done for name, claim in stage.claims.items()}
        return Outcome(
            system=project.configuration.system.name,
            gates=evaluate_gates(gates_of(project), claims),
            passed=gate.statement.predicate["verificationResult"] == "PASSED",
            stages=(*done, gate, evidence.stage),
            frontier=_frontier(by_name["harden"]),
            ledger_size=evidence.size,
            ledger_root=evidence.root,
            bundle=evidence.bundle,
            proof=evidence.proof,
            report=evidence.report,
            key=evidence.key,
        )


def verify_project(
    folder: Path, *, seed: int | None = None, watch: Watcher = unwatched
) -> tuple[StageResult, dict[str, Json]]:
    """Run the stage `verify`; gives it and the document of `hauberk verify --json`.

    More rows than `verify.in-memory-rows` are read in batches, unless a quarantine is in force.

    Raises:
        HauberkError: See `verify_data` and `verify_streams`.
    """
    with open_project(folder, seed=seed) as project:
        if outgrows_memory(project.folder, project.configuration) and not is_in_force(project):
            verified = verify_streams(project, watch)
        else:
            (verified,) = run_stages(project, "verify", watch)
        return verified, verify_document(project, verified)


def run_until(
    folder: Path, last: str, *, seed: int | None = None, watch: Watcher = unwatched
) -> tuple[StageResult, ...]:
    """Run the stages up to and including `last`.

    Raises:
        HauberkError: See the flows of the stages.
    """
    with open_project(folder, seed=seed) as project:
        return run_stages(project, last, watch)


def run_stages(project: Project, last: str, watch: Watcher) -> tuple[StageResult, ...]:
    """Run the stages of an open project up to and including `last`.

    Raises:
        HauberkError: See the flows of the stages.
    """
    datasets = load_datasets(project.folder, project.configuration, seed=project.seed)
    datasets = apply_quarantine(project, datasets)
    done = [verify_data(project, datasets, watch)]
    if last == "verify":
        return tuple(done)
    hardened = harden_system(project, datasets, watch)
    done.append(hardened)
    if last == "harden":
        return tuple(done)
    done.append(attack_system(project, datasets, hardened, watch))
    if last == "attack":
        return tuple(done)
    done.append(seal_model(project, datasets, hardened, watch))
    return tuple(done)


def _frontier(harden: StageResult) -> tuple[FrontierPoint, ...]:
    points = []
    found = harden.details.get("frontier", [])
    for entry in found if isinstance(found, list) else []:
        match entry:
            case {
                "name": str(name),
                "clean": {"value": float() | int() as clean},
                "attacked": {"value": float() | int() as attacked},
                "chosen": bool(chosen),
                "note": str(note),
            }:
                points.append(FrontierPoint(name=name, clean=clean, attacked=attacked, chosen=chosen, note=note))
    return tuple(points)
