"""Trains candidates on some folds and measures them on another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


_ENOUGH = 400
"""Rows under attack that tell candidates apart; where a fold has fewer, more folds are measured."""


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
        attack_rows: Most rows that are attacked to measure a candidate.
        goal: Code of the class that the adversary wants: only rows of other classes are attacked; None for any.
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
    goal: int | None
    clock: Clock
    known: dict[int, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def folds(self) -> int:
        """How many folds there are."""
        return int(self.fold.max()) + 1

    @property
    def measured(self) -> int:
        """On how many folds, from the first, candidates are measured: more than one where few rows are attacked."""
        wanted = np.bincount(self.fold[self._wanted], minlength=self.folds).cumsum()
        enough = min(_ENOUGH, self.attack_rows or _ENOUGH)
        return min(int(np.searchsorted(wanted, enough)) + 1, self.folds)

    @property
    def _wanted(self) -> NDArray[np.bool_]:
        labels = self.training.labels
        return np.ones(len(labels), np.bool_) if self.goal is None else np.asarray(labels != self.goal)

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
        start, note = self.clock(), ""
        models: list[LibraryModel | None] = []
        for fold in range(self.measured):
            candidate = Plain()(self.task(fold))[0]
            models.append(candidate.model)
            note = candidate.note
            self.known[fold] = self.right(candidate.model, fold)
        clean, attacked = self._answers(models)
        return Trial(
            name=PLAIN,
            note=note,
            recipe=PLAIN,
            clean=clean,
            plain_clean=clean,
            attacked=attacked,
            plain_attacked=attacked,
            seconds=self.clock() - start,
        )

    def measure(self, recipe: Recipe, plain: Trial) -> tuple[Trial, ...] | Skipped:
        """Train the candidates of a recipe without the measured folds, and measure them there, at rest and attacked."""
        start = self.clock()
        first = recipe(self.task(0))
        if isinstance(first, Skipped):
            return first
        others = [recipe(self.task(fold)) for fold in range(1, self.measured)]
        training_seconds = (self.clock() - start) / max(len(first), 1)
        return tuple(
            self._try(candidate, [candidate.model, *(_named(made, candidate.name) for made in others)], recipe, plain,
                      training_seconds)
            for candidate in first
        )  # fmt: skip

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

    def _try(
        self,
        candidate: Candidate,
        models: Sequence[LibraryModel | None],
        recipe: Recipe,
        plain: Trial,
        training_seconds: float,
    ) -> Trial:
        start = self.clock()
        clean, attacked = self._answers(models)
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

    def _answers(self, models: Sequence[LibraryModel | None]) -> Answers:
        """Right answers at rest and under attack, fold by fold; a candidate that a recipe did not make has none."""
        clean, attacked = [], []
        for fold, model in enumerate(models):
            drawn = self._drawn(fold)
            nothing = np.zeros(int((self.fold == fold).sum()), np.bool_), np.zeros(len(drawn), np.bool_)
            clean.append(nothing[0] if model is None else self.right(model, fold))
            attacked.append(nothing[1] if model is None else self._attacked(model, drawn))
        return np.concatenate(clean), np.concatenate(attacked)

    def _drawn(self, fold: int) -> NDArray[np.intp]:
        """The rows of a fold that are attacked."""
        rows = np.flatnonzero((self.fold == fold) & self._wanted)
        random = np.random.default_rng(self.training.seed)
        return np.sort(random.permutation(rows)[: self.attack_rows]) if self.attack_rows else rows

    def _attacked(self, model: LibraryModel, drawn: NDArray[np.intp]) -> NDArray[np.bool_]:
        return withstands(
            model,
            self.training.rows[drawn],
            self.training.labels[drawn],
            resolve=self.resolve,
            attack=self.evaluate,
            seed=self.training.seed,
        )


def _named(made: tuple[Candidate, ...] | Skipped, name: str) -> LibraryModel | None:
    """The model of that name; None where the recipe did not make it this time."""
    return None if isinstance(made, Skipped) else next((one.model for one in made if one.name == name), None)
