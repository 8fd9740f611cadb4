"""What a recipe is given, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Reach
from hauberk.harden.candidate import Candidate, Skipped
from hauberk.models import Fit, LibraryModel, Matrix, Model, TrainingSet, open_model

__all__ = ["Attack", "Grow", "Labels", "Recipe", "Resolve", "Task"]

Labels = NDArray[np.int64]
Resolve = Callable[[Matrix], Reach]
"""What the adversary can make of any rows (n, d)."""
Attack = Callable[[Model, Matrix, Labels, Reach, int], Matrix]
"""Model, rows (n, d), labels (n,), their reach and a seed to what an adversary makes of each row, within reach."""


class Grow(Protocol):
    """Continues the training of a boosted model."""

    def __call__(
        self, start: object, training: TrainingSet, *, trees: int, depth: int, learning_rate: float, l2: float
    ) -> object:
        """A model with the trees of `start` and `trees` more rounds that correct it; `start` stays as it is.

        Raises:
            UnknownModel: `start` is not of the library that can be continued.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """All that a recipe needs to train.

    Attributes:
        training: The rows to train on, with the seed for every random choice.
        reach: What the adversary can make of these rows.
        resolve: The same for other rows.
        fit: The user's training function, or the built-in booster.
        attack: An attack to train against.
        grow: Continues what `fit` gave, None where that cannot be done.
    """

    training: TrainingSet
    reach: Reach
    resolve: Resolve
    fit: Fit
    attack: Attack
    grow: Grow | None

    def train(self, training: TrainingSet) -> LibraryModel:
        """What `fit` makes of these rows, opened."""
        return open_model(self.fit(training), classes=training.classes)

    def on(self, rows: Matrix) -> TrainingSet:
        """The training set with other rows in the place of its own, one for one."""
        return replace(self.training, rows=rows)


class Recipe(Protocol):
    """One way to train a model that withstands the adversary."""

    @property
    def name(self) -> str:
        """Its name in `[harden] recipes`."""
        ...

    def __call__(self, task: Task, /) -> tuple[Candidate, ...] | Skipped:
        """The same candidates, by name, for any rows of the same data; or why there are none."""
        ...
