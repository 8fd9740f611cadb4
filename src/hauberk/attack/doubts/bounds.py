"""What the attack reports, seen again in float32: is each row within the ball, and is the model wrong about it.

Source: Carlini et al. 2019, "On evaluating adversarial robustness"; AutoAttack's issue 86 (eps exceeded on normalised
data).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.doubts.moves import rounded
from hauberk.attack.doubts.rival import NAMED
from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_bounds"]


def doubt_bounds(subject: Subject) -> tuple[Finding, ...]:
    """Looks at every row that is said to be beaten, not at a sample."""
    found = subject.found
    at = np.flatnonzero(found.success)
    if not len(at):
        return ()
    rows, changed = subject.rows[at], found.rows[at]
    inside = subject.ball.holds(rows, changed)
    fell = subject.beaten(rounded(subject.ball, rows, changed), subject.labels[at])
    return (
        *_finding(
            at[~inside],
            len(at),
            "attack.doubt.out_of_bounds",
            "Changed rows should lie within the radius and the valid range",
            "do not",
        ),
        *_finding(
            at[inside & ~fell],
            len(at),
            "attack.doubt.not_beaten",
            "The model should be wrong about every row that is reported as beaten",
            "it answers as if nothing had been done",
        ),
    )


def _finding(rows: NDArray[np.intp], tried: int, code: str, expected: str, seen: str) -> tuple[Finding, ...]:
    if not len(rows):
        return ()
    return (
        Finding(
            code=code,
            severity=Severity.ERROR,
            message=f"{expected}; for {len(rows)} of {tried} {seen}.",
            rows=tuple(int(row) for row in rows[:NAMED]),
            count=len(rows),
        ),
    )
