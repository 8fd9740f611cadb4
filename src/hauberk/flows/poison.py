"""`hauberk attack poison`: how much poison in the training rows breaks this model?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison import (
    Aim,
    PoisonCurve,
    PoisonKind,
    PoisonPoint,
    Scene,
    Wish,
    aim_poison,
    poison_curve,
    require_harm,
    require_region,
    require_share,
)
from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.core.encoding import Json
from hauberk.core.finding import Finding, Severity
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.data import Schema, digest_schema
from hauberk.data.nearest import nearest_hint
from hauberk.flows.datasets import Datasets, load_datasets
from hauberk.flows.evidence import write_evidence
from hauberk.flows.partitions import harden_settings
from hauberk.flows.poison_certificate import ElectionPoint, attack_election
from hauberk.flows.poison_models import Trainers, open_trainers
from hauberk.flows.project import Project, open_project
from hauberk.flows.quarantine import apply_quarantine
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.training import user_fit
from hauberk.prove.report import render_poison_file

__all__ = ["PREDICATE", "SHARES", "PoisonWish", "poison_project"]

PREDICATE = "urn:hauberk:attack:poison:v1"
SHARES = (0.001, 0.003, 0.01, 0.03, 0.1)
"""Where none are named; those that come to no row are left out."""
_NAMED = 20
"""Victims that are named by their rows."""
_CURVE = 0.7
"""Where the progress of the stage stands when the curve is done and the election is attacked."""
_UNTARGETED = (PoisonKind.RANDOM_FLIPS, PoisonKind.SUREST_FLIPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoisonWish:
    """What is asked.

    Attributes:
        kind: The attack.
        shares: Of the training rows, empty for `SHARES`.
        seeds: How many, of poison and training, from that of the run on.
        harm: Gain of the attacker that is called harm.
        goal, victim: Class names, empty to be chosen; the goal is `threats.evasion.goal` where there is one.
        row: Test row that is aimed at, by its number in its file.
        columns: Of the trigger.
        region: Share of the training rows around the row, None to be chosen.
        image: Channels, height and width, where rows are images.
    """

    kind: PoisonKind
    shares: tuple[float, ...] = ()
    seeds: int = 3
    harm: float = 0.1
    goal: str = ""
    victim: str = ""
    row: int | None = None
    columns: tuple[str, ...] = ()
    region: float | None = None
    image: tuple[int, int, int] | None = None


def poison_project(
    folder: Path, *, wish: PoisonWish, seed: int | None = None, watch: Watcher = unwatched
) -> tuple[StageResult, dict[str, Json]]:
    """Train the project's model with more and more poison; gives the stage and the document of `--json`.

    The files of the user are only read; the poison lives in memory.

    Raises:
        BadBudget, BadPoison, BadTrigger: The attack cannot be made on these rows.
        HauberkError: See `load_datasets` and `open_project`.
    """
    _require_numbers(wish)
    with open_project(folder, seed=seed) as project:
        datasets = load_datasets(project.folder, project.configuration, seed=project.seed)
        result = _measure(project, apply_quarantine(project, datasets), wish, watch)
        name = f"poison-{wish.kind}.svg"
        drawn = render_poison_file(result.details)
        write_evidence(project.evidence, {name: drawn} if drawn else {})
        claims: dict[str, Json] = {name: claim.document() for name, claim in result.claims.items()}
        document = result.document() | dict(result.details) | {"claims": claims}
        return result, document | {"picture": str(project.evidence / name) if drawn else None}


def _require_numbers(wish: PoisonWish) -> None:
    """Before anything is read: what is no number has no place in a statement either."""
    for share in wish.shares:
        require_share(share)
    require_harm(wish.harm)
    if wish.region is not None:
        require_region(wish.region)


def _measure(project: Project, datasets: Datasets, wish: PoisonWish, watch: Watcher) -> StageResult:
    section, trainer = project.configuration, user_fit(project)
    configuration: dict[str, Json] = {
        "poison": asdict(wish),
        "goal": section.threats.evasion.goal,
        "model": asdict(section.model),
        "harden": harden_settings(section.harden) if section.harden.partitions else {},
        "schema": str(digest_schema(datasets.schema)),
    }
    inputs = (datasets.train_subject, datasets.test_subject, *([trainer.subject] if trainer else []))

    def work(report: Progress) -> StageOutput:
        report(0, 1, "choosing trigger and victims")
        trainers = open_trainers(project, datasets)
        scene = Scene(
            train=trainers.train,
            test=trainers.test,
            schema=datasets.schema,
            fit=trainers.surrogate,
            seed=project.seed,
        )
        aim = aim_poison(wish.kind, scene, _decoded(wish, datasets, section.threats.evasion.goal))
        partitions = bool(section.harden.partitions)
        curve = poison_curve(
            trainers.fit,
            trainers.train,
            trainers.test,
            aim,
            shares=_shares(wish, len(trainers.train.labels)),
            seeds=range(project.seed, project.seed + (wish.seeds if aim.drawn or trainers.varies else 1)),
            harm=wish.harm,
            progress=_part(report, 0, _CURVE if partitions else 1),
        )
        election = attack_election(project, trainers, aim, _part(report, _CURVE, 1)) if partitions else ()
        return StageOutput(
            subjects=(datasets.train_subject,),
            claims=tuple(_claims(wish.kind, curve)),
            findings=tuple(_findings(wish, curve, election, aim)),
            details=_details(wish, curve, election, aim, trainers, datasets),
        )

    task = Task(stage="poison", predicate_type=PREDICATE, configuration=configuration, inputs=inputs, work=work)
    return run_stage(project, task, watch)


def _part(report: Progress, start: float, end: float) -> Progress:
    def part(done: float, total: float, what: str = "") -> None:
        report(start + (end - start) * min(done / max(total, 1), 1), 1, what)

    return part


def _shares(wish: PoisonWish, rows: int) -> tuple[float, ...]:
    return wish.shares or tuple(share for share in SHARES if share * rows >= 1) or (1 / rows,)


def _decoded(wish: PoisonWish, datasets: Datasets, goal: str) -> Wish:
    """The wish by class codes and by the place of the row."""
    goal = "" if wish.kind in _UNTARGETED else wish.goal or (goal if goal != wish.victim else "")
    return Wish(
        goal=_code(datasets.schema, goal, "goal"),
        victim=_code(datasets.schema, wish.victim, "victim"),
        row=None if wish.row is None else _place(datasets, wish.row),
        columns=wish.columns,
        region=wish.region,
        image=wish.image,
    )


def _place(datasets: Datasets, row: int) -> int:
    """The place among the test rows of the row that is named by its number in the file."""
    places = np.flatnonzero(datasets.test_numbers == row)
    if not places.size:
        hint = "rows are numbered as in the file that they stand in; training rows are no victims"
        raise BadPoison(where="row", expected="the number of a test row", got=f"{row}", hint=hint)
    return int(places[0])


def _code(schema: Schema, name: str, where: str) -> int | None:
    classes = schema.target.categories if schema.target else ()
    if not name:
        return None
    if name not in classes:
        raise BadPoison(where=where, expected="a class", got=repr(name)[:60], hint=nearest_hint(name, classes))
    return classes.index(name)


def _claims(kind: PoisonKind, curve: PoisonCurve) -> Iterator[Claim]:
    """What is measured at each share, and the share at which the harm is first seen."""
    for point in curve.points:
        numbers = {"accuracy": point.accuracy, "success": point.success}
        if point.share:
            numbers |= {"accuracy_loss": point.loss, "success_gain": point.gain}
        for name, estimate in numbers.items():
            yield Claim(name=f"poison.{kind}.{name}.{point.share:g}", estimate=estimate, rung=Rung.MEASURED)
    broken = curve.broken
    if broken:
        found = Estimate(value=broken.share, low=_below(curve, broken), high=broken.share, n=0, method="first seen")
        yield Claim(name=f"poison.{kind}.harmful_share", estimate=found, rung=Rung.MEASURED)


def _below(curve: PoisonCurve, point: PoisonPoint) -> float:
    """The next smaller share that was tried."""
    return max((one.share for one in curve.points if one.share < point.share), default=0.0)


def _findings(wish: PoisonWish, curve: PoisonCurve, election: tuple[ElectionPoint, ...], aim: Aim) -> Iterator[Finding]:
    refuted = sum(point.refuted for point in election)
    if refuted:
        message = f"{refuted} decisions were certified against bad training rows and came out otherwise"
        yield Finding(code="attack.poison.certificate_broken", severity=Severity.ERROR, message=message, count=refuted)
    broken = curve.broken
    if broken is None:
        most = curve.points[-1]
        message = (
            f"{wish.kind} on up to {most.rows} training rows turned less than {wish.harm:.0%} of the victims; another "
            "attack may turn more"
        )
        yield Finding(code="attack.poison.unharmed", severity=Severity.INFO, message=message, count=most.rows)
        return
    message = (
        f"{wish.kind} on {broken.rows} training rows ({broken.share:.2%}) turns {broken.gain.value:.0%} of the victims"
    )
    if not aim.reachable:
        message += ", those who truly bear the trigger: the schema's adversary cannot lie so far"
    yield Finding(code="attack.poison.harm", severity=Severity.WARNING, message=message, count=broken.rows)


def _details(
    wish: PoisonWish,
    curve: PoisonCurve,
    election: tuple[ElectionPoint, ...],
    aim: Aim,
    trainers: Trainers,
    datasets: Datasets,
) -> dict[str, Json]:
    """What the statement keeps; a trigger is told by its columns, for its values may be somebody's."""
    target, inputs = datasets.schema.target, datasets.schema.inputs
    broken = curve.broken
    return {
        "kind": str(wish.kind),
        "model": trainers.name,
        "goal": target.categories[aim.goal] if target and aim.goal is not None else "",
        "trigger": [inputs[column].name for column in aim.columns],
        "reachable": aim.reachable,
        "train_rows": len(trainers.train.labels),
        "victims": curve.victims,
        "victim_rows": datasets.test_numbers[aim.victims][:_NAMED].tolist(),
        "seeds": list(curve.seeds),
        "harm": curve.harm,
        "broken": None
        if broken is None
        else {"share": broken.share, "rows": broken.rows, "above": _below(curve, broken)},
        "curve": [_point(point) for point in curve.points],
        "election": [point.document() for point in election],
    }


def _point(point: PoisonPoint) -> Json:
    numbers = {
        "accuracy": point.accuracy,
        "victim_accuracy": point.victim_accuracy,
        "success": point.success,
        "loss": point.loss,
        "gain": point.gain,
    }
    document: dict[str, Json] = {"share": point.share, "rows": point.rows, "changes": point.changes}
    document |= {name: {"value": n.value, "low": n.low, "high": n.high} for name, n in numbers.items()}
    return document | {"spread": list(point.spread)}
