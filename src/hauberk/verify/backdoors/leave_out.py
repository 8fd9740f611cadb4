"""What the rest of a row says about its label: predictions out of fold, with one group of columns left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.verify.backdoors.inputs import FitPredict, Labels, Matrix, ask

__all__ = ["MOST_GROUPS", "predict_without_groups"]

MOST_GROUPS = 16
"""Columns are dealt to at most so many groups: each costs a training a fold."""


def predict_without_groups(
    rows: Matrix, labels: Labels, fit_predict: FitPredict, *, seed: int, folds: int = 3
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The group of each column, and the probabilities of each row without each group.

    Args:
        rows: (n, d) float64 in content order, so that equal data give equal folds.
        labels: (n,) int64 in the same order.
        fit_predict: Trains and predicts.
        seed: Of the folds.
        folds: At least 2.

    Returns:
        (d,) group numbers, and (g, n, k) float64. Of a single column nothing is left, and the shares of the classes
        are given.

    Raises:
        BadPredictions: `fit_predict` gave no probabilities.
    """
    width, classes = rows.shape[1], int(labels.max()) + 1
    groups = np.arange(width) % MOST_GROUPS
    fold = np.empty(len(rows), np.int64)
    fold[np.argsort(labels, kind="stable")] = np.arange(len(rows)) % folds
    random = np.random.default_rng(seed)
    for label in range(classes):
        members = np.flatnonzero(labels == label)
        fold[members] = random.permutation(fold[members])
    chances = np.empty((int(groups.max()) + 1, len(rows), classes))
    for group in range(len(chances)):
        kept = rows[:, groups != group]
        for number in range(folds):
            held = fold == number
            if kept.shape[1]:
                found = fit_predict(kept[~held], labels[~held], kept[held])
                chances[group, held] = ask(found, int(held.sum()), classes)[:, :classes]
            else:
                chances[group, held] = np.bincount(labels[~held], minlength=classes) / (~held).sum()
    return groups, chances
