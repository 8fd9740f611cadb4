"""Champion and challenger on rows that neither has seen: accuracy, attack, groups of people, privacy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.membership import Membership, estimate_advantage_change, infer_members
from hauberk.core.claim import Claim, Rung
from hauberk.core.encoding import Json
from hauberk.core.finding import Finding, Severity
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import Subject
from hauberk.data import Dataset, build_manifest, encode_labels, encode_rows, parse_row_digests, row_digests
from hauberk.flows.attack import Standing, attack_rows
from hauberk.flows.champion import Champion
from hauberk.flows.datasets import Datasets
from hauberk.flows.errors import NotATrainingLabel
from hauberk.flows.harden import chosen_model
from hauberk.flows.project import Project
from hauberk.flows.protected_groups import FEWEST, decisions_of, protected_groups
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.verify import ROW_DIGESTS, TEST_DIGESTS
from hauberk.harden.challenge import CHANGE, Contestant, compare_contestants
from hauberk.models import LibraryModel, Matrix
from hauberk.stats import (
    count_group_pairs,
    estimate_demographic_parity_change,
    estimate_equalized_odds_change,
    estimate_proportion,
)

__all__ = ["COMPARISON", "compare_models"]

COMPARISON = "urn:hauberk:harden:comparison:v1"
_FEWEST = 20
"""Members below which nothing is said of privacy."""
_MEMBERS = 5000
"""Most training rows whose losses are looked at."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ring:
    """Where the two meet.

    Attributes:
        datasets: Those of the challenger, the test rows without what either model was trained on.
        rows: (n, d) encoded test rows.
        labels: (n,) their class codes.
        taught: (t,) bool, of the challenger's training rows, whether the champion was trained on them too.
        left_out: How many test rows one of them was trained on.
    """

    datasets: Datasets
    rows: Matrix
    labels: NDArray[np.int64]
    taught: Mask
    left_out: int


def compare_models(
    project: Project, datasets: Datasets, hardened: StageResult, champion: Champion, watch: Watcher = unwatched
) -> StageResult:
    """Attack both models with one seed on the same rows, and state the changes with paired intervals.

    Raises:
        NotATrainingLabel: Fewer test rows than `harden.retrain.fewest` that neither has seen.
    """
    ring = _ring(project, datasets, champion)
    challenger = hardened.subject("model")
    test = Subject("test", ring.datasets.test_subject.digest)
    configuration: dict[str, Json] = {"evasion": asdict(project.configuration.threats.evasion)}

    def work(report: Progress) -> StageOutput:
        new = chosen_model(project, hardened, datasets)
        old = chosen_model(project, champion.stages["harden"], datasets)
        standings = [
            attack_rows(project, ring.datasets, model, _turn(report, turn)) for turn, model in enumerate((new, old))
        ]
        right = [_right(model, ring) for model in (new, old)]
        contestants = [_contestant(*pair) for pair in zip(right, standings, strict=True)]
        privacy, findings = _privacy(project, ring, (new, old))
        doubts = [_doubt(whose, one) for whose, one in zip(("new model", "model in use"), standings, strict=True)]
        return StageOutput(
            subjects=(challenger, replace(champion.model, name="champion")),
            claims=(
                *_levels(right, standings),
                *compare_contestants(*contestants),
                *_groups(ring, right),
                *privacy,
            ),
            findings=(*findings, *(one for some in doubts for one in some)),
            details={"rows": len(ring.rows), "left_out": ring.left_out, "champion": champion.leaf},
        )

    task = Task(
        stage="compare",
        predicate_type=COMPARISON,
        configuration=configuration,
        inputs=(test, challenger, replace(champion.model, name="champion"), datasets.train_subject),
        work=work,
    )
    return run_stage(project, task, watch)


def _ring(project: Project, datasets: Datasets, champion: Champion) -> _Ring:
    seen = _seen(project, champion)
    taught = _words(row_digests(datasets.train))
    fresh = ~np.isin(_words(row_digests(datasets.test)), np.union1d(seen, taught))
    fewest = project.configuration.harden.retrain.fewest
    if fresh.sum() < fewest:
        expected = f"{fewest} test rows or more that neither model has seen (harden.retrain.fewest)"
        hint = "give test data of their own (data.test)"
        raise NotATrainingLabel(where="data", expected=expected, got=str(int(fresh.sum())), hint=hint)
    test = datasets.test.take(np.flatnonzero(fresh))
    common = replace(
        datasets,
        test=test,
        test_manifest=build_manifest(test),
        held=None if datasets.held is None else datasets.held[fresh],
    )
    return _Ring(
        datasets=common,
        rows=encode_rows(test),
        labels=encode_labels(test),
        taught=np.isin(taught, seen),
        left_out=int((~fresh).sum()),
    )


def _seen(project: Project, champion: Champion) -> NDArray[np.bytes_]:
    """Digests of the rows that the champion was trained on: those of its file without its test rows."""
    kept = champion.stages["verify"].artifacts
    file = _words(parse_row_digests(project.store.get_bytes(kept[ROW_DIGESTS])))
    if TEST_DIGESTS not in kept:
        return file
    return np.setdiff1d(file, _words(parse_row_digests(project.store.get_bytes(kept[TEST_DIGESTS]))))


def _words(digests: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """(n,) the digests, each as one value that can be looked up; of one length, so that padding hides nothing."""
    return np.ascontiguousarray(digests).view("S32").ravel()


def _right(model: LibraryModel, ring: _Ring) -> Mask:
    return np.asarray(model.predict(ring.rows).argmax(axis=1) == ring.labels)


def _contestant(right: Mask, standing: Standing) -> Contestant:
    return Contestant(right=right, stands=standing.stands, certified=standing.certified)


def _levels(right: list[Mask], standings: list[Standing]) -> Iterator[Claim]:
    """What the changes start from."""
    for prefix, mask, standing in zip(("", "champion."), right, standings, strict=True):
        for name, rows in (("accuracy", mask), ("robust_accuracy", standing.stands)):
            estimate = estimate_proportion(int(rows.sum()), len(rows))
            yield Claim(name=f"compared.{prefix}{name}", estimate=estimate, rung=Rung.MEASURED)


def _groups(ring: _Ring, right: list[Mask]) -> Iterator[Claim]:
    """How differences between groups change; in equalised odds where each group has enough rows of either truth."""
    new, old = (decisions_of(one, ring.labels) for one in right)
    for one in protected_groups(ring.datasets.schema, ring.rows):
        cells = count_group_pairs(one.group, ring.labels[one.kept], new[one.kept], old[one.kept], groups=one.count)
        parity = estimate_demographic_parity_change(cells, generator=np.random.default_rng(one.place))
        yield Claim(name=f"{CHANGE}demographic_parity_difference.{one.name}", estimate=parity, rung=Rung.MEASURED)
        if cells.sum((2, 3)).min() >= FEWEST:
            odds = estimate_equalized_odds_change(cells, generator=np.random.default_rng(one.place))
            yield Claim(name=f"{CHANGE}equalized_odds_difference.{one.name}", estimate=odds, rung=Rung.MEASURED)


def _privacy(
    project: Project, ring: _Ring, models: tuple[LibraryModel, LibraryModel]
) -> tuple[tuple[Claim, ...], tuple[Finding, ...]]:
    """What each model gives away of its training rows, and the change; or why nothing can be said."""
    random = np.random.default_rng([project.seed, 8])
    taught = np.flatnonzero(ring.taught)
    if len(taught) < _FEWEST:
        message = f"not measured: privacy ({len(taught)} of the rows are known to have trained the model in use)"
        return (), (Finding(code="harden.comparison.no_privacy", severity=Severity.WARNING, message=message),)
    old = np.sort(random.permutation(taught)[:_MEMBERS])
    fresh = np.flatnonzero(~ring.taught)
    # The members of the new model are drawn so that fresh rows have their share, and all that can be are shared.
    share = len(fresh) / len(ring.taught)
    more = random.permutation(fresh)[: round(len(old) * share / (1 - share))]
    new = np.sort(np.concatenate([old, more]))
    first, second = _infer(models[0], ring, new), _infer(models[1], ring, old)
    shared = np.searchsorted(new, old), np.arange(len(old))
    change = estimate_advantage_change(first, second, shared, generator=random)
    return (
        Claim(name="membership_advantage", estimate=first.advantage(), rung=Rung.MEASURED),
        Claim(name="compared.champion.membership_advantage", estimate=second.advantage(), rung=Rung.MEASURED),
        Claim(name=f"{CHANGE}membership_advantage", estimate=change, rung=Rung.MEASURED),
    ), ()


def _infer(model: LibraryModel, ring: _Ring, places: NDArray[np.intp]) -> Membership:
    members: Dataset = ring.datasets.train.take(places)
    return infer_members(model, encode_rows(members), encode_labels(members), ring.rows, ring.labels)


def _doubt(whose: str, standing: Standing) -> list[Finding]:
    return [
        Finding(
            code="harden.comparison.weak_attack", severity=Severity.ERROR, message=f"the attack on the {whose}: {why}"
        )
        for why in standing.doubts
    ]


def _turn(report: Progress, turn: int) -> Progress:
    def step(done: float, total: float, what: str = "") -> None:
        report(turn + (min(done / total, 1.0) if total else 0.0), 2, what)

    return step
