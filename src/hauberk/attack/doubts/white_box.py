"""Plain gradient ascent beats rows that the attack does not.

It climbs the margin of the logits, which does not saturate as the cross-entropy does, from two starts, and asks the
model about every point that it visits.

Source: Carlini, Wagner 2017, "Towards evaluating the robustness of neural networks" (the margin loss); Madry et al.
2018 (PGD); Pintor et al. 2022 (silent success: a point on the way was adversarial, and the attack gave another).
"""

from __future__ import annotations

import numpy as np

from hauberk.attack.doubts.moves import draw_changed, project, rounded, uphill
from hauberk.attack.doubts.rival import EQUAL, compare_rival
from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding

__all__ = ["doubt_white_box"]

_STEPS = 30


def doubt_white_box(subject: Subject) -> tuple[Finding, ...]:
    """PGD on the margin with shrinking steps, from the row and from a random point."""
    rng, rows, labels = subject.generator(4), subject.rows[subject.standing], subject.labels[subject.standing]
    best, success = rows.copy(), np.zeros(len(rows), dtype=np.bool_)
    for start in range(2):
        changed = rows.copy() if start == 0 else draw_changed(subject.ball, rows, rng, edge=False)
        for number in range(_STEPS):
            at = np.flatnonzero(~success)
            if not len(at):
                break
            slope = subject.slope(changed[at], labels[at])
            share = 0.5 * (1 - number / _STEPS) + 0.01
            moved = changed[at] + uphill(subject.ball, slope.margin_gradient, share=share)
            changed[at] = rounded(subject.ball, rows[at], project(subject.ball, rows[at], moved))
            fell = subject.beaten(changed[at], labels[at]) & subject.ball.holds(rows[at], changed[at])
            best[at[fell]], success[at[fell]] = changed[at[fell]], True
    return compare_rival(
        "attack.doubt.white_box", "Plain gradient ascent on the margin", subject, best, success, share=EQUAL
    )
