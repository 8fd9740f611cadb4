"""The certificate of the partitions beside the attack: certified, true and attacked must lie in this order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.poison import Aim, poison_dataset
from hauberk.core.claim import Estimate
from hauberk.core.encoding import Json
from hauberk.core.progress import Progress
from hauberk.flows.partitions import train_election
from hauberk.flows.poison_models import Trainers
from hauberk.flows.project import Project
from hauberk.harden import AttackedPoint, attacked_point, certify_rows, claimed_budgets
from hauberk.models import Matrix, PartitionModel

__all__ = ["ElectionPoint", "attack_election"]

_POINTS = 4
"""Budgets that are attacked; each trains the election again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectionPoint:
    """One budget.

    Attributes:
        rows: Training rows that the attack touched.
        decisions: Right decisions on all test rows as they are.
        refusals: Decisions on the victims, as they are handed in, that are not what the attacker wants.
    """

    rows: int
    decisions: AttackedPoint
    refusals: AttackedPoint

    @property
    def refuted(self) -> int:
        """Decisions that were certified and came out otherwise."""
        return self.decisions.refuted + self.refusals.refuted

    def document(self) -> dict[str, Json]:
        """For the statement."""
        return {
            "rows": self.rows,
            "changes": self.decisions.changes,
            "certified": _number(self.decisions.certified),
            "attacked": _number(self.decisions.attacked),
            "success": _turned(self.refusals.attacked),
            "success_bound": _turned(self.refusals.certified),
            "refuted": self.refuted,
        }


def attack_election(project: Project, trainers: Trainers, aim: Aim, report: Progress) -> tuple[ElectionPoint, ...]:
    """The same attack against the election, with the few rows that a certificate can speak of.

    Budgets that the attack cannot spend are left out.

    Args:
        project: Sizes the election.
        trainers: With the rows.
        aim: The attack.
        report: Told of each training.
    """
    budgets = _budgets(project.configuration.harden.partitions, len(trainers.train.labels))

    def train(turn: int, poison_rows: int) -> PartitionModel:
        def part(done: float, total: float, what: str = "") -> None:
            told = f"the election, {poison_rows} rows poisoned: {what}"
            report(turn + done / max(total, 1), len(budgets) + 1, told)

        dataset = trainers.dataset
        if poison_rows:
            dataset = poison_dataset(dataset, poisons[poison_rows])
        return train_election(project, dataset, part)

    count = len(trainers.train.labels)
    poisons = {rows: aim.poison(rows / count, project.seed) for rows in budgets}
    rows, presented = trainers.test.rows, aim.presented(trainers.test)
    labels = trainers.test.labels
    clean = train(0, 0)
    (whole, _), (handed, _) = certify_rows(clean, rows), certify_rows(clean, presented)
    points = []
    for turn, budget in enumerate(budgets):
        poison, model = poisons[budget], train(turn + 1, budget)
        after, turned = _decided(model, rows), _decided(model, presented)
        points.append(
            ElectionPoint(
                rows=poison.count,
                decisions=attacked_point(
                    whole, whole.predicted == labels, after, after == labels, changes=poison.changes
                ),
                refusals=attacked_point(
                    handed,
                    ~aim.turned(handed.predicted.astype(np.int64), trainers.test),
                    turned,
                    ~aim.turned(turned.astype(np.int64), trainers.test),
                    changes=poison.changes,
                ),
            )
        )
    return tuple(points)


def _budgets(partitions: int, rows: int) -> list[int]:
    """A few numbers of rows, from 1 up to what an election of so many parts could stand."""
    ladder = [budget for budget in claimed_budgets(partitions) if budget < rows]
    if not ladder:
        return []
    places = np.unique(np.linspace(0, len(ladder) - 1, _POINTS).round().astype(np.intp))
    return [ladder[place] for place in places.tolist()]


def _decided(model: PartitionModel, rows: Matrix) -> NDArray[np.intp]:
    return np.asarray(certify_rows(model, rows)[0].predicted)


def _number(estimate: Estimate) -> dict[str, Json]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _turned(held: Estimate) -> dict[str, Json]:
    """What is left of a share that was held."""
    return {"value": 1 - held.value, "low": 1 - held.high, "high": 1 - held.low}
