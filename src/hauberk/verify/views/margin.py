"""From probabilities to the log odds against a label."""

from __future__ import annotations

import numpy as np

from hauberk.verify.views.pool import Labels, Matrix

__all__ = ["label_margin", "likeliest_other"]

_LEAST = 1e-6
"""Probabilities are raised to this before the logarithm: beyond it a model is only sure of itself."""


def label_margin(probabilities: Matrix, labels: Labels) -> Matrix:
    """(n,) log of the ratio of the likeliest other class to the given one; above 0 it would be decided otherwise.

    Args:
        probabilities: (n, k) float64.
        labels: (n,) codes below k.

    Source: Northcutt, Jiang, Chuang 2021, "Confident Learning" (JAIR 70), section 3, normalised margin.
    """
    every = np.arange(len(labels))
    other = probabilities[every, likeliest_other(probabilities, labels)]
    return np.asarray(np.log(np.maximum(other, _LEAST)) - np.log(np.maximum(probabilities[every, labels], _LEAST)))


def likeliest_other(probabilities: Matrix, labels: Labels) -> Labels:
    """(n,) the likeliest class that is not the given one."""
    others = probabilities.copy()
    others[np.arange(len(labels)), labels] = -1.0
    return np.asarray(others.argmax(axis=1), dtype=np.int64)
