"""Whether suspects can be told from rows of other labels by what a trigger would have left alone."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from hauberk.verify.backdoors.inputs import FitPredict, Mask, Matrix, ask

__all__ = ["told_apart"]

_MOST = (400, 1600)
"""Suspects and others that are looked at: the standard error is .03 then, and more cost time."""
_FOLDS = 3


def told_apart(rows: Matrix, suspects: Mask, others: Mask, fit_predict: FitPredict, *, seed: int) -> float:
    """AUROC, out of fold, of models that tell the suspects from the others.

    Rows that were drawn from the others and only stamped are like them in all that was not stamped: 0.5. Rows that
    nature gave a telling value differ in what goes with it: a husband is married and a man. A person whose labels are
    right also looks like the people of that label.

    Args:
        rows: (n, d) float64 in content order, without the columns of the trigger.
        suspects: (n,) bool.
        others: (n,) bool, disjoint from the suspects.
        fit_predict: Trains and predicts.
        seed: Of the choice among the others and of the folds.

    Returns:
        0.5 where there are no columns, or too few rows to tell.

    Raises:
        BadPredictions: `fit_predict` gave no probabilities.

    Source: the classifier two-sample test, Lopez-Paz and Oquab 2017 (ICLR), by ranks in the place of the accuracy.
    """
    random = np.random.default_rng([seed, 11])
    own, foreign = (
        np.sort(random.permutation(np.flatnonzero(mask))[:most])
        for mask, most in zip((suspects, others), _MOST, strict=True)
    )
    if not rows.shape[1] or min(own.size, foreign.size) < _FOLDS:
        return 0.5
    place = np.concatenate([own, foreign])
    member = (np.arange(place.size) < own.size).astype(np.int64)
    fold = np.concatenate([random.permutation(np.arange(part.size) % _FOLDS) for part in (own, foreign)])
    score = np.empty(place.size)
    for number in range(_FOLDS):
        held = fold == number
        found = fit_predict(rows[place[~held]], member[~held], rows[place[held]])
        # Ranks within a fold: models of two folds need not be on one scale.
        score[held] = rankdata(ask(found, int(held.sum()), 2)[:, 1]) / held.sum()
    ranks = rankdata(score)[: own.size].sum()
    return float((ranks - own.size * (own.size + 1) / 2) / (own.size * foreign.size))
