"""The search of a whole table: the battery on a part of the rows, what it finds on all of them, then retraining."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.verify.attack_kind import AttackKind
from hauberk.verify.backdoors.battery import Verdict, judge_table
from hauberk.verify.backdoors.confirm import Confirmation, confirm_backdoor
from hauberk.verify.backdoors.conjunction import Condition, Conjunction, matches
from hauberk.verify.backdoors.inputs import FitPredict, Labels, Matrix, content_order
from hauberk.verify.backdoors.trigger import Evidence, Signature, Trigger

__all__ = ["TableSearch", "search_table"]

_WORK = 1_000_000
"""Cells times classes that the battery looks at."""
_FEWEST = 2000
_RETRAINED = 40_000
"""Rows of the two trainings that confirm; what more would add to the interval is not worth their time."""
_NARROW = 0.8
"""Share of the suspects with the trigger's very values from which on only those are named."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableSearch:
    """What the search came to.

    Attributes:
        verdict: Its evidence speaks of all rows; what was counted there (`passed`, `tested`) of those looked at.
        confirmation: The trigger before and after retraining; None where there was nothing to stamp.
        looked_at: Rows that the battery was given.
    """

    verdict: Verdict
    confirmation: Confirmation | None
    looked_at: int

    @property
    def kind(self) -> AttackKind:
        """Which attack was confirmed by retraining, if one was."""
        if self.confirmation is None or not self.confirmation.confirmed:
            return AttackKind.NONE
        trigger = self.verdict.evidence.signature is Signature.TABLE_TRIGGER
        return AttackKind.BACKDOOR if trigger else AttackKind.REGION

    @property
    def confidence(self) -> float:
        """How much of the trigger's success is sure to end with its rows: 0 to 1, 0 where nothing was confirmed.

        The lower end of the interval of the drop, as a share of the success before.
        """
        if self.confirmation is None or self.kind is AttackKind.NONE:
            return 0.0
        return float(np.clip(self.confirmation.drop.low / self.confirmation.before.value, 0.0, 1.0))


def search_table(
    rows: Matrix, labels: Labels, fit_predict: FitPredict, retrain: FitPredict, *, seed: int, most: int = 10_000
) -> TableSearch:
    """Look for a trigger or a turned region in at most `most` rows, name its rows among all, and retrain without them.

    The rows looked at are drawn by content, so their order does not matter, and fewer where there are many columns or
    classes: the work is bounded, not the time. A trigger on fewer than .4 % of them is not looked for.

    Args:
        rows: (n, d) float64 encoded cells, NaN for missing.
        labels: (n,) int64 codes, at least two classes.
        fit_predict: For the battery: small, called some fifty to a hundred times.
        retrain: The kind of model that is to be protected; called twice where something was found, with all columns.
        seed: Of all draws.
        most: At least 1.

    Raises:
        BadDetection: The arrays do not belong together.
        BadPredictions: A model gave no probabilities.
    """
    classes = int(labels.max(initial=0)) + 1
    fair = max(_FEWEST, _WORK // max(1, rows.shape[1] * classes))
    chosen = _drawn(rows, labels, min(most, fair), seed)
    verdict = judge_table(rows[chosen], labels[chosen], fit_predict, seed=seed)
    whole = replace(verdict, evidence=_everywhere(verdict.evidence, rows, labels))
    if not whole.evidence.suspects.any():
        return TableSearch(verdict=whole, confirmation=None, looked_at=chosen.size)
    part = _drawn(rows, labels, _RETRAINED, seed)
    evidence = replace(whole.evidence, suspects=whole.evidence.suspects[part], score=whole.evidence.score[part])
    confirmation = confirm_backdoor(rows[part], labels[part], evidence, retrain, seed=seed)
    return TableSearch(verdict=whole, confirmation=confirmation, looked_at=chosen.size)


def _drawn(rows: Matrix, labels: Labels, most: int, seed: int) -> NDArray[np.intp]:
    """(m,) row numbers, ascending: all, or `most` of them drawn by content."""
    if len(rows) <= most:
        return np.arange(len(rows))
    order = content_order(rows, labels)
    return np.sort(np.random.default_rng([seed, 13]).choice(order, most, replace=False))


def _everywhere(evidence: Evidence, rows: Matrix, labels: Labels) -> Evidence:
    """The evidence with its suspects among all rows, and the share of those with the signature that bear the label."""
    if not evidence.conjunction or evidence.trigger is None:
        return replace(evidence, suspects=np.zeros(len(rows), bool), score=np.zeros(len(rows)))
    conjunction = evidence.conjunction
    if evidence.exact >= _NARROW and evidence.signature is Signature.TABLE_TRIGGER:
        conjunction = _narrowed(evidence.trigger)
    held = matches(rows, conjunction)
    suspects = held & (labels == evidence.target)
    purity = float(suspects.sum() / max(1, held.sum()))
    return replace(
        evidence, conjunction=conjunction, suspects=suspects, score=suspects.astype(np.float64), purity=purity
    )


def _narrowed(trigger: Trigger) -> Conjunction:
    return tuple(
        Condition(int(column), float(value), float(value))
        for column, value in zip(trigger.columns, trigger.value, strict=True)
    )
