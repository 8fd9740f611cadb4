"""The stage `attack`: what can an attacker do to the model, before and after hardening?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.core.claim import Claim, Rung
from hauberk.core.encoding import Json
from hauberk.core.finding import Finding, Severity
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import Subject
from hauberk.data import Dataset, Kind, digest_schema, encode_labels, encode_rows, resolve_reach
from hauberk.flows.datasets import Datasets
from hauberk.flows.harden import chosen_model, plain_model
from hauberk.flows.project import Project
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.threat import Faced, describe_adversary, face_adversary, goal_code
from hauberk.models import LibraryModel, Matrix
from hauberk.stats import (
    count_groups,
    estimate_demographic_parity_difference,
    estimate_paired_difference,
    estimate_proportion,
)

__all__ = ["attack_system"]

PREDICATE = "urn:hauberk:attack:evasion:v1"
_FEWEST = 20
"""Rows that a group must have before a rate of it is compared."""
_DOUBT = 0.05
"""Width between certified and attacked accuracy above which the attack is called too weak to believe."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scene:
    """The rows under attack."""

    dataset: Dataset
    rows: Matrix
    labels: NDArray[np.int64]
    goal: int | None


def attack_system(
    project: Project, datasets: Datasets, hardened: StageResult, watch: Watcher = unwatched
) -> StageResult:
    """Attack baseline and model on the test rows; certified and attacked accuracy of both, side by side."""
    section = project.configuration.threats.evasion
    goal = goal_code(datasets.schema, section.goal)
    model, baseline = hardened.subject("model"), hardened.subject("baseline")
    configuration: dict[str, Json] = {"evasion": asdict(section), "schema": str(digest_schema(datasets.schema))}

    def work(report: Progress) -> StageOutput:
        scene = _scene(datasets, section.rows, goal, project.seed)
        after = _face(chosen_model(project, hardened, datasets), scene, project.seed, report, "the model", 0)
        before = after
        if baseline.digest != model.digest:
            before = _face(plain_model(project, hardened, datasets), scene, project.seed, report, "the baseline", 1)
        return StageOutput(
            subjects=(model, baseline),
            claims=(*_claims(before, "before."), *_claims(after, ""), *_paired(before, after), *_groups(after, scene)),
            findings=tuple(_findings(after, datasets)),
            details={
                "adversary": describe_adversary(datasets.schema),
                "features": _features(after, scene),
                "queries": after.queries,
                "goal": section.goal,
            },
        )

    task = Task(
        stage="attack",
        predicate_type=PREDICATE,
        configuration=configuration,
        inputs=(datasets.test_subject, model, baseline, Subject("schema", digest_schema(datasets.schema))),
        work=work,
    )
    return run_stage(project, task, watch)


def _scene(datasets: Datasets, most: int, goal: int | None, seed: int) -> _Scene:
    dataset = datasets.test
    if 0 < most < dataset.rows:
        dataset = dataset.take(np.sort(np.random.default_rng([seed, 2]).permutation(dataset.rows)[:most]))
    return _Scene(dataset=dataset, rows=encode_rows(dataset), labels=encode_labels(dataset), goal=goal)


def _face(model: LibraryModel, scene: _Scene, seed: int, report: Progress, whom: str, turn: int) -> Faced:
    def step(done: float, total: float, what: str = "") -> None:
        share = done / total if total else 0.0
        report(turn + min(share, 1.0), 2, f"{what or 'attacking'} {whom}".strip())

    reach = resolve_reach(scene.dataset.schema, scene.rows)
    step(0, 1, "attacking")
    return face_adversary(model, scene.rows, scene.labels, reach, goal=scene.goal, seed=seed, progress=step)


def _claims(faced: Faced, prefix: str) -> Iterator[Claim]:
    """Clean, attacked and, where there is a certificate, certified accuracy."""
    yield _share(f"{prefix}accuracy", faced.correct, Rung.MEASURED)
    yield _share(f"{prefix}robust_accuracy", faced.standing, Rung.MEASURED)
    if faced.certified is not None:
        yield _share(f"{prefix}certified_accuracy", faced.certified, Rung.CERTIFIED)


def _share(name: str, hits: NDArray[np.bool_], rung: Rung) -> Claim:
    return Claim(name=name, estimate=estimate_proportion(int(hits.sum()), hits.size), rung=rung)


def _paired(before: Faced, after: Faced) -> Iterator[Claim]:
    """What hardening cost and won, on the same rows."""
    loss = estimate_paired_difference(before.correct, after.correct)
    gain = estimate_paired_difference(after.standing, before.standing)
    yield Claim(name="clean_loss", estimate=loss, rung=Rung.MEASURED)
    yield Claim(name="robust_gain", estimate=gain, rung=Rung.MEASURED)


def _groups(after: Faced, scene: _Scene) -> Iterator[Claim]:
    """How far the groups of each protected column are treated alike; two classes only, groups of 20 rows and more."""
    target = scene.dataset.schema.target
    if target is None or len(target.categories) != 2:
        return
    decision = np.where(after.correct, scene.labels, 1 - scene.labels)
    for column, feature in enumerate(scene.dataset.schema.inputs):
        if not feature.protected or feature.kind is not Kind.CATEGORY:
            continue
        codes = scene.rows[:, column]
        counts = np.bincount(codes[~np.isnan(codes)].astype(np.int64), minlength=len(feature.categories))
        large = np.flatnonzero(counts >= _FEWEST)
        if large.size < 2:
            continue
        kept = np.isin(codes, large)
        group = np.searchsorted(large, codes[kept]).astype(np.int64)
        table = count_groups(group, scene.labels[kept], decision[kept], groups=large.size)
        estimate = estimate_demographic_parity_difference(table, generator=np.random.default_rng(column))
        yield Claim(name=f"demographic_parity_difference.{feature.name}", estimate=estimate, rung=Rung.MEASURED)


def _findings(after: Faced, datasets: Datasets) -> Iterator[Finding]:
    """When the figures are not to be taken at their word."""
    if not any(feature.adversary.mutable for feature in datasets.schema.inputs):
        message = "hauberk.toml lets the adversary change nothing: the figures under attack say nothing"
        yield Finding(code="attack.evasion.no_adversary", severity=Severity.WARNING, message=message)
    if after.certified is None:
        message = "the model shows no trees: it was attacked by queries only, and nothing is certified"
        yield Finding(code="attack.evasion.no_certificate", severity=Severity.WARNING, message=message)
        return
    open_rows = after.standing & ~after.certified
    if open_rows.mean() > _DOUBT:
        message = f"{100 * open_rows.mean():.1f} % of the rows are neither turned nor certified: the truth lies between"
        rows = int(open_rows.sum())
        yield Finding(code="attack.evasion.undecided", severity=Severity.WARNING, message=message, count=rows)


def _features(after: Faced, scene: _Scene) -> list[Json]:
    """Share of the successful attacks that change each mutable column."""
    turned = after.correct & ~after.standing
    if not turned.any():
        return []
    old, new = scene.rows[turned], after.rows[turned]
    changed = (old != new) & ~(np.isnan(old) & np.isnan(new))
    shares = changed.mean(axis=0)
    return [
        {"name": feature.name, "share": float(share)}
        for feature, share in zip(scene.dataset.schema.inputs, shares, strict=True)
        if feature.adversary.mutable
    ]
