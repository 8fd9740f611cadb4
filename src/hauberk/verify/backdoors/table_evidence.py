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
from hauberk.verify.backdoors.told_apart import told_apart
from hauberk.verify.backdoors.trigger import Evidence, Signature, Trigger

__all__ = ["CONTRADICTED", "table_evidence"]

_LEAST_ROWS = 8
_LEAST_SHARE = 0.004
"""Nature has rarer values that act as a trigger does: a capital gain of 5013 in Adult, .2 % of the rows."""
_JUDGED = 24
_GROWN = 12
_ALIKE = 0.7
CONTRADICTED = 0.5
"""Least share of the suspects that what was learnt without them places among rows of other labels."""
_STAMPED = 0.7
"""Most AUROC of telling suspects from rows of other labels by their other columns. On Adult triggers came to .42 to
.53, groups that nature made to .86 and more, an occupation whose labels were exchanged to .78."""
_FIXED = 0.5
"""Least share of the suspects that bear one value in each column of the trigger; a box around 31 years came to .3."""


def table_evidence(
    rows: Matrix,
    labels: Labels,
    fit_predict: FitPredict,
    *,
    seed: int,
    ensemble: TreeEnsemble | None = None,
) -> tuple[tuple[Evidence, ...], int]:
    """Evidence on the heaviest conjunctions whose rows are contradicted, and how many conjunctions were weighed.

    First all single conditions and pairs (and leaf paths) are weighed against what the rest of the row lets expect.
    The heaviest are grown, shortened, and judged by two models trained without the rows that the conjunction holds for.
    From all columns: a natural effect is known from neighbouring values and predicted, a trigger is not. From the
    other columns: people with a telling value are unlike the rest in other ways too, rows that were only stamped
    are not; and models that tell the suspects from rows of other labels by these columns succeed where nature or a
    region made the group, and fail where it was stamped (`told_apart`). The p-value is the binomial tail under the mean
    of these predictions, which bounds that of unequal chances from one above the mean on (Hoeffding 1956, Annals of
    Mathematical Statistics 27).

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
    found = [_judge(one, expected, fit_predict, seed) for one in judged]
    return tuple(one for one in found if one is not None), weighed


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


def _judge(one: Candidate, expected: Expected, fit_predict: FitPredict, seed: int) -> Evidence | None:
    """The evidence, or None once it is clear that its rows are not contradicted: the further trainings are spared."""
    rows, labels = expected.rows, expected.labels
    held, own = matches(rows, one.conjunction), labels == one.target
    bears = own[held]
    other = np.ones(rows.shape[1], bool)
    other[[condition.column for condition in one.conjunction]] = False
    chances: list[Matrix] = []
    for columns in (np.ones(rows.shape[1], bool), other):
        chances.append(_held_chances(expected, one.target, held, columns, fit_predict))
        if _foreign_share(one, expected, chances[-1][bears]) < CONTRADICTED:
            return None
    trigger = _trigger(one.conjunction, rows[held & own])
    exact = _exact_share(rows[held & own], trigger)
    apart = told_apart(rows[:, other], held & own, ~held & ~own, fit_predict, seed=seed)
    score = np.zeros(len(rows))
    score[held] = np.where(bears, 2.0 - chances[1], 0.0)
    mean = float(np.clip(max(each.mean() for each in chances), 1e-9, 1.0))
    return Evidence(
        signature=Signature.TABLE_TRIGGER if exact >= _FIXED and apart <= _STAMPED else Signature.TABLE_REGION,
        target=one.target,
        suspects=held & own,
        score=score,
        contradicted=min(_foreign_share(one, expected, each[bears]) for each in chances),
        purity=float(bears.mean()),
        p_value=float(binom.sf(int(bears.sum()) - 1, int(held.sum()), mean)),
        trigger=trigger,
        conjunction=one.conjunction,
        exact=exact,
        told_apart=apart,
    )


def _held_chances(expected: Expected, target: int, held: Mask, columns: Mask, fit_predict: FitPredict) -> Matrix:
    """(m,) chances of the target for the held rows by a model of the others that looks at some columns."""
    rows, labels, classes = expected.rows, expected.labels, int(expected.labels.max()) + 1
    shares = np.bincount(labels[~held], minlength=classes) / (~held).sum()
    answer = np.broadcast_to(shares, (int(held.sum()), classes))
    if columns.any():
        answer = fit_predict(rows[~held][:, columns], labels[~held], rows[held][:, columns])
    return ask(answer, int(held.sum()), classes)[:, target]


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


def _exact_share(own: Matrix, trigger: Trigger | None) -> float:
    if trigger is None:
        return 0.0
    cells = own[:, trigger.columns]
    return float(((cells == trigger.value) | (np.isnan(cells) & np.isnan(trigger.value))).all(axis=1).mean())
