"""Proof by retraining: without the suspects the trigger must stop working."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hauberk.core.claim import Estimate
from hauberk.stats import estimate_paired_difference, estimate_proportion
from hauberk.verify.backdoors.inputs import FitPredict, Labels, Mask, Matrix, ask, content_order, require_rows
from hauberk.verify.backdoors.trigger import Evidence, stamp
from hauberk.verify.errors import BadDetection

__all__ = ["MATERIAL", "Confirmation", "confirm_backdoor"]

MATERIAL = 0.2
"""Least drop of the trigger's success that is called a backdoor; planted ones dropped by .25 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The trigger before and after.

    Attributes:
        before: Share of the stamped rows that a model trained with the suspects calls the target.
        after: The same without the suspects.
        drop: `before` minus `after`, paired by row.
        confirmed: The interval of the drop excludes zero, and the drop is at least `MATERIAL`.
    """

    before: Estimate
    after: Estimate
    drop: Estimate
    confirmed: bool


def confirm_backdoor(
    rows: Matrix,
    labels: Labels,
    evidence: Evidence,
    fit_predict: FitPredict,
    *,
    seed: int,
    share: float = 0.25,
    level: float = 0.95,
) -> Confirmation | None:
    """Train with and without the suspects, and stamp the recovered trigger on rows that neither model has seen.

    The rows that are stamped bear other labels than the target and are no suspects; they are held out of both
    trainings. A natural value of the target that was mistaken for a trigger keeps its effect without the suspects,
    because other rows teach it as well; so it is not confirmed.

    Args:
        rows: (n, d) float64.
        labels: (n,) int64.
        evidence: Of a battery, for the same rows in the same order.
        fit_predict: Trains the kind of model that is to be protected.
        seed: Of the rows held out, drawn by content.
        share: Of the rows of other labels that is held out, above 0 and below 1.
        level: Of the intervals.

    Returns:
        None where the evidence has no trigger or no suspects: nothing can be stamped, so nothing is confirmed.

    Raises:
        BadDetection: The arrays do not belong together, or no row is left to stamp or to train on.
        BadPredictions: `fit_predict` gave no probabilities.
    """
    require_rows(rows, labels, where="rows", missing=True)
    if evidence.suspects.shape != labels.shape:
        raise BadDetection(where="evidence", expected=f"{len(labels)} rows", got=f"{evidence.suspects.shape}")
    if evidence.trigger is None or not evidence.suspects.any():
        return None
    held = _held_rows(rows, labels, evidence, seed=seed, share=share)
    stamped = stamp(rows[held], evidence.trigger)
    wins = [
        _success(rows[kept], labels[kept], stamped, evidence.target, int(labels.max()) + 1, fit_predict)
        for kept in (~held, ~held & ~evidence.suspects)
    ]
    drop = estimate_paired_difference(wins[0], wins[1], level=level)
    before, after = (estimate_proportion(int(won.sum()), won.size, level=level) for won in wins)
    return Confirmation(before=before, after=after, drop=drop, confirmed=drop.low > 0 and drop.value >= MATERIAL)


def _held_rows(rows: Matrix, labels: Labels, evidence: Evidence, *, seed: int, share: float) -> Mask:
    order = content_order(rows, labels)
    clean = order[((labels != evidence.target) & ~evidence.suspects)[order]]
    count = round(share * clean.size)
    if not 0 < count < clean.size:
        raise BadDetection(where="share", expected="rows to stamp and rows to train on", got=f"{count} of {clean.size}")
    held = np.zeros(len(labels), bool)
    held[np.random.default_rng(seed).choice(clean, count, replace=False)] = True
    return held


def _success(rows: Matrix, labels: Labels, stamped: Matrix, target: int, classes: int, fit_predict: FitPredict) -> Mask:
    order = content_order(rows, labels)
    chances = ask(fit_predict(rows[order], labels[order], stamped), len(stamped), classes)
    return np.asarray(chances.argmax(axis=1) == target)
