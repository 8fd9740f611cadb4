"""Rows whose given class is improbable and another one as probable as for its own rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.verify.views.pool import Labels, Matrix

__all__ = ["contradicted_rows", "self_confidence"]


def self_confidence(probabilities: Matrix, labels: Labels) -> Matrix:
    """(k,) mean probability of each class over the rows that are given it, 1 for a class without rows.

    Source: Northcutt, Jiang, Chuang 2021, "Confident Learning" (JAIR 70), eq. 2.
    """
    given = probabilities[np.arange(labels.size), labels]
    return np.array(
        [given[labels == label].mean() if (labels == label).any() else 1.0 for label in range(probabilities.shape[1])]
    )


def contradicted_rows(probabilities: Matrix, labels: Labels, confidence: Matrix) -> NDArray[np.bool_]:
    """(n,) another class is as probable as for its own rows, the given one less than its rows leave to all others.

    Args:
        probabilities: (n, k), of models that have not seen the rows.
        labels: (n,) given classes.
        confidence: (k,) of `self_confidence`, over these rows or others like them.

    Source: Northcutt, Jiang, Chuang 2021, "Confident Learning" (JAIR 70), the confident joint, eq. 2.
    """
    every = np.arange(labels.size)
    given = probabilities[every, labels]
    others = probabilities.copy()
    others[every, labels] = -1.0
    return np.asarray((others >= confidence).any(axis=1) & (given < 1 - confidence[labels]))
