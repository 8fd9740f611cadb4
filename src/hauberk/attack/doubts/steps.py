"""Answers that do not move at all within the radius: scores that are rounded, or labels only.

Source: Athalye et al. 2018, "Obfuscated gradients"; Carlini et al. 2019 (query attacks need answers that move).
"""

from __future__ import annotations

import numpy as np

from hauberk.attack.doubts.moves import draw_changed, rounded
from hauberk.attack.doubts.rival import NAMED
from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_steps"]

_DRAWS = 6
_SHARE = 0.5


def doubt_steps(subject: Subject) -> tuple[Finding, ...]:
    """Draws rows at the edge of the ball and counts the rows whose scores stay the same to the last bit.

    A radius that float32 does not resolve moves nothing, whatever the model is, and is left out.
    """
    at, ball, rng = subject.probe, subject.ball, subject.generator(11)
    rows = subject.rows[at]
    if not len(at) or ball.eps <= 1e-5 * np.abs(rows).max(initial=0.0):
        return ()
    scores, still = subject.model.predict(rows), np.ones(len(at), dtype=np.bool_)
    for _ in range(_DRAWS):
        drawn = rounded(ball, rows, draw_changed(ball, rows, rng, edge=True))
        still &= (subject.model.predict(drawn) == scores).all(axis=1)
    if still.sum() <= _SHARE * len(at):
        return ()
    return (
        Finding(
            code="attack.doubt.stepwise",
            severity=Severity.WARNING,
            message="Scores should move when the row moves through its ball, and those of "
            f"{int(still.sum())} of {len(at)} rows do not: a search that only asks has no direction.",
            rows=tuple(int(row) for row in at[still][:NAMED]),
            count=int(still.sum()),
        ),
    )
