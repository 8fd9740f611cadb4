"""Within the whole valid range the attack must beat every row, because every other class is within reach.

Source: Athalye et al. 2018, "Obfuscated gradients" (unbounded attacks must reach 100 % success); Carlini et al. 2019;
Pintor et al. 2022, "Indicators of attack failure" (unconstrained attack failure).
"""

from __future__ import annotations

import numpy as np

from hauberk.attack.doubts.moves import largest_ball
from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_largest_eps"]

_ROWS = 48
_SHARE = 0.02
"""Of the rows tried, that an attack may leave over by bad luck."""


def doubt_largest_eps(subject: Subject) -> tuple[Finding, ...]:
    """Runs the attack with the radius at its largest."""
    at = subject.generator(5).permutation(subject.probe)[:_ROWS]
    if not len(at):
        return ()
    rows, labels = subject.rows[at], subject.labels[at]
    ball = largest_ball(subject.ball, subject.rows)
    found = subject.attack(rows, labels, ball)
    left = np.sort(at[~(subject.beaten(found.rows, labels) & ball.holds(rows, found.rows))])
    if not len(left):
        return ()
    return (
        Finding(
            code="attack.doubt.largest_eps",
            severity=Severity.ERROR if len(left) > max(1.0, _SHARE * len(at)) else Severity.INFO,
            message="With the whole range allowed no row should withstand the attack, and "
            f"{len(left)} of {len(at)} did.",
            rows=tuple(int(row) for row in left),
            count=len(left),
        ),
    )
