"""An attack on training that is ready to be measured: what it does to the rows, and on whom it is to work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hauberk.attack.poison.labelled import Codes, Labelled, Mask
from hauberk.attack.poison.poisoned import Poisoned
from hauberk.models import Matrix

__all__ = ["Aim", "as_they_are"]


def as_they_are(rows: Matrix) -> Matrix:
    """The rows: what an attack without a trigger hands in at prediction."""
    return rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aim:
    """One attack with its data.

    Attributes:
        poison: Gives the poisoned training rows by share and seed.
        victims: (m,) test rows on which it is to work.
        goal: Class that they are to be given; None where any wrong one will do.
        stamp: What is done to the victims at prediction.
        drawn: Whether another seed makes another poison.
        columns: Positions of the columns of a trigger.
        reachable: Whether the schema's adversary can put the trigger on a row at prediction; else it works for rows
            only that truly bear it.
    """

    poison: Callable[[float, int], Poisoned]
    victims: Mask
    goal: int | None = None
    stamp: Callable[[Matrix], Matrix] = as_they_are
    drawn: bool = True
    columns: tuple[int, ...] = ()
    reachable: bool = True

    def presented(self, test: Labelled) -> Matrix:
        """(v, d) the victims as they are handed in."""
        return self.stamp(test.rows[self.victims])

    def turned(self, predicted: Codes, test: Labelled) -> Mask:
        """(v,) which of the victims are decided as the attacker wants, by (v,) predictions."""
        if self.goal is not None:
            return np.asarray(predicted == self.goal)
        return np.asarray(predicted != test.labels[self.victims])
