"""Trains candidates on some folds and measures them on another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.harden.candidate import Candidate, Skipped
from hauberk.harden.plain import PLAIN, Plain
from hauberk.harden.recipe import Attack, Grow, Recipe, Resolve, Task
from hauberk.harden.trial import Trial, is_right, withstands
from hauberk.models import Fit, LibraryModel, TrainingSet

__all__ = ["Answers", "Clock", "Workbench"]

Clock = Callable[[], float]
"""Seconds since any fixed moment."""
Answers = tuple[NDArray[np.bool_], NDArray[np.bool_]]
"""(n,) whether a candidate, and whether the plain model, is right."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Workbench:
    """All rows with their folds, and what recipes and measurements need.

    Attributes:
        training: All rows.
        fold: (n,) fold of each row.
        resolve: What the adversary can make of rows.
        fit, grow: How models are trained.
        attack: What recipes train against.
        evaluate: What candidates are measured with.
        attack_rows: Most rows of fold 0 that are attacked to measure a candidate.
        clock: For the seconds.
        known: Right answers of the plain model on the folds measured so far.
    """

    training: TrainingSet
    fold: NDArray[np.intp]
    resolve: Resolve
    fit: Fit
    grow: Grow | None
    attack: Attack
    evaluate: Attack
    attack_rows: int
    clock: Clock
    known: dict[int, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def folds(self) -> int:
        """How many folds there are."""
        return int(self.fold.max()) + 1

    def task(self, without: int | None) -> Task:
        """All rows, or all but those of one fold, as a recipe gets them."""
        kept = np.flatnonzero(self.fold != without) if without is not None else np.arange(len(self.fold))
        training = replace(
            self.training,
            rows=self.training.rows[kept],
            labels=self.training.labels[kept],
            weight=self.training.weight[kept],
        )
        return Task(
            training=training,
            reach=self.resolve(training.rows),
            resolve=self.resolve,
            fit=self.fit,
            attack=self.attack,
            grow=self.grow,
        )

    def measure_plain(self) -> Trial:
        """The plain model against itself."""
        start = self.clock()
        candidate = Plain()(self.task(0))[0]
        clean, attacked = self.right(candidate.model, 0), self._attacked(candidate.model)
        self.known[0] = clean
        return Trial(
            name=PLAIN,
            note=candidate.note,
            recipe=PLAIN,
            clean=clean,
            plain_clean=clean,
            attacked=attacked,
            plain_attacked=attacked,
            seconds=self.clock() - start,
        )

    def measure(self, recipe: Recipe, plain: Trial) -> tuple[Trial, ...] | Skipped:
        """Train the candidates of a recipe without fold 0, and measure them there, at rest and under attack."""
        start = self.clock()
        made = recipe(self.task(0))
        if isinstance(made, Skipped):
            return made
        training_seconds = (self.clock() - start) / max(len(made), 1)
        return tuple(self._try(candidate, recipe, plain, training_seconds) for candidate in made)

    def confirm(self, recipe: Recipe, trials: tuple[Trial, ...], without: int) -> tuple[Answers, ...]:
        """For each trial the right answers on one further fold, of candidate and plain model trained without it."""
        task = self.task(without)
        if without not in self.known:
            self.known[without] = self.right(task.train(task.training), without)
        made = recipe(task)
        models = {} if isinstance(made, Skipped) else {candidate.name: candidate.model for candidate in made}
        # A candidate that a recipe does not make this time counts as wrong on every row: it cannot be relied on.
        nothing = np.zeros_like(self.known[without])
        right = {name: self.right(model, without) for name, model in models.items()}
        return tuple((right.get(trial.name, nothing), self.known[without]) for trial in trials)

    def right(self, model: LibraryModel, fold: int) -> NDArray[np.bool_]:
        """Right answers on the rows of a fold."""
        rows = np.flatnonzero(self.fold == fold)
        return is_right(model, self.training.rows[rows], self.training.labels[rows])

    def _try(self, candidate: Candidate, recipe: Recipe, plain: Trial, training_seconds: float) -> Trial:
        start = self.clock()
        clean, attacked = self.right(candidate.model, 0), self._attacked(candidate.model)
        return Trial(
            name=candidate.name,
            note=candidate.note,
            recipe=recipe.name,
            clean=clean,
            plain_clean=plain.clean,
            attacked=attacked,
            plain_attacked=plain.attacked,
            seconds=training_seconds + self.clock() - start,
        )

    def _attacked(self, model: LibraryModel) -> NDArray[np.bool_]:
        rows = np.flatnonzero(self.fold == 0)
        random = np.random.default_rng(self.training.seed)
        drawn = np.sort(random.permutation(rows)[: self.attack_rows]) if self.attack_rows else rows
        return withstands(
            model,
            self.training.rows[drawn],
            self.training.labels[drawn],
            resolve=self.resolve,
            attack=self.evaluate,
            seed=self.training.seed,
        )
