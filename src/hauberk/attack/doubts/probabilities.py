"""Probabilities are given for logits: the loss is squashed twice, and its gradients with it.

Source: AutoAttack's flag for softmax outputs (Croce, Hein 2020); Carlini, Wagner 2017.
"""

from __future__ import annotations

import numpy as np

from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_probabilities"]

_SUM = 1e-4


def doubt_probabilities(subject: Subject) -> tuple[Finding, ...]:
    """Looks whether the logits of every row are from 0 and add up to 1."""
    at = subject.probe
    if not len(at):
        return ()
    logits = subject.slope(subject.rows[at], subject.labels[at]).logits
    if (logits < 0).any() or (np.abs(logits.sum(axis=1) - 1) > _SUM).any():
        return ()
    return (
        Finding(
            code="attack.doubt.softmax_output",
            severity=Severity.ERROR,
            message=f"Logits should be of any size; those of all {len(at)} rows are probabilities: "
            "give the network without its softmax.",
            count=len(at),
        ),
    )
