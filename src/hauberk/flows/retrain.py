"""`hauberk harden retrain`: a challenger is trained on the data of now, and takes over only if it is no worse.

Each step is a stage with a signed statement, so that a run that was killed goes on where it stopped. Which model is in
use is decided by one leaf alone, the promotion: before it is written the old model is in use, afterwards the new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hauberk.core.claim import Claim
from hauberk.core.digest import digest_bytes
from hauberk.core.encoding import Json
from hauberk.core.finding import Severity
from hauberk.core.gate import evaluate_gates
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import Subject
from hauberk.flows.attack import attack_system
from hauberk.flows.champion import (
    PROMOTED,
    REFUSAL,
    RESTORED,
    STAGES,
    Champion,
    adopt_champion,
    champion_at,
    find_champion,
    promote,
    rolled_back,
    rules_of,
)
from hauberk.flows.comparison import compare_models
from hauberk.flows.datasets import Datasets, load_datasets
from hauberk.flows.errors import MissingEvidence, NoChampion
from hauberk.flows.gate import evaluate_policy, gates_of
from hauberk.flows.harden import harden_system
from hauberk.flows.project import Project, open_project
from hauberk.flows.prove import Evidence, prove_system
from hauberk.flows.quarantine import apply_quarantine, is_in_force
from hauberk.flows.seal import seal_model
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.verify import verify_data
from hauberk.harden.challenge import find_losses

__all__ = ["KEPT", "UNCHANGED", "Retrained", "retrain_system", "roll_back"]

SEALED = ("bundle_size",)
"""Claims that only the seal makes."""
KEPT, UNCHANGED = "kept", "unchanged"
"""Verdicts besides `promoted`: the model in use stays, or the data of now give the very same model."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Retrained:
    """What a retraining, or a roll-back, came to.

    Attributes:
        verdict: `promoted`, `kept`, `unchanged` or `rolled back`.
        reasons: Why the challenger was not promoted.
        champion: The model in use now; None where there is none yet.
        challenger: The model that was trained; None where its data were refused.
        stages: What was run or reused.
        changes: The claims of the comparison.
        evidence: What lies in the evidence folder, where it was written.
    """

    verdict: str
    reasons: tuple[str, ...]
    champion: Champion | None
    challenger: Subject | None
    stages: tuple[StageResult, ...]
    changes: tuple[Claim, ...]
    evidence: Evidence | None

    def document(self) -> dict[str, Json]:
        """As `--json` prints it."""
        return {
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "champion": self.champion.document() if self.champion else None,
            "challenger": str(self.challenger.digest) if self.challenger else None,
            "changes": {claim.name: claim.document() for claim in self.changes},
            "stages": [stage.document() for stage in self.stages],
            "report": str(self.evidence.report) if self.evidence else None,
            "bundle": str(self.evidence.bundle) if self.evidence else None,
        }


def retrain_system(
    folder: Path, *, more: Path | None = None, seed: int | None = None, watch: Watcher = unwatched
) -> Retrained:
    """Verify the data, train a challenger, attack it and the champion, and promote it if it is no worse.

    Args:
        folder: Of the project.
        more: A file of further training rows, beside those that `data.train` names.
        seed: Overrides the seed of `hauberk.toml`.
        watch: Progress.

    Raises:
        HauberkError: See the flows of the stages; the model in use stays.
    """
    with open_project(folder, seed=seed) as project:
        champion = adopt_champion(project, watch)
        if champion is not None:
            _mend_evidence(project, champion, watch)
        load = partial(load_datasets, project.folder, project.configuration, seed=project.seed)
        own = load() if more is not None and is_in_force(project) else None
        datasets = apply_quarantine(project, load(more=more), own=own)
        verified = verify_data(project, datasets, watch)
        if verified.alarming:
            return _refuse(project, champion, (verified,), _alarms(verified), watch)
        hardened = harden_system(project, datasets, watch)
        if champion is not None and hardened.subject("model").digest == champion.model.digest:
            reasons = _failed_gates(project, tuple(champion.stages.values()))
            if reasons:
                return _refuse(project, champion, (verified, hardened), reasons, watch)
            return _same(project, champion, (verified, hardened), watch)
        return _challenge(project, champion, datasets, (verified, hardened), watch)


def roll_back(folder: Path, *, watch: Watcher = unwatched) -> Retrained:
    """Bring back the model that was in use before the one in use, if it meets the gates of now.

    A roll-back that was killed before its evidence was written is brought to its end, and nothing else.

    Raises:
        NoChampion: There is none.
        MissingEvidence: Its bundle is gone from the store.
    """
    with open_project(folder) as project:
        champion = find_champion(project)
        if champion is not None and champion.deed == RESTORED and _mend_evidence(project, champion, watch):
            return _result(RESTORED, champion, _with_promotion(project, champion))
        if champion is None or champion.replaces is None:
            got = "no model in use" if champion is None else f"the first one, of leaf {champion.leaf}"
            hint = "hauberk harden retrain --status shows which models there were"
            raise NoChampion(expected="a model before the one in use", got=got, hint=hint)
        earlier = champion_at(project, champion.replaces)
        for stage in earlier.stages.values():
            for name, digest in stage.artifacts.items():
                if project.store.check(digest):
                    where, hint = f"leaf {stage.leaf}", "restore the store of that time"
                    raise MissingEvidence(where=where, expected=f"{name} in the store", got="none", hint=hint)
        reasons = _failed_gates(project, tuple(earlier.stages.values()))
        if reasons:
            return _refuse(project, champion, _ordered(earlier), reasons, watch)
        stages = _ordered(earlier)
        restored = promote(project, stages, deed=RESTORED, replaces=earlier.replaces, instead=champion, watch=watch)
        return _finish(project, RESTORED, (*stages, restored), watch)


def _challenge(
    project: Project, champion: Champion | None, datasets: Datasets, begun: tuple[StageResult, ...], watch: Watcher
) -> Retrained:
    verified, hardened = begun
    attacked = attack_system(project, datasets, hardened, watch)
    made: tuple[StageResult, ...] = (verified, hardened, attacked)
    reasons = _alarms(attacked) + _failed_gates(project, made) + _taken_back(project, hardened)
    changes: tuple[Claim, ...] = ()
    if champion is not None:
        compared = compare_models(project, datasets, hardened, champion, watch)
        changes = tuple(compared.claims.values())
        made = (*made, compared)
        reasons += _alarms(compared) + _losses(changes, project.configuration.harden.retrain.tolerance)
    if reasons:  # what is refused is neither sealed nor admitted by a summary
        return _refuse(project, champion, made, reasons, watch, changes)
    sealed = seal_model(project, datasets, hardened, watch)
    gate = evaluate_policy(project, sealed.subject("bundle"), (verified, hardened, attacked, sealed), watch)
    reasons = _failed_gates(project, (verified, hardened, attacked, sealed))
    if reasons:
        return _refuse(project, champion, (*made, sealed, gate), reasons, watch, changes)
    stages = (*made, sealed, gate)
    replaces = champion.leaf if champion else None
    promoted = promote(project, stages, deed=PROMOTED, replaces=replaces, instead=champion, watch=watch)
    return _finish(project, PROMOTED, (*stages, promoted), watch, changes)


def _finish(
    project: Project, verdict: str, stages: Sequence[StageResult], watch: Watcher, changes: tuple[Claim, ...] = ()
) -> Retrained:
    """Write the evidence of the model that is in use now."""
    champion = find_champion(project)
    evidence = prove_system(project, _for_proof(stages), watch)
    return Retrained(
        verdict=verdict,
        reasons=(),
        champion=champion,
        challenger=champion.model if champion else None,
        stages=(*stages, evidence.stage),
        changes=changes,
        evidence=evidence,
    )


def _mend_evidence(project: Project, champion: Champion, watch: Watcher) -> bool:
    """Write the evidence of the model in use where that of another one lies, as after a run that was killed."""
    path = project.evidence / f"{project.configuration.system.name}.bundle"
    if path.is_file() and digest_bytes(path.read_bytes()) == champion.bundle.digest:
        return False
    prove_system(project, _for_proof(_with_promotion(project, champion)), watch)
    return True


def _result(verdict: str, champion: Champion, stages: tuple[StageResult, ...]) -> Retrained:
    return Retrained(
        verdict=verdict,
        reasons=(),
        champion=champion,
        challenger=champion.model,
        stages=stages,
        changes=(),
        evidence=None,
    )


def _same(project: Project, champion: Champion, begun: tuple[StageResult, ...], watch: Watcher) -> Retrained:
    """The data give the model that is in use; its evidence is written once more, in case a run was killed before."""
    evidence = prove_system(project, _for_proof(_with_promotion(project, champion)), watch)
    return Retrained(
        verdict=UNCHANGED,
        reasons=(),
        champion=champion,
        challenger=champion.model,
        stages=(*begun, evidence.stage),
        changes=(),
        evidence=evidence,
    )


def _refuse(
    project: Project,
    champion: Champion | None,
    stages: tuple[StageResult, ...],
    reasons: tuple[str, ...],
    watch: Watcher,
    changes: tuple[Claim, ...] = (),
) -> Retrained:
    """State why the challenger is not promoted."""
    models = [stage.subject("model") for stage in stages if stage.stage == "harden"]

    def work(report: Progress) -> StageOutput:
        report(0, 1, KEPT)
        time = project.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        leaf: Json = champion.leaf if champion else None
        leaves: dict[str, Json] = {stage.stage: stage.leaf for stage in stages}
        told: dict[str, Json] = {"deed": KEPT, "time": time, "reasons": list(reasons), "champion": leaf}
        told["rules"] = rules_of(project)
        return StageOutput(subjects=tuple(models) or stages[0].statement.subjects, details=told | {"stages": leaves})

    task = Task(
        stage="refuse",
        predicate_type=REFUSAL,
        configuration={"reasons": list(reasons)},
        inputs=tuple(Subject(stage.stage, stage.digest) for stage in stages),
        work=work,
        deed=True,
    )
    refused = run_stage(project, task, watch)
    return Retrained(
        verdict=KEPT,
        reasons=reasons,
        champion=champion,
        challenger=models[0] if models else None,
        stages=(*stages, refused),
        changes=changes,
        evidence=None,
    )


def _alarms(stage: StageResult) -> tuple[str, ...]:
    return tuple(str(one.get("message")) for one in stage.findings if one.get("severity") == Severity.ERROR)


def _taken_back(project: Project, hardened: StageResult) -> tuple[str, ...]:
    """A model that somebody has rolled back does not come into use again by itself."""
    leaf = rolled_back(project, hardened.subject("model").digest)
    return () if leaf is None else (f"this very model was rolled back (leaf {leaf}); change its data or settings",)


def _failed_gates(project: Project, stages: Sequence[StageResult]) -> tuple[str, ...]:
    """The gates that the claims so far fail; those on claims of the seal are left to the summary."""
    claims = {name: claim for stage in stages for name, claim in stage.claims.items()}
    results = evaluate_gates(gates_of(project), claims)
    if not any(stage.stage == "seal" for stage in stages):
        results = tuple(one for one in results if one.gate.name in claims or one.gate.name not in SEALED)
    if not gates_of(project):
        return ("no gate is set in hauberk.toml, so nothing is admitted",)
    told = [(one, claims.get(one.gate.name)) for one in results if not one.passed]
    return tuple(
        f"gate {one.gate.name} {one.gate.rule}: {claim.estimate.value:.4g}"
        if claim
        else f"gate {one.gate.name}: no claim"
        for one, claim in told
    )


def _losses(changes: Sequence[Claim], tolerance: float) -> tuple[str, ...]:
    return tuple(
        f"{claim.name} is {claim.estimate.value:+.4f} ({claim.estimate.low:+.4f} to {claim.estimate.high:+.4f}), "
        f"worse than the model in use by more than {tolerance:g}"
        for claim in find_losses(changes, tolerance)
    )


def _ordered(champion: Champion) -> tuple[StageResult, ...]:
    return tuple(champion.stages[name] for name in (*STAGES, *sorted(set(champion.stages) - set(STAGES))))


def _with_promotion(project: Project, champion: Champion) -> tuple[StageResult, ...]:
    return tuple({one.stage: one for one in (*_ordered(champion), champion.statement(project))}.values())


def _for_proof(stages: Sequence[StageResult]) -> tuple[StageResult, ...]:
    """The stages with the gate, which the report ends on, last."""
    return (*(one for one in stages if one.stage != "gate"), *(one for one in stages if one.stage == "gate"))
