"""Whether a model answers in two ways about the same rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.doubts.subject import Subject

__all__ = ["answers_differ"]

Matrix = NDArray[np.float64]
Answer = Callable[[Matrix], Matrix]

_SCORE, _LOGIT = 1e-4, 1e-3
"""How far answers may be apart, of probabilities and relative to the largest logit: sums of float32 in another order
stray by 1e-6 or so, and a row's share of a batch statistic by more."""


def answers_differ(
    subject: Subject, rows: Matrix, labels: NDArray[np.int64], *, ask: Callable[[Answer, Matrix], Matrix]
) -> NDArray[np.bool_]:
    """(n,) whether the answers to rows (n, d), and those that `ask` gets in its own way, are different.

    Args:
        subject: Whose model is asked.
        rows: (n, d) float64.
        labels: (n,) class codes; they have no influence on the logits.
        ask: Gets answers (n, k) for the rows, by any number of calls of the function that it is given.
    """

    def logits(part: Matrix) -> Matrix:
        return subject.slope(part, np.resize(labels, len(part))).logits

    scores = subject.model.predict
    differ = ~(np.abs(scores(rows) - ask(scores, rows)).max(axis=1, initial=0.0) <= _SCORE)
    if subject.gradients is not None:
        first = logits(rows)
        room = _LOGIT * (1 + np.abs(first).max(axis=1, initial=0.0))
        differ |= ~(np.abs(first - ask(logits, rows)).max(axis=1, initial=0.0) <= room)
    return np.asarray(differ)
