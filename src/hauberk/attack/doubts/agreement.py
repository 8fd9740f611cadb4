"""The logits that are attacked and the answers that count name different classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.doubts.moves import draw_changed
from hauberk.attack.doubts.rival import NAMED
from hauberk.attack.doubts.subject import Subject
from hauberk.attack.evasion.judge import predicted
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_agreement"]

_TIE = 1e-3
"""A lead, relative to the largest logit, below which rounding may name either class."""


def doubt_agreement(subject: Subject) -> tuple[Finding, ...]:
    """Compares both on the rows and on noisy copies of them. Probabilities may differ by a temperature; classes not."""
    at = subject.probe
    if not len(at):
        return ()
    rows, labels = subject.rows[at], subject.labels[at]
    noisy = draw_changed(subject.ball, rows, subject.generator(6), edge=True)
    differ = at[_differ(subject, rows, labels) | _differ(subject, noisy, labels)]
    if not len(differ):
        return ()
    return (
        Finding(
            code="attack.doubt.disagreement",
            severity=Severity.ERROR,
            message="The logits that are attacked should name the class that the model answers, and about "
            f"{len(differ)} of {len(at)} rows they do not.",
            rows=tuple(int(row) for row in differ[:NAMED]),
            count=len(differ),
        ),
    )


def _differ(subject: Subject, rows: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    logits = subject.slope(rows, labels).logits
    top = np.sort(logits, axis=1)[:, -2:]
    clear = top[:, 1] - top[:, 0] > _TIE * (1 + np.abs(logits).max(axis=1))
    return np.asarray(clear & (predicted(logits) != predicted(subject.model.predict(rows))))
