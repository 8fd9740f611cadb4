"""Rows that lie outside of the valid range before anybody attacks them: other units than the threat is stated in.

Source: Carlini et al. 2019, "On evaluating adversarial robustness" (a precise threat model); Foolbox's issue 602
(inputs outside of the bounds).
"""

from __future__ import annotations

import numpy as np

from hauberk.attack.doubts.rival import NAMED
from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_valid_range"]

_ROOM = 1e-6
"""Relative: the range may have been stated in float32."""


def doubt_valid_range(subject: Subject) -> tuple[Finding, ...]:
    """Looks at all rows."""
    rows, ball = subject.rows, subject.ball
    room = _ROOM * np.maximum(np.abs(ball.low), np.abs(ball.high))
    room = np.where(np.isfinite(room), room, 0.0)
    outside = np.flatnonzero(~((rows >= ball.low - room) & (rows <= ball.high + room)).all(axis=1))
    if not len(outside):
        return ()
    return (
        Finding(
            code="attack.doubt.out_of_range",
            severity=Severity.ERROR,
            message=f"Rows should lie within the valid range of the threat; {len(outside)} of {len(rows)} do not.",
            rows=tuple(int(row) for row in outside[:NAMED]),
            count=len(outside),
        ),
    )
