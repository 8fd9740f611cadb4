"""What an attacker's own model says of training rows that it has not learnt from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison.labelled import Labelled
from hauberk.models import Matrix, Scores

__all__ = ["FitScores", "ScoreRows", "surrogate_scores"]

ScoreRows = Callable[[Matrix], Scores]
"""Probabilities (m, k) of rows (m, d)."""
FitScores = Callable[[Labelled, int], ScoreRows]
"""Trains on rows with labels by a seed."""


def surrogate_scores(fit: FitScores, train: Labelled, *, seed: int, folds: int = 3) -> Scores:
    """(n, k) probabilities of each row by a model that was trained on the other folds.

    Args:
        fit: Trains the surrogate.
        train: n rows.
        seed: Of folds and trainings.
        folds: At least 2; each class is spread over all of them.

    Raises:
        BadPoison: A class has fewer rows than folds.
    """
    counts = np.bincount(train.labels, minlength=train.classes)
    if folds < 2 or counts[counts > 0].min() < folds:
        got = f"{counts[counts > 0].min()}"
        raise BadPoison(where="surrogate", expected=f"at least {max(folds, 2)} rows of each class", got=got)
    shuffled = np.random.default_rng([seed, 43]).permutation(len(train.labels))
    order = shuffled[np.argsort(train.labels[shuffled], kind="stable")]
    fold = np.empty(len(train.labels), np.intp)
    fold[order] = np.arange(len(order)) % folds
    scores = np.empty((len(train.labels), train.classes))
    for number in range(folds):
        out = fold == number
        part = Labelled(rows=train.rows[~out], labels=train.labels[~out], classes=train.classes)
        scores[out] = fit(part, seed)(train.rows[out])
    return scores
