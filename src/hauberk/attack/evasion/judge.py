"""The last word on an adversarial row: is it within reach, and does the model itself give the wrong answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.field import Field
from hauberk.data import check_reach
from hauberk.models import Link, TreeEnsemble, apply_link, compile_ensemble
from hauberk.models.traverse import Traversal

__all__ = ["Judge", "make_judge", "predicted", "wanted"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judge:
    """Judges rows of one label by the exact trees.

    Attributes:
        traversal: The ensemble, ready to walk.
        goal: The class that the adversary wants, None for any wrong one.
    """

    traversal: Traversal
    goal: int | None

    @property
    def two_classes(self) -> bool:
        """Whether the margin of one contest is all there is to an answer."""
        ensemble = self.traversal.ensemble
        return ensemble.link is Link.LOGISTIC or len(ensemble.base) == 2

    @property
    def one_output(self) -> bool:
        """Whether the answer hangs on one sum: then equal margins are equal answers. Of two, each rounds by itself."""
        return self.traversal.ensemble.link is Link.LOGISTIC

    @property
    def one_rival(self) -> bool:
        """Whether a row beats the model as soon as its label loses a contest."""
        return self.goal is None or self.two_classes

    def classes(self, rows: NDArray[np.float64]) -> NDArray[np.int64]:
        """(n,) the predicted class codes."""
        return predicted(apply_link(self.traversal.ensemble.link, self.traversal.margins(rows)))

    def outcome(self, rows: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(n,) whether the adversary has what they want of rows with these labels."""
        return wanted(self.classes(rows), labels, self.goal)

    def beaten(self, rows: NDArray[np.float64], label: int) -> NDArray[np.bool_]:
        """The same for rows that all have one label."""
        return wanted(self.classes(rows), np.int64(label), self.goal)

    def valid(self, field: Field, index: NDArray[np.intp], rows: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(m,) whether `rows` can be made of the rows of the field that `index` names."""
        exact = self.traversal.ensemble.precision == np.float64
        return check_reach(field.reach.rows(index), field.rows[index], rows, exact=bool(exact))


def make_judge(ensemble: TreeEnsemble, goal: int | None) -> Judge:
    """The judge of an ensemble."""
    return Judge(traversal=compile_ensemble(ensemble), goal=goal)


def predicted(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """(n,) class codes of scores (n, k): the largest, the first of equals."""
    return np.asarray(scores.argmax(axis=1), dtype=np.int64)


def wanted(classes: NDArray[np.int64], labels: NDArray[np.int64] | np.int64, goal: int | None) -> NDArray[np.bool_]:
    """(n,) whether a predicted class is what the adversary wants of a row with this label.

    Without a goal that is any other class; with one it is the goal, of rows that have another label.
    """
    if goal is None:
        return np.asarray(classes != labels)
    return np.asarray((classes == goal) & (labels != goal))
