"""The stage `attack`: what can an attacker do to the model, before and after hardening?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack import BoundedResult, EvasionResult, evaluate_evasion, summarise_rows
from hauberk.core.claim import Claim, Rung
from hauberk.core.encoding import Json
from hauberk.core.finding import Severity
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import Subject
from hauberk.data import Dataset, digest_schema, encode_labels, encode_rows, resolve_reach
from hauberk.flows.attack_images import attack_images, face_images, image_settings
from hauberk.flows.attack_rows import ROWS, render_rows
from hauberk.flows.datasets import Datasets
from hauberk.flows.harden import chosen_model, plain_model
from hauberk.flows.images import is_of_images
from hauberk.flows.project import Project
from hauberk.flows.protected_groups import decisions_of, protected_groups
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.threat import describe_adversary, verify_goal
from hauberk.models import LibraryModel, Matrix
from hauberk.stats import (
    count_groups,
    estimate_demographic_parity_difference,
    estimate_paired_difference,
)

__all__ = ["Standing", "attack_rows", "attack_system"]

PREDICATE = "urn:hauberk:attack:evasion:v1"
_KEPT = 2
"""Version of what is kept of the rows besides the claims."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scene:
    """The rows under attack."""

    dataset: Dataset
    numbers: NDArray[np.intp]
    rows: Matrix
    labels: NDArray[np.int64]
    goal: str

    @property
    def wanted(self) -> NDArray[np.bool_] | None:
        """(n,) rows that the adversary wants turned, where they want one class; None where any wrong one will do."""
        target = self.dataset.schema.target
        if not self.goal or target is None:
            return None
        return np.asarray(self.labels != target.categories.index(self.goal))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """How a model stands on n rows under attack.

    Attributes:
        correct, beaten: (n,) bool.
        certified: (n,) bool, or None where nothing can be proved.
        doubts: Why the attack must not be believed; empty where no sign speaks against it.
    """

    correct: NDArray[np.bool_]
    beaten: NDArray[np.bool_]
    certified: NDArray[np.bool_] | None
    doubts: tuple[str, ...]

    @property
    def stands(self) -> NDArray[np.bool_]:
        """(n,) right and not beaten."""
        return self.correct & ~self.beaten


def attack_rows(project: Project, datasets: Datasets, model: LibraryModel, report: Progress) -> Standing:
    """Attack a model on the test rows as the stage does: two models get the same rows, the same threat and seeds."""
    result: EvasionResult | BoundedResult
    if is_of_images(project.configuration):
        result = face_images(project, datasets, model, report)
    else:
        section = project.configuration.threats.evasion
        scene = _scene(datasets, section.rows, verify_goal(datasets.schema, section.goal), project.seed)
        result = _face(model, scene, project.seed, report, "the model", 0)
    return Standing(
        correct=result.correct,
        beaten=result.beaten,
        certified=result.certified if result.robustness.certified is not None else None,
        doubts=tuple(one.message for one in result.findings if one.severity is not Severity.INFO),
    )


def attack_system(
    project: Project, datasets: Datasets, hardened: StageResult, watch: Watcher = unwatched
) -> StageResult:
    """Attack baseline and model on the test rows; certified and attacked accuracy of both, side by side."""
    section = project.configuration.threats.evasion
    goal = verify_goal(datasets.schema, section.goal)
    model, baseline = hardened.subject("model"), hardened.subject("baseline")
    configuration: dict[str, Json] = {"evasion": asdict(section), "schema": str(digest_schema(datasets.schema))}
    images = is_of_images(project.configuration)
    if images:
        configuration = image_settings(project.configuration, datasets)
    configuration["kept"] = _KEPT  # what versions before it left out is made again

    def work(report: Progress) -> StageOutput:
        if images:
            other = plain_model(project, hardened, datasets) if baseline.digest != model.digest else None
            models = chosen_model(project, hardened, datasets), other
            return attack_images(project, datasets, models, (model, baseline), report)
        scene = _scene(datasets, section.rows, goal, project.seed)
        chosen = chosen_model(project, hardened, datasets)
        after = _face(chosen, scene, project.seed, report, "the model", 0)
        before = after
        if baseline.digest != model.digest:
            before = _face(plain_model(project, hardened, datasets), scene, project.seed, report, "the baseline", 1)
        return StageOutput(
            subjects=(model, baseline),
            claims=(
                *_before(before, scene),
                *after.robustness.claims(),
                *_recall(after, scene),
                *_paired(before, after, scene),
                *_groups(after, scene),
            ),
            findings=after.findings,
            details={
                "adversary": describe_adversary(datasets.schema),
                "features": _features(after, scene),
                "curves": _curves(after),
                "curves_before": _curves(before),
                "method": after.method,
                "effort": after.effort,
                "queries": after.queries,
                "trusted": after.trusted,
                "goal": section.goal,
            },
            artifacts={ROWS: _rows(chosen, after, scene)},
        )

    task = Task(
        stage="attack",
        predicate_type=PREDICATE,
        configuration=configuration,
        inputs=(datasets.test_subject, model, baseline, Subject("schema", digest_schema(datasets.schema))),
        work=work,
    )
    return run_stage(project, task, watch)


def _scene(datasets: Datasets, most: int, goal: str, seed: int) -> _Scene:
    dataset, numbers = datasets.test, np.arange(datasets.test.rows)
    if 0 < most < dataset.rows:
        numbers = np.sort(np.random.default_rng([seed, 2]).permutation(dataset.rows)[:most])
        dataset = dataset.take(numbers)
    return _Scene(dataset=dataset, numbers=numbers, rows=encode_rows(dataset), labels=encode_labels(dataset), goal=goal)


def _face(model: LibraryModel, scene: _Scene, seed: int, report: Progress, whom: str, turn: int) -> EvasionResult:
    def step(done: float, total: float, what: str = "") -> None:
        share = done / total if total else 0.0
        report(turn + min(share, 1.0), 2, f"{what or 'attacking'} {whom}".strip())

    reach = resolve_reach(scene.dataset.schema, scene.rows)
    step(0, 1, "attacking")
    return evaluate_evasion(model, scene.rows, scene.labels, reach, goal=scene.goal, seed=seed, progress=step)


def _rows(model: LibraryModel, after: EvasionResult, scene: _Scene) -> bytes:
    answers = np.asarray(model.predict(after.rows).argmax(axis=1), dtype=np.int64)
    return render_rows(
        after, scene.dataset.schema, scene.rows, numbers=scene.numbers, labels=scene.labels, answers=answers
    )


def _before(result: EvasionResult, scene: _Scene) -> Iterator[Claim]:
    """The claims of the baseline."""
    for claim in (*result.robustness.claims(), *_recall(result, scene)):
        yield replace(claim, name=f"before.{claim.name}")


def _recall(result: EvasionResult, scene: _Scene) -> tuple[Claim, ...]:
    """With a goal: how many of the rows of other classes, which the adversary wants turned, are recognised."""
    wanted = scene.wanted
    if wanted is None or not wanted.any():
        return ()
    proved = result.certified[wanted] if result.robustness.certified is not None else None
    return summarise_rows(result.correct[wanted], result.beaten[wanted], proved).claims("recall")


def _paired(before: EvasionResult, after: EvasionResult, scene: _Scene) -> Iterator[Claim]:
    """What hardening cost and won, on the same rows."""
    if scene.wanted is not None and scene.wanted.any():
        stands = [(one.correct & ~one.beaten)[scene.wanted] for one in (after, before)]
        yield Claim(name="recall_gain", estimate=estimate_paired_difference(*stands), rung=Rung.MEASURED)
    loss = estimate_paired_difference(before.correct, after.correct)
    gain = estimate_paired_difference(after.correct & ~after.beaten, before.correct & ~before.beaten)
    yield Claim(name="clean_loss", estimate=loss, rung=Rung.MEASURED)
    yield Claim(name="robust_gain", estimate=gain, rung=Rung.MEASURED)


def _groups(after: EvasionResult, scene: _Scene) -> Iterator[Claim]:
    """How far the groups of each protected column are treated alike."""
    decision = decisions_of(after.correct, scene.labels)
    for one in protected_groups(scene.dataset)[0]:
        table = count_groups(one.group, scene.labels[one.kept], decision[one.kept], groups=one.count)
        estimate = estimate_demographic_parity_difference(table, generator=np.random.default_rng(one.place))
        yield Claim(name=f"demographic_parity_difference.{one.name}", estimate=estimate, rung=Rung.MEASURED)


def _curves(result: EvasionResult) -> list[Json]:
    return [{"unit": one.unit, "spent": one.spent, "accuracy": one.accuracy} for one in result.curves]


def _features(after: EvasionResult, scene: _Scene) -> list[Json]:
    """Share of the successful attacks that change each mutable column."""
    turned = int(after.beaten.sum())
    if not turned:
        return []
    return [
        {"name": feature.name, "share": float(used / turned)}
        for feature, used in zip(scene.dataset.schema.inputs, after.used, strict=True)
        if feature.adversary.mutable
    ]
