"""One hardening under way: which recipe is next, on how many threads, and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hauberk.core.progress import Progress
from hauberk.harden.candidate import Skipped
from hauberk.harden.errors import BadHardening, UnstableRecipe
from hauberk.harden.plain import PLAIN
from hauberk.harden.recipe import Recipe
from hauberk.harden.trial import Trial
from hauberk.harden.workbench import Workbench
from hauberk.models import LibraryModel

__all__ = ["Run"]

T = TypeVar("T")
R = TypeVar("R")


class Run:
    """The work on one bench.

    Args:
        bench: Rows, folds and tools.
        recipes: With different names.
        workers: Threads that train at the same time, at least 1.
        progress: Told after every recipe and fold.
    """

    def __init__(self, bench: Workbench, recipes: Sequence[Recipe], *, workers: int, progress: Progress) -> None:
        self._bench = bench
        self._recipes = {recipe.name: recipe for recipe in recipes}
        self._workers = workers
        self._progress = progress
        self._done = 0.0
        # The plain model, each recipe, each fold to confirm one recipe on, and the training on all rows.
        self._work = len(recipes) + bench.folds + 1.0
        self.trials: list[Trial] = []
        self.skipped: list[Skipped] = []

    def measure(self) -> Trial:
        """Measure the plain model and every recipe on the first folds; gives the plain model's trial.

        Raises:
            BadHardening: Two candidates share a name.
        """
        self._progress(0, self._work, PLAIN)
        plain = self._bench.measure_plain()
        self._advance(PLAIN)
        found = self._each(lambda recipe: self._bench.measure(recipe, plain), self._recipes.values())
        for name, result in zip(self._recipes, found, strict=True):
            if isinstance(result, Skipped):
                self.skipped.append(result)
            else:
                self.trials += result
            self._advance(name)
        names = [PLAIN, *(trial.name for trial in self.trials)]
        if len(set(names)) != len(names):
            raise BadHardening(expected="candidates of different names", got=", ".join(sorted(names)))
        return plain

    def confirm(self, name: str) -> tuple[Trial, ...]:
        """The trials of a recipe with the clean answers on all other folds."""
        first = tuple(trial for trial in self.trials if trial.recipe == name)
        trials, recipe = first, self._recipes[name]
        for answers in self._each(
            lambda fold: self._bench.confirm(recipe, first, fold), range(self._bench.measured, self._bench.folds)
        ):
            trials = tuple(trial.with_rows(*right) for trial, right in zip(trials, answers, strict=True))
            self._advance(f"confirming {name}")
        return trials

    def finish(self, chosen: str | None) -> tuple[LibraryModel, LibraryModel]:
        """The plain model and the chosen one, trained on all rows; the plain one twice where none was chosen.

        Raises:
            UnstableRecipe: The recipe does not make the candidate this time.
        """
        self._progress(self._work - 1, self._work, "training on all rows")
        task = self._bench.task(None)
        plain = task.train(task.training)
        model = plain
        if chosen is not None:
            recipe = self._recipes[next(trial.recipe for trial in self.trials if trial.name == chosen)]
            made = recipe(task)
            models = [] if isinstance(made, Skipped) else [it.model for it in made if it.name == chosen]
            if not models:
                raise UnstableRecipe(where=recipe.name, expected=f"the candidate {chosen} on all rows", got="others")
            model = models[0]
        self._progress(self._work, self._work, chosen or PLAIN)
        return plain, model

    def _advance(self, what: str) -> None:
        # More than one recipe may have to be confirmed; the bar waits for them before the last step.
        self._done = min(self._done + 1, self._work - 1)
        self._progress(self._done, self._work, what)

    def _each(self, function: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
        """The results in the order of the things, whatever the order in which they are ready."""
        if self._workers == 1:
            yield from map(function, things)
            return
        with ThreadPoolExecutor(self._workers) as pool:
            yield from pool.map(function, things)
