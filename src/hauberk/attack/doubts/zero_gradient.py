"""Gradients that are zero or no numbers: the attack cannot see where to go.

Source: Athalye et al. 2018, "Obfuscated gradients"; AutoAttack's flag for zero gradients; Pintor et al. 2022,
"Indicators of attack failure" (unavailable gradients).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.doubts.moves import draw_changed
from hauberk.attack.doubts.rival import NAMED
from hauberk.attack.doubts.subject import Matrix, Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_zero_gradient"]

_SHARE = 0.05
_SATURATED = 0.1
"""Share of rows whose cross-entropy vanishes in float32, which needs a lead of 103 nats."""


def doubt_zero_gradient(subject: Subject) -> tuple[Finding, ...]:
    """Looks at the gradients of the margin and of the cross-entropy, at each row and at a point in its ball."""
    at = subject.probe
    if not len(at):
        return ()
    rows, labels = subject.rows[at], subject.labels[at]
    moved = draw_changed(subject.ball, rows, subject.generator(7), edge=False)
    here, there = subject.slope(rows, labels), subject.slope(moved, labels)
    blind = _useless(here.margin_gradient) | _useless(there.margin_gradient)
    saturated = (_useless(here.entropy_gradient) | _useless(there.entropy_gradient)) & ~blind
    found = []
    if blind.sum() > _SHARE * len(at):
        what = "Gradients should be numbers other than 0; those of the margin are not for"
        found.append(_finding("attack.doubt.zero_gradient", what, at[blind], len(at)))
    if saturated.sum() > _SATURATED * len(at):
        what = "Outputs should not be saturated; the gradient of the cross-entropy vanishes for"
        found.append(_finding("attack.doubt.saturated", what, at[saturated], len(at)))
    return tuple(found)


def _useless(gradient: Matrix) -> NDArray[np.bool_]:
    return np.asarray(~np.isfinite(gradient).all(axis=1) | ~(np.abs(gradient) > 0).any(axis=1))


def _finding(code: str, what: str, rows: NDArray[np.intp], tried: int) -> Finding:
    return Finding(
        code=code,
        severity=Severity.ERROR,
        message=f"{what} {len(rows)} of {tried} rows.",
        rows=tuple(int(row) for row in rows[:NAMED]),
        count=len(rows),
    )
