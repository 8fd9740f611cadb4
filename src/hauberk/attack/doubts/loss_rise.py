"""The loss does not rise when the attack goes where the gradient points.

Source: Pintor et al. 2022, "Indicators of attack failure" (incomplete optimisation); Carlini et al. 2019.
"""

from __future__ import annotations

import numpy as np

from hauberk.attack.doubts.moves import project, rounded, uphill
from hauberk.attack.doubts.rival import NAMED
from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_loss_rise"]

_STEPS, _SHARE_OF_RADIUS = 8, 0.15
_SHARE = 0.1
"""Of rows that may fail to rise."""


def doubt_loss_rise(subject: Subject) -> tuple[Finding, ...]:
    """Climbs the margin from each row in a few steps, and compares its end with its beginning.

    Rows that the radius cannot move in float32 are left out, and so are those that cannot move for the range.
    """
    at = subject.probe
    if not len(at):
        return ()
    rows, labels = subject.rows[at], subject.labels[at]
    slope = first = subject.slope(rows, labels)
    changed = rows.copy()
    for _ in range(_STEPS):
        step = uphill(subject.ball, slope.margin_gradient, share=_SHARE_OF_RADIUS)
        changed = rounded(subject.ball, rows, project(subject.ball, rows, changed + step))
        slope = subject.slope(changed, labels)
    wished = np.abs(changed - rows) * np.abs(first.margin_gradient)
    room = 1e-5 * (1 + np.abs(first.logits).max(axis=1))
    fair = ~(wished.sum(axis=1) <= room) | ~(np.abs(first.margin_gradient) > 0).any(axis=1)
    flat = at[fair & ~(slope.margin > first.margin)]
    if len(flat) <= _SHARE * max(int(fair.sum()), 1):
        return ()
    return (
        Finding(
            code="attack.doubt.loss_flat",
            severity=Severity.ERROR,
            message="The loss should rise along the gradient, and for "
            f"{len(flat)} of {int(fair.sum())} rows it does not.",
            rows=tuple(int(row) for row in flat[:NAMED]),
            count=len(flat),
        ),
    )
