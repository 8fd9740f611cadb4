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
from hauberk.data import (
    Dataset,
    build_manifest,
    digest_schema,
    encode_labels,
    encode_rows,
    parse_row_digests,
    parse_schema,
)
from hauberk.flows.attack import Standing, attack_rows
from hauberk.flows.champion import Champion
from hauberk.flows.datasets import Datasets
from hauberk.flows.errors import MissingEvidence, NotATrainingLabel
from hauberk.flows.harden import chosen_model
from hauberk.flows.pin import SCHEMA
from hauberk.flows.project import Project
from hauberk.flows.protected_groups import FEWEST, decisions_of, protected_groups
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.translation import as_taken_by
from hauberk.flows.verify import TAUGHT, input_digests
from hauberk.harden.challenge import CHANGE, Contestant, compare_contestants
from hauberk.harden.trial import is_right
from hauberk.models import LibraryModel
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
        test: The rows that neither was trained on, as the challenger and as the champion take them.
        train: The challenger's training rows, as either takes them.
        datasets: Those of the challenger, with these test rows.
        taught: (t,) bool, of its training rows, whether the champion was trained on them too.
        left_out: How many test rows one of them was trained on.
    """

    test: tuple[Dataset, Dataset]
    train: tuple[Dataset, Dataset]
    datasets: Datasets
    taught: Mask
    left_out: int

    @property
    def labels(self) -> NDArray[np.int64]:
        """(n,) class codes of the test rows."""
        return encode_labels(self.test[0])


def compare_models(
    project: Project, datasets: Datasets, hardened: StageResult, champion: Champion, watch: Watcher = unwatched
) -> StageResult:
    """Attack both models with one seed on the same rows, and state the changes with paired intervals.

    Raises:
        NotATrainingLabel: Fewer test rows than `harden.retrain.fewest` that neither has seen.
        NotComparable: The champion takes other columns, or answers with other classes.
        MissingEvidence: Nothing says what the champion was trained on.
    """
    ring = _ring(project, datasets, champion)
    challenger, rival = hardened.subject("model"), replace(champion.model, name="champion")

    def work(report: Progress) -> StageOutput:
        models = chosen_model(project, hardened, datasets), chosen_model(project, champion.stages["harden"], datasets)
        standings = [
            attack_rows(project, replace(ring.datasets, test=test), model, _turn(report, turn))
            for turn, (model, test) in enumerate(zip(models, ring.test, strict=True))
        ]
        right = [is_right(model, encode_rows(test), ring.labels) for model, test in zip(models, ring.test, strict=True)]
        contestants = [_contestant(*pair) for pair in zip(right, standings, strict=True)]
        groups, skipped = _groups(ring, right)
        privacy, findings = _privacy(project, ring, models)
        doubts = [_doubt(whose, one) for whose, one in zip(("new model", "model in use"), standings, strict=True)]
        return StageOutput(
            subjects=(challenger, rival),
            claims=(*_levels(right, standings), *compare_contestants(*contestants), *groups, *privacy),
            findings=(*skipped, *findings, *(one for some in doubts for one in some)),
            details={"rows": ring.test[0].rows, "left_out": ring.left_out, "champion": champion.leaf},
        )

    configuration: dict[str, Json] = {
        "evasion": asdict(project.configuration.threats.evasion),
        "pixels": [project.configuration.data.pixel_low, project.configuration.data.pixel_high],
        "schema": str(digest_schema(datasets.schema)),
    }
    task = Task(
        stage="compare",
        predicate_type=COMPARISON,
        configuration=configuration,
        inputs=(
            Subject("test", ring.datasets.test_subject.digest),
            challenger,
            rival,
            datasets.train_subject,
            Subject("champion.verify", champion.stages["verify"].digest),
        ),
        work=work,
    )
    return run_stage(project, task, watch)


def _ring(project: Project, datasets: Datasets, champion: Champion) -> _Ring:
    kept = champion.stages["verify"].artifacts
    if TAUGHT not in kept:
        where, hint = f"leaf {champion.stages['verify'].leaf}", "hauberk secure"
        raise MissingEvidence(where=where, expected="digests of the rows that are trained on", got="none", hint=hint)
    seen = _words(parse_row_digests(project.store.get_bytes(kept[TAUGHT])))
    taught = _words(input_digests(datasets.train))
    fresh = ~np.isin(_words(input_digests(datasets.test)), np.union1d(seen, taught))
    fewest = project.configuration.harden.retrain.fewest
    if fresh.sum() < fewest:
        expected = f"{fewest} test rows or more that neither model has seen (harden.retrain.fewest)"
        hint = "give test data of their own (data.test)"
        raise NotATrainingLabel(where="data", expected=expected, got=str(int(fresh.sum())), hint=hint)
    test = datasets.test.take(np.flatnonzero(fresh))
    schema = parse_schema(project.store.get_bytes(kept[SCHEMA]), where=f"schema of leaf {champion.leaf}")
    common = replace(
        datasets,
        test=test,
        test_manifest=build_manifest(test),
        held=None if datasets.held is None else datasets.held[fresh],
    )
    return _Ring(
        test=(test, as_taken_by(schema, test)),
        train=(datasets.train, as_taken_by(schema, datasets.train)),
        datasets=common,
        taught=np.isin(taught, seen),
        left_out=int((~fresh).sum()),
    )


def _words(digests: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """(n,) the digests, each as one value that can be looked up; of one length, so that padding hides nothing."""
    return np.ascontiguousarray(digests).view("S32").ravel()


def _contestant(right: Mask, standing: Standing) -> Contestant:
    return Contestant(right=right, stands=standing.stands, certified=standing.certified)


def _levels(right: list[Mask], standings: list[Standing]) -> Iterator[Claim]:
    """What the changes start from."""
    for prefix, mask, standing in zip(("", "champion."), right, standings, strict=True):
        for name, rows in (("accuracy", mask), ("robust_accuracy", standing.stands)):
            estimate = estimate_proportion(int(rows.sum()), len(rows))
            yield Claim(name=f"compared.{prefix}{name}", estimate=estimate, rung=Rung.MEASURED)


def _groups(ring: _Ring, right: list[Mask]) -> tuple[list[Claim], list[Finding]]:
    """How differences between groups change, in equalised odds where each group has enough rows of either truth."""
    claims = []
    new, old = (decisions_of(one, ring.labels) for one in right)
    found, refused = protected_groups(ring.test[0])
    for one in found:
        cells = count_group_pairs(one.group, ring.labels[one.kept], new[one.kept], old[one.kept], groups=one.count)
        changes = {"demographic_parity_difference": estimate_demographic_parity_change}
        if cells.sum((2, 3)).min() >= FEWEST:
            changes["equalized_odds_difference"] = estimate_equalized_odds_change
        for name, estimate in changes.items():
            change = estimate(cells, generator=np.random.default_rng(one.place))
            claims.append(Claim(name=f"{CHANGE}{name}.{one.name}", estimate=change, rung=Rung.MEASURED))
    code = "harden.comparison.no_fairness"
    return claims, [
        Finding(code=code, severity=Severity.WARNING, message=f"not measured: fairness ({why})", feature=name)
        for name, why in refused.items()
    ]


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
    first, second = _infer(models[0], ring, 0, new), _infer(models[1], ring, 1, old)
    shared = np.searchsorted(new, old), np.arange(len(old))
    change = estimate_advantage_change(first, second, shared, generator=random)
    return (
        Claim(name="membership_advantage", estimate=first.advantage(), rung=Rung.MEASURED),
        Claim(name="compared.champion.membership_advantage", estimate=second.advantage(), rung=Rung.MEASURED),
        Claim(name=f"{CHANGE}membership_advantage", estimate=change, rung=Rung.MEASURED),
    ), ()


def _infer(model: LibraryModel, ring: _Ring, side: int, places: NDArray[np.intp]) -> Membership:
    members, others = ring.train[side].take(places), ring.test[side]
    return infer_members(model, encode_rows(members), encode_labels(members), encode_rows(others), ring.labels)


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
