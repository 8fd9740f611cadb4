"""Signature tests for tables: the heaviest conjunctions, judged by a model that has not seen the rows they hold for."""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

from hauberk.models import TreeEnsemble
from hauberk.verify.backdoors.conjunction import Conjunction, conditions_of, matches
from hauberk.verify.backdoors.enrichment import Candidate, Expected, grow, screen_pairs, simplify, weigh
from hauberk.verify.backdoors.inputs import FitPredict, Labels, Mask, Matrix, ask
from hauberk.verify.backdoors.leaf_paths import leaf_conjunctions
from hauberk.verify.backdoors.leave_out import predict_without_groups
from hauberk.verify.backdoors.trigger import Evidence, Signature, Trigger

__all__ = ["table_evidence"]

_LEAST_ROWS = 8
_LEAST_SHARE = 0.004
"""Nature has rarer values that act as a trigger does: a capital gain of 5013 in Adult, .2 % of the rows."""
_JUDGED = 24
_GROWN = 12
_ALIKE = 0.7


def table_evidence(
    rows: Matrix,
    labels: Labels,
    fit_predict: FitPredict,
    *,
    seed: int,
    ensemble: TreeEnsemble | None = None,
) -> tuple[tuple[Evidence, ...], int]:
    """Evidence on the heaviest conjunctions, and how many were weighed.

    First all single conditions and pairs (and leaf paths) are weighed against what the rest of the row lets expect.
    The heaviest are grown, shortened, and judged by two models trained without the rows that the conjunction holds for.
    From all columns: a natural effect is known from neighbouring values and predicted, a trigger is not. From the
    other columns: people with a telling value are unlike the rest in other ways too, rows that were only stamped
    are not. The p-value is the binomial tail under the mean of these predictions, which bounds that of unequal
    chances from one above the mean on (Hoeffding 1956, Annals of Mathematical Statistics 27).

    Args:
        rows: (n, d) float64 in content order.
        labels: (n,) int64.
        fit_predict: Trains and predicts.
        seed: Of the folds.
        ensemble: Trees whose leaf paths are weighed too.

    Raises:
        BadPredictions: `fit_predict` gave no probabilities.
    """
    least = max(_LEAST_ROWS, round(_LEAST_SHARE * len(rows)))
    groups, chances = predict_without_groups(rows, labels, fit_predict, seed=seed)
    expected = Expected(rows=rows, labels=labels, groups=groups, chances=chances, least=least)
    conditions = conditions_of(rows, least=least)
    candidates = [*screen_pairs(conditions, expected), *_of_leaves(ensemble, expected)]
    candidates.sort(key=lambda one: (-one.weight, one.conjunction, one.target))
    if conditions:
        shown = np.stack([matches(rows, (one,)) for one in conditions], axis=1)
        grown = [grow(one, conditions, shown, expected) for one in candidates[:_GROWN]]
        candidates = sorted([*candidates, *grown], key=lambda one: (-one.weight, one.conjunction, one.target))
    judged = _distinct([simplify(one, expected) for one in candidates], rows)
    weighed = (len(conditions) * (len(conditions) + 1) // 2) * chances.shape[2] + len(candidates)
    return tuple(_judge(one, expected, fit_predict) for one in judged), weighed


def _of_leaves(ensemble: TreeEnsemble | None, expected: Expected) -> list[Candidate]:
    found = []
    for path in leaf_conjunctions(ensemble) if ensemble is not None else ():
        for target in range(expected.chances.shape[2]):
            weight = weigh(path, target, expected)
            if weight > 0:
                found.append(Candidate(conjunction=path, target=target, weight=weight))
    return found


def _distinct(candidates: list[Candidate], rows: Matrix) -> list[Candidate]:
    """The first of those that hold for mostly the same rows."""
    kept: list[tuple[Candidate, Mask]] = []
    for one in candidates:
        held = matches(rows, one.conjunction)
        if not any(_alike(held, other) for before, other in kept if before.target == one.target):
            kept.append((one, held))
        if len(kept) == _JUDGED:
            break
    return [one for one, _ in kept]


def _alike(first: Mask, second: Mask) -> bool:
    return bool((first & second).sum() > _ALIKE * (first | second).sum())


def _judge(one: Candidate, expected: Expected, fit_predict: FitPredict) -> Evidence:
    rows, labels = expected.rows, expected.labels
    held = matches(rows, one.conjunction)
    bears = labels[held] == one.target
    whole, rest = _held_chances(one, expected, held, fit_predict)
    score = np.zeros(len(rows))
    score[held] = np.where(bears, 2.0 - rest, 0.0)
    surprised = float((whole[bears] < 0.5).mean()) if bears.any() else 0.0
    mean = float(np.clip(max(whole.mean(), rest.mean()), 1e-9, 1.0))
    return Evidence(
        signature=Signature.TABLE_TRIGGER,
        target=one.target,
        suspects=held & (labels == one.target),
        score=score,
        contradicted=min(surprised, _foreign_share(one, expected, rest[bears])),
        purity=float(bears.mean()),
        p_value=float(binom.sf(int(bears.sum()) - 1, int(held.sum()), mean)),
        trigger=_trigger(one.conjunction, rows[held & (labels == one.target)]),
    )


def _held_chances(one: Candidate, expected: Expected, held: Mask, fit_predict: FitPredict) -> tuple[Matrix, Matrix]:
    """(m,) chances of the target for the rows of the conjunction by models without them: of all, of other columns."""
    rows, labels = expected.rows, expected.labels
    other = np.ones(rows.shape[1], bool)
    other[[condition.column for condition in one.conjunction]] = False
    found = []
    for columns in (np.ones(rows.shape[1], bool), other):
        chances = np.bincount(labels[~held], minlength=int(labels.max()) + 1) / (~held).sum()
        answer = np.broadcast_to(chances, (int(held.sum()), chances.size))
        if columns.any():
            answer = fit_predict(rows[~held][:, columns], labels[~held], rows[held][:, columns])
        found.append(ask(answer, int(held.sum()), int(labels.max()) + 1)[:, one.target])
    return found[0], found[1]


def _foreign_share(one: Candidate, expected: Expected, chances: Matrix) -> float:
    """How much of the suspects their other columns place among rows of other labels: a mixture of two means."""
    usual = expected.chances[expected.groups[one.conjunction[0].column], :, one.target]
    own = expected.labels == one.target
    high, low = float(usual[own].mean()), float(usual[~own].mean())
    if not chances.size or high <= low:
        return 0.0
    return float(np.clip((high - chances.mean()) / (high - low), 0.0, 1.0))


def _trigger(conjunction: Conjunction, own: Matrix) -> Trigger | None:
    """The commonest value of each column among the suspects."""
    if not len(own):
        return None
    columns = [one.column for one in conjunction]
    value = []
    for column in columns:
        values, counts = np.unique(own[:, column], return_counts=True)
        value.append(float(values[counts.argmax()]))
    return Trigger(columns=np.array(columns, np.intp), value=np.array(value), opacity=1.0)
