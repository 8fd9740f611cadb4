"""The certificate of the partitions beside the attack: certified, true and attacked must lie in this order."""

from __future__ import annotations

from collections.abc import Sequence
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
    """The same attack against the election, with the few rows that a certificate can speak of; first without any.

    Args:
        project: Sizes the election.
        trainers: With the rows.
        aim: The attack.
        report: Told of each training.

    Raises:
        BadBudget: The attack cannot spend so few rows.
    """
    test, count = trainers.test, len(trainers.train.labels)
    budgets = [0, *_budgets(project.configuration.harden.partitions, count)]
    clean = train_election(project, trainers.dataset, _turn(report, 0, budgets))
    (whole, _), (handed, _) = certify_rows(clean, test.rows), certify_rows(clean, aim.presented(test))

    def point(model: PartitionModel, rows: int, changes: int) -> ElectionPoint:
        after, turned = _decided(model, test.rows), _decided(model, aim.presented(test))
        good = whole.predicted == test.labels
        refused, refused_after = (~aim.turned(codes.astype(np.int64), test) for codes in (handed.predicted, turned))
        return ElectionPoint(
            rows=rows,
            decisions=attacked_point(whole, good, after, after == test.labels, changes=changes),
            refusals=attacked_point(handed, refused, turned, refused_after, changes=changes),
        )

    points = [point(clean, 0, 0)]
    for turn, budget in enumerate(budgets[1:], 1):
        poison = aim.poison(budget / count, project.seed)
        model = train_election(project, poison_dataset(trainers.dataset, poison), _turn(report, turn, budgets))
        points.append(point(model, poison.count, poison.changes))
    return tuple(points)


def _turn(report: Progress, turn: int, budgets: Sequence[int]) -> Progress:
    def part(done: float, total: float, what: str = "") -> None:
        told = f"the election with {budgets[turn]} rows poisoned: {what}"
        report(turn + done / max(total, 1), len(budgets), told)

    return part


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
