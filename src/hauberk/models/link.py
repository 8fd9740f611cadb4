"""How margins become scores, in float64."""

from __future__ import annotations

from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from hauberk.models.ensemble import Link

__all__ = ["apply_link"]


def apply_link(link: Link, margins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores of margins.

    Args:
        link: How the model's margins are to be read.
        margins: (n, k) float64; k = 1 for LOGISTIC.

    Returns:
        (n, 2) for LOGISTIC, else (n, k). Probabilities of a row sum to 1 (SIMPLEX: as far as the model's do).
    """
    match link:
        case Link.LOGISTIC:
            return _logistic(margins[:, 0])
        case Link.SOFTMAX:
            shifted = np.exp(margins - margins.max(axis=1, keepdims=True))
            return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
        case Link.IDENTITY | Link.SIMPLEX:
            return margins
        case _:
            assert_never(link)


def _logistic(margin: NDArray[np.float64]) -> NDArray[np.float64]:
    small = np.exp(-np.abs(margin))  # at most 1: no overflow, and both columns keep their relative precision
    likely, unlikely = 1.0 / (1.0 + small), small / (1.0 + small)
    positive = margin >= 0
    return np.column_stack([np.where(positive, unlikely, likely), np.where(positive, likely, unlikely)])
