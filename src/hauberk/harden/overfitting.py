"""Signs that a training is going wrong, read off the rows that it is watched with."""

from __future__ import annotations

import math

from hauberk.harden.trained_network import Probe, Symptom

__all__ = ["read_symptom"]

_HALF = 0.5
_ERRORS = 2.0


def read_symptom(probe: Probe, best: float, *, finite: bool) -> Symptom | None:
    """What is wrong with a network that is trained against an attack; None where nothing is.

    A network that has overfitted to one step stands against one step and falls to ten (Wong and others 2020): fewer
    than half of the rows that stand against one step stand against ten, or fewer than half of as many as stood before,
    while the rows that stand against one step are as many. Either gap must be more than two standard errors of its
    rows, so that a few rows that fall are no alarm.

    Args:
        probe: Of the network as it is.
        best: Highest `robust` of the earlier probes; 0 for none.
        finite: Whether the losses since the last probe, and the weights, are finite numbers.
    """
    if not finite:
        return Symptom.DIVERGENCE
    hidden = probe.robust < _HALF * probe.single and _apart(probe.single, probe.robust, probe.rows)
    fallen = probe.robust < _HALF * best <= probe.single and _apart(best, probe.robust, probe.rows)
    return Symptom.CATASTROPHIC_OVERFITTING if hidden or fallen else None


def _apart(high: float, low: float, rows: int) -> bool:
    return high - low > _ERRORS * math.sqrt((high * (1 - high) + low * (1 - low)) / rows)
