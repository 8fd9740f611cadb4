"""What fools a surrogate of the model, trained on its own answers, beats rows that the attack does not.

Source: Papernot et al. 2017, "Practical black-box attacks"; as a sign of masked gradients: Carlini et al. 2019; Pintor
et al. 2022, "Indicators of attack failure" (transferability).
"""

from __future__ import annotations

import numpy as np

from hauberk.attack.doubts.moves import draw_changed, project, rounded, uphill
from hauberk.attack.doubts.rival import compare_rival
from hauberk.attack.doubts.subject import Subject
from hauberk.attack.doubts.surrogate import fit_surrogate
from hauberk.core.finding import Finding

__all__ = ["doubt_transfer"]

_ROWS = 1000
"""Most rows that the surrogate learns from, each also with noise."""
_STEPS, _ASKED_EVERY = 10, 5


def doubt_transfer(subject: Subject) -> tuple[Finding, ...]:
    """Trains the surrogate, attacks it by its gradients, and asks the model about the outcome."""
    rng, rows, labels = subject.generator(3), subject.rows[subject.standing], subject.labels[subject.standing]
    if not len(rows):
        return ()
    known = subject.rows[rng.permutation(len(subject.rows))[:_ROWS]]
    known = np.concatenate([known, draw_changed(subject.ball, known, rng, edge=True)])
    surrogate = fit_surrogate(known, subject.model.predict(known), rng)
    best, success, changed = rows.copy(), np.zeros(len(rows), dtype=np.bool_), rows.copy()
    for number in range(1, _STEPS + 1):
        slope = surrogate.gradient(changed, labels, subject.goal)
        changed = project(subject.ball, rows, changed + uphill(subject.ball, slope, share=0.25))
        if number % _ASKED_EVERY:
            continue
        tried = rounded(subject.ball, rows, changed)
        fell = ~success & subject.beaten(tried, labels) & subject.ball.holds(rows, tried)
        best[fell], success[fell] = tried[fell], True
    return compare_rival("attack.doubt.transfer", "What fools a surrogate of the model", subject, best, success)
