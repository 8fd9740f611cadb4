"""A row alone and in a batch gets other answers: its neighbours, which an attacker does not choose, decide too.

Batch statistics at inference are the usual cause. Source: Carlini et al. 2019, "On evaluating adversarial robustness"
(attack the model as it is deployed).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.doubts.answers import Answer, answers_differ
from hauberk.attack.doubts.rival import NAMED
from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_alone"]

Matrix = NDArray[np.float64]

_ROWS = 32


def doubt_alone(subject: Subject) -> tuple[Finding, ...]:
    """Asks about rows together, and in twos of a row and itself.

    Twos and not ones, because batch statistics of a single row are refused by most layers, which would hide what is
    looked for behind an error.
    """
    at = subject.probe[:_ROWS]
    if len(at) < 2:
        return ()
    differ = at[answers_differ(subject, subject.rows[at], subject.labels[at], ask=_apart)]
    if not len(differ):
        return ()
    return (
        Finding(
            code="attack.doubt.batch_dependent",
            severity=Severity.ERROR,
            message="A row should get the same answer whatever rows are asked with it, and "
            f"{len(differ)} of {len(at)} do not.",
            rows=tuple(int(row) for row in differ[:NAMED]),
            count=len(differ),
        ),
    )


def _apart(answer: Answer, rows: Matrix) -> Matrix:
    return np.concatenate([answer(np.stack([row, row]))[:1] for row in rows])
