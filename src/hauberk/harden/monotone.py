"""Monotone features: the adversary's best move of a number is known, so training can meet it without a search.

If the score can only rise with a feature, whoever wants it high goes to the upper end of the interval and whoever
wants it low to the lower end, whatever the other features are. Rows at these ends are exact worst cases in the
constrained numbers and cost nothing to make.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from hauberk.data import Reach, check_reach
from hauberk.harden.candidate import Candidate, Skipped
from hauberk.harden.claims import column_ends
from hauberk.harden.mixture import Part, mix
from hauberk.harden.recipe import Task
from hauberk.models import Matrix, TrainingSet

__all__ = ["Monotone", "monotone_signs", "worst_ends"]

_CLEAR = 3.0
"""Standard errors that the association with the label must be away from none before its sign is imposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Monotone:
    """Mutable numbers constrained to the direction that the data show, with worst ends among the rows.

    Attributes:
        share: Weight of the worst ends, above 0 and below 1.
    """

    share: float = 0.25
    name: str = "monotone"

    def __call__(self, task: Task, /) -> tuple[Candidate, ...] | Skipped:
        """One candidate, or none where the target has more than two classes or no number has a clear direction."""
        training = task.training
        if len(training.classes) != 2:
            return Skipped(recipe=self.name, reason="a direction needs a target of two classes")
        signs = monotone_signs(training, task.reach)
        if not (signs[task.reach.mutable] != 0).any():
            return Skipped(recipe=self.name, reason="no mutable number has a clear direction")
        ends = Part(rows=worst_ends(training, task.reach, signs), origin=np.arange(len(training.rows)))
        model = task.train(mix(replace(training, monotone=signs), [ends], self.share))
        note = f"the score keeps its direction in {_spell(training, signs)}"
        return (Candidate(name=self.name, model=model, note=note),)


def monotone_signs(training: TrainingSet, reach: Reach) -> NDArray[np.int8]:
    """(d,) the constraints of the training set, with those of mutable numbers whose direction is clear.

    The direction is the sign of the weighted correlation between the feature's ranks and the label.
    """
    signs = training.monotone.copy()
    grouped = {column for group in reach.one_hot for column in group}
    for column in np.flatnonzero(reach.mutable & ~training.categorical & (signs == 0)):
        values = training.rows[:, column]
        known = ~np.isnan(values)
        if reach.choices[column] is None and column not in grouped and known.any():
            signs[column] = _sign(rankdata(values[known]), training.labels[known], training.weight[known])
    return signs


def worst_ends(training: TrainingSet, reach: Reach, signs: NDArray[np.int8]) -> Matrix:
    """(n, d) the rows with each constrained mutable number at the end that hurts its own label.

    A row whose ends break a relation or the budget stays as it is.
    """
    rows = training.rows.copy()
    for column in np.flatnonzero((signs != 0) & reach.mutable):
        low, high = column_ends(training.rows, reach, int(column))
        wanted_high = (training.labels == 1) == (signs[column] < 0)
        rows[:, column] = np.where(wanted_high, high, low)
    rows[np.isnan(training.rows)] = np.nan
    allowed = check_reach(reach, training.rows, rows)
    return np.where(allowed[:, None], rows, training.rows)


def _sign(ranks: NDArray[np.float64], labels: NDArray[np.int64], weight: NDArray[np.float64]) -> int:
    x = ranks - np.average(ranks, weights=weight)
    y = labels - np.average(labels, weights=weight)
    spread = np.sqrt((weight * x * x).sum() * (weight * y * y).sum())
    if spread == 0:
        return 0
    correlation = float((weight * x * y).sum() / spread)
    effective = float(weight.sum() ** 2 / (weight * weight).sum())  # Kish 1965: sample size under weights
    return int(np.sign(correlation)) if abs(correlation) * np.sqrt(effective) > _CLEAR else 0


def _spell(training: TrainingSet, signs: NDArray[np.int8]) -> str:
    held = [(training.names[column], signs[column]) for column in np.flatnonzero(signs)]
    return ", ".join(f"{name} ({'up' if sign > 0 else 'down'})" for name, sign in held)
