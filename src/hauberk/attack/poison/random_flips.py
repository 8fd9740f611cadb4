"""Labels exchanged at random."""

from __future__ import annotations

import numpy as np

from hauberk.attack.poison.budget import budget_rows, draw_rows
from hauberk.attack.poison.labelled import Labelled
from hauberk.attack.poison.poisoned import Poisoned, poisoned

__all__ = ["flip_random"]


def flip_random(train: Labelled, *, share: float, seed: int) -> Poisoned:
    """Rows drawn at random get another label, each other class equally likely: careless work rather than an enemy.

    Args:
        train: (n, d) rows.
        share: Of the rows, above 0 and below 1.
        seed: Of the draw.

    Raises:
        BadBudget: The share comes to no row, or leaves a class without any.
    """
    most = budget_rows(share, len(train.labels))
    chosen = draw_rows(np.ones(len(train.labels), bool), most, seed=seed, purpose=31)
    step = np.random.default_rng([seed, 32]).integers(1, train.classes, len(train.labels))
    return poisoned(train, chosen, labels=(train.labels[chosen] + step[chosen]) % train.classes)
