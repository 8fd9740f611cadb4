"""When a rival that should be weaker beats rows that withstood the attack."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["EQUAL", "NAMED", "compare_rival", "too_many"]

NAMED = 20
"""Most rows that a finding names."""
_WEAKER, EQUAL = 0.04, 0.06
"""Of the rows tried, that a rival may win before the figure is in doubt. Two attacks of equal strength with other
random numbers differ on rows at the very edge of the ball, and so does a weaker one now and then: on 96 rows, honest
networks under PGD with three restarts gave up to 3 to an equal one. Rows that are won are told in any case."""
_FEW = 2
"""Wins that are never held against an attack: of few rows a single one is a large share."""


def compare_rival(
    code: str,
    who: str,
    subject: Subject,
    candidates: NDArray[np.float64],
    success: NDArray[np.bool_],
    *,
    share: float = _WEAKER,
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
        share: Of the rows tried, that it may win before the figure is in doubt.
    """
    valid = subject.ball.holds(subject.rows[subject.standing], candidates)
    won, tried = subject.standing[success & valid], len(subject.standing)
    if not len(won):
        return ()
    many = too_many(len(won), tried, share)
    return (
        Finding(
            code=code,
            severity=Severity.ERROR if many else Severity.INFO,
            message=f"{who} should beat no row that withstood the attack, and beat {len(won)} of {tried}.",
            rows=tuple(int(row) for row in won[:NAMED]),
            count=len(won),
        ),
    )


def too_many(count: int, tried: int, share: float) -> bool:
    """Whether more than `share` of the rows tried, and more than a few, went otherwise than they should."""
    return count > max(_FEW, share * tried)
