"""The attack with more steps and restarts finds much more, or loses what it had.

Source: Carlini et al. 2019, "On evaluating adversarial robustness" (the attack has converged: more iterations do not
help); Pintor et al. 2022, "Indicators of attack failure" (incomplete optimisation).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.doubts.rival import EQUAL, NAMED, too_many
from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_more_effort"]


def doubt_more_effort(subject: Subject) -> tuple[Finding, ...]:
    """Runs the stronger attack on the probed rows."""
    at = subject.probe
    if not len(at):
        return ()
    rows, labels = subject.rows[at], subject.labels[at]
    again = subject.stronger(rows, labels, subject.ball)
    now = subject.beaten(again.rows, labels) & subject.ball.holds(rows, again.rows)
    before = subject.found.success[at]
    won, lost = at[now & ~before], at[before & ~now]
    what = "The attack with more steps and restarts should find"
    return (
        *_finding(won, len(at), "attack.doubt.more_effort", f"{what} hardly more", "more beaten"),
        *_finding(lost, len(at), "attack.doubt.lost_rows", f"{what} no less", "lost again"),
    )


def _finding(rows: NDArray[np.intp], tried: int, code: str, expected: str, seen: str) -> tuple[Finding, ...]:
    if not len(rows):
        return ()
    many = too_many(len(rows), tried, EQUAL)
    return (
        Finding(
            code=code,
            severity=Severity.ERROR if many else Severity.INFO,
            message=f"{expected}; of {tried} rows {len(rows)} were {seen}.",
            rows=tuple(int(row) for row in rows[:NAMED]),
            count=len(rows),
        ),
    )
