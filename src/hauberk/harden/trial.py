"""How a candidate and the plain model fare on the same validation rows, at rest and under attack."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.core.claim import Estimate
from hauberk.data import check_reach
from hauberk.harden.errors import OutOfReach
from hauberk.harden.recipe import Attack, Labels, Resolve
from hauberk.models import Matrix, Model
from hauberk.stats import estimate_paired_difference, estimate_proportion

__all__ = ["Trial", "is_right", "withstands"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """One candidate against the plain model.

    Attributes:
        name, note: Of the candidate.
        recipe: The recipe that made it.
        clean: (n,) bool, whether it is right on a validation row.
        plain_clean: (n,) bool, the plain model on the same rows.
        attacked: (m,) bool, whether it stays right under attack, on some of the rows.
        plain_attacked: (m,) bool, the plain model on the same rows under an attack of its own.
        seconds: Wall time of training and attacking; candidates of one recipe share the training.
    """

    name: str
    note: str
    recipe: str
    clean: NDArray[np.bool_]
    plain_clean: NDArray[np.bool_]
    attacked: NDArray[np.bool_]
    plain_attacked: NDArray[np.bool_]
    seconds: float

    def loss(self, level: float) -> Estimate:
        """By how much the share of right answers falls against the plain model."""
        return estimate_paired_difference(self.plain_clean, self.clean, level=level)

    def gain(self, level: float) -> Estimate:
        """By how much the share of rows that withstand the attack rises against the plain model."""
        return estimate_paired_difference(self.attacked, self.plain_attacked, level=level)

    def accuracy(self) -> Estimate:
        """Share of right answers."""
        return estimate_proportion(int(self.clean.sum()), len(self.clean))

    def attacked_accuracy(self) -> Estimate:
        """Share of right answers under attack."""
        return estimate_proportion(int(self.attacked.sum()), len(self.attacked))

    def with_rows(self, clean: NDArray[np.bool_], plain_clean: NDArray[np.bool_]) -> Trial:
        """The same trial with further validation rows."""
        both = np.concatenate([self.clean, clean]), np.concatenate([self.plain_clean, plain_clean])
        return replace(self, clean=both[0], plain_clean=both[1])


def is_right(model: Model, rows: Matrix, labels: Labels) -> NDArray[np.bool_]:
    """(n,) whether the most likely class is the label."""
    return np.asarray(model.predict(rows).argmax(axis=1) == labels)


def withstands(
    model: Model, rows: Matrix, labels: Labels, *, resolve: Resolve, attack: Attack, seed: int
) -> NDArray[np.bool_]:
    """(n,) whether the model is right on a row and stays right on what the attack makes of it.

    Raises:
        OutOfReach: The attack returned a row that the adversary cannot make.
    """
    right = is_right(model, rows, labels)
    if not right.any():
        return right
    reach = resolve(rows[right])
    found = attack(model, rows[right], labels[right], reach, seed)
    inside = found.shape == rows[right].shape and check_reach(reach, rows[right], found)
    if not np.all(inside):
        bad = np.flatnonzero(~np.atleast_1d(inside))
        raise OutOfReach(where=f"adversarial row {bad[0]}", expected="a row within reach", got=f"{bad.size} outside")
    right[right] = is_right(model, found, labels[right])
    return right
