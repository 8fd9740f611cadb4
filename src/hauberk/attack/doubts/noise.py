"""Plain random noise beats rows that the attack does not.

Source: Carlini et al. 2019, "On evaluating adversarial robustness"; Athalye et al. 2018, "Obfuscated gradients"
(random sampling finds what the attack does not).
"""

from __future__ import annotations

import numpy as np

from hauberk.attack.doubts.moves import draw_changed, rounded
from hauberk.attack.doubts.rival import compare_rival
from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding

__all__ = ["doubt_noise"]

_DRAWS = 40
"""A row; every other one at the edge of the ball."""


def doubt_noise(subject: Subject) -> tuple[Finding, ...]:
    """Draws rows within the ball and asks the model about them."""
    rng, rows, labels = subject.generator(1), subject.rows[subject.standing], subject.labels[subject.standing]
    best, success = rows.copy(), np.zeros(len(rows), dtype=np.bool_)
    for number in range(_DRAWS):
        at = np.flatnonzero(~success)
        if not len(at):
            break
        drawn = draw_changed(subject.ball, rows[at], rng, edge=number % 2 == 0)
        drawn = rounded(subject.ball, rows[at], drawn)
        fell = subject.beaten(drawn, labels[at]) & subject.ball.holds(rows[at], drawn)
        best[at[fell]], success[at[fell]] = drawn[fell], True
    return compare_rival("attack.doubt.noise", "Random noise", subject, best, success)
