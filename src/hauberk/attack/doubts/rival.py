"""When a rival that should be weaker beats rows that withstood the attack."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["NAMED", "compare_rival"]

NAMED = 20
"""Most rows that a finding names."""
_SHARE = 0.03
"""Of the rows tried: two attacks of equal strength with other random numbers differ on the rows at the very edge of
the ball. Measured on honest networks: at most 1 of 96."""


def compare_rival(
    code: str, who: str, subject: Subject, candidates: NDArray[np.float64], success: NDArray[np.bool_]
) -> tuple[Finding, ...]:
    """What it says of the attack that a rival beat `success` of the standing rows with `candidates`.

    A candidate counts only if it lies within the ball after rounding to float32; callers have asked the model about
    exactly these rows.

    Args:
        code: Of the finding.
        who: The rival, as the subject of a sentence.
        subject: Its standing rows were tried.
        candidates: (s, d) float64.
        success: (s,) bool.
    """
    valid = subject.ball.holds(subject.rows[subject.standing], candidates)
    won, tried = subject.standing[success & valid], len(subject.standing)
    if not len(won):
        return ()
    many = len(won) > max(1.0, _SHARE * tried)
    return (
        Finding(
            code=code,
            severity=Severity.ERROR if many else Severity.INFO,
            message=f"{who} should beat no row that withstood the attack, and beat {len(won)} of {tried}.",
            rows=tuple(int(row) for row in won[:NAMED]),
            count=len(won),
        ),
    )
