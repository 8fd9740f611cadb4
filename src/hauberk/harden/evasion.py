"""The attacks of `hauberk.attack` in the form that recipes and measurements take."""

from __future__ import annotations

import numpy as np

from hauberk.attack import Effort, evade
from hauberk.data import Reach
from hauberk.harden.recipe import Attack, Labels
from hauberk.models import Matrix, Model

__all__ = ["evasion_attack"]


def evasion_attack(effort: Effort, *, goal: str | None = None) -> Attack:
    """The strongest evasion that a model allows, within an effort; a row that it cannot beat comes back as it was.

    Args:
        effort: `QUICK` to train against, `STANDARD` or more to measure with.
        goal: The class that the adversary wants; None or empty: any wrong one.
    """

    def attack(model: Model, rows: Matrix, labels: Labels, reach: Reach, seed: int) -> Matrix:
        found = evade(model, rows, labels, reach, seed=seed, goal=goal, effort=effort)
        return np.where(found.success[:, None], found.rows, rows)

    return attack
