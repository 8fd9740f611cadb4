"""The stage `attack` for images: the cascade within a norm and a radius, its self-check, and the pictures it made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from hauberk.attack import BoundedResult, Threat, attack_within
from hauberk.attack.bounded import TRUSTED
from hauberk.attack.evasion.effort import STANDARD
from hauberk.core.claim import Claim, Rung
from hauberk.core.encoding import Json
from hauberk.core.progress import Progress
from hauberk.core.statement import Subject
from hauberk.data import digest_schema, encode_labels, encode_rows
from hauberk.flows.attack_rows import ROWS, render_image_rows
from hauberk.flows.configuration import Configuration, EvasionSection
from hauberk.flows.datasets import Datasets
from hauberk.flows.images import input_shape
from hauberk.flows.project import Project
from hauberk.flows.stage import StageOutput
from hauberk.models import LibraryModel, Matrix
from hauberk.stats import estimate_paired_difference

__all__ = ["PICTURES", "attack_images", "face_images", "image_settings"]

PICTURES = "adversarial.npz"
"""The most fragile pictures: `row` (number in the test data), `before` and `after` (k, channels, height, width),
`label`, `answer` and `answer_before` (codes of `classes`) and `distance`; kept encrypted in the store."""
_KEPT = 64
_POINTS = 33


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scene:
    """The pictures under attack, and the numbers by which they are named."""

    rows: Matrix
    labels: NDArray[np.int64]
    numbers: NDArray[np.int64]
    threat: Threat
    seed: int


def image_settings(configuration: Configuration, datasets: Datasets) -> dict[str, Json]:
    """What the attack depends on besides its inputs."""
    evasion: dict[str, Json] = asdict(configuration.threats.evasion)
    shape: list[Json] = list(input_shape(configuration.data))
    return {"evasion": evasion, "shape": shape, "schema": str(digest_schema(datasets.schema))}


def attack_images(
    project: Project,
    datasets: Datasets,
    models: tuple[LibraryModel, LibraryModel | None],
    subjects: tuple[Subject, ...],
    report: Progress,
) -> StageOutput:
    """Attack the model and, where it is another, the baseline, on the same pictures with the same seed.

    Args:
        project: Says the threat.
        datasets: Whose test rows are attacked.
        models: The model, and the baseline or None where they are the same.
        subjects: Model and baseline.
        report: Told how far it is.
    """
    section = project.configuration.threats.evasion
    scene = _scene(project, datasets)
    after = _face(models[0], scene, _turn(report, 0, "the model"))
    before = _face(models[1], scene, _turn(report, 1, "the baseline")) if models[1] else after
    radii = _radii(after, before)
    return StageOutput(
        subjects=subjects,
        claims=(*_before(before), *after.robustness.claims(), *_paired(before, after)),
        findings=after.findings,
        details={
            "adversary": [_adversary(section)],
            "features": [],
            "curves": [_curve(after, radii)],
            "curves_before": [_curve(before, radii)],
            "method": after.method,
            "effort": STANDARD.name,
            "trusted": after.verdict == TRUSTED,
            "verdict": after.verdict,
            "weak_because": list(after.weak_because),
            "before": {"verdict": before.verdict, "weak_because": list(before.weak_because)},
            "norm": section.norm,
            "eps": section.eps,
            "goal": section.goal,
            "images": _described(after, models[0], project.configuration),
        },
        artifacts={
            PICTURES: _pictures(after, scene, models[0], input_shape(project.configuration.data)),
            ROWS: render_image_rows(after, scene.labels, _answers(models[0], after.adversarial), models[0].classes),
        },
    )


def face_images(project: Project, datasets: Datasets, model: LibraryModel, report: Progress) -> BoundedResult:
    """Attack one model alone, on the pictures and with the seed of the stage."""
    return _face(model, _scene(project, datasets), report)


def _scene(project: Project, datasets: Datasets) -> _Scene:
    section, data = project.configuration.threats.evasion, project.configuration.data
    dataset, numbers = datasets.test, datasets.test_numbers.astype(np.int64)
    if 0 < section.rows < dataset.rows:
        chosen = np.sort(np.random.default_rng([project.seed, 2]).permutation(dataset.rows)[: section.rows])
        dataset, numbers = dataset.take(chosen), numbers[chosen]
    threat = Threat(norm=section.norm, eps=section.eps, low=data.pixel_low, high=data.pixel_high, goal=section.goal)
    labels = encode_labels(dataset)
    return _Scene(rows=encode_rows(dataset), labels=labels, numbers=numbers, threat=threat, seed=project.seed)


def _face(model: LibraryModel, scene: _Scene, report: Progress) -> BoundedResult:
    return attack_within(
        model, scene.rows, scene.labels, scene.threat, numbers=scene.numbers, seed=scene.seed, progress=report
    )


def _turn(report: Progress, turn: int, whom: str) -> Progress:
    def step(done: float, total: float, what: str = "") -> None:
        report(turn + (min(done / total, 1.0) if total else 0.0), 2, f"{what or 'attacking'} {whom}".strip())

    return step


def _before(result: BoundedResult) -> Iterator[Claim]:
    for claim in result.robustness.claims():
        yield replace(claim, name=f"before.{claim.name}")


def _paired(before: BoundedResult, after: BoundedResult) -> Iterator[Claim]:
    """What hardening cost and won, on the same pictures."""
    loss = estimate_paired_difference(before.correct, after.correct)
    gain = estimate_paired_difference(after.correct & ~after.beaten, before.correct & ~before.beaten)
    yield Claim(name="clean_loss", estimate=loss, rung=Rung.MEASURED)
    yield Claim(name="robust_gain", estimate=gain, rung=Rung.MEASURED)


def _adversary(section: EvasionSection) -> dict[str, Json]:
    """Whom the figures hold for, in words."""
    each = section.norm == "linf"
    words = "moved by at most" if each else "changed by a Euclidean distance of at most"
    told = f"{words} {section.eps:g}, within the valid range"
    return {"feature": "every pixel" if each else "the picture", "can": told}


def _radii(*results: BoundedResult) -> Matrix:
    """From 0 to the largest of the smallest changes that were found."""
    upper = np.concatenate([one.upper[one.correct & np.isfinite(one.upper)] for one in results])
    return np.linspace(0, max(float(upper.max(initial=0.0)), results[0].eps), _POINTS)


def _curve(result: BoundedResult, radii: Matrix) -> dict[str, Json]:
    """Accuracy against the radius, as far as the smallest changes that were found say it."""
    accuracy: list[Json] = [float(share) for share in result.curve(radii)]
    spent: list[Json] = [float(radius) for radius in radii]
    return {"unit": f"{result.norm} distance", "spent": spent, "accuracy": accuracy}


def _shown(result: BoundedResult) -> NDArray[np.intp]:
    return result.fragile[:_KEPT]


def _described(result: BoundedResult, model: LibraryModel, configuration: Configuration) -> dict[str, Json]:
    """Which pictures are kept; their numbers and answers, no pixel."""
    shape: list[Json] = list(input_shape(configuration.data))
    rows: list[Json] = [int(result.numbers[place]) for place in _shown(result)]
    return {"artifact": PICTURES, "shape": shape, "rows": rows, "classes": list(model.classes)}


def _pictures(result: BoundedResult, scene: _Scene, model: LibraryModel, shape: tuple[int, ...]) -> bytes:
    places, sink = _shown(result), BytesIO()
    before, after = result.rows[places], result.adversarial[places]

    np.savez(
        sink,
        row=result.numbers[places],
        before=before.reshape(-1, *shape),
        after=after.reshape(-1, *shape),
        label=scene.labels[places],
        answer_before=_answers(model, before),
        answer=_answers(model, after),
        distance=result.upper[places],
        classes=np.array(model.classes),
    )
    return sink.getvalue()


def _answers(model: LibraryModel, rows: Matrix) -> NDArray[np.int64]:
    return model.predict(rows).argmax(axis=1).astype(np.int64) if len(rows) else np.empty(0, np.int64)
