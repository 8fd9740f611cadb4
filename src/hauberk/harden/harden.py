"""From training rows and an adversary to the most robust model that the loss of clean accuracy allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hauberk.core.progress import Progress, silent
from hauberk.harden.candidate import Skipped
from hauberk.harden.choose import Rules, choose_candidate
from hauberk.harden.errors import BadHardening, UnstableRecipe
from hauberk.harden.folds import divide_rows
from hauberk.harden.plain import PLAIN
from hauberk.harden.recipe import Attack, Grow, Recipe, Resolve
from hauberk.harden.result import HardenResult, frontier_points
from hauberk.harden.trial import Trial
from hauberk.harden.workbench import Clock, Workbench
from hauberk.models import Fit, LibraryModel, TrainingSet

__all__ = ["harden_model"]

T = TypeVar("T")
R = TypeVar("R")


def harden_model(
    training: TrainingSet,
    *,
    resolve: Resolve,
    fit: Fit,
    recipes: Sequence[Recipe],
    attack: Attack,
    evaluate: Attack,
    clock: Clock,
    grow: Grow | None = None,
    rules: Rules | None = None,
    validation_share: float = 0.2,
    attack_rows: int = 4000,
    workers: int = 1,
    progress: Progress = silent,
) -> HardenResult:
    """Train every recipe's candidates, choose among them on held-out training rows, and train the chosen on all rows.

    Candidates are measured on one fold at rest and under attack; those that come into question are measured at rest
    on all other folds too, by models trained without these rows, before one is believed. No test row is needed.
    The same arguments give the same result (seconds aside) as far as `fit`, `attack` and `evaluate` do.

    Args:
        training: All training rows; its seed decides every random choice.
        resolve: What the adversary can make of rows.
        fit: The user's training function, or the built-in booster.
        recipes: What to try, without the plain model, which is always trained.
        attack: What recipes train against; may be quick.
        evaluate: What candidates are measured with; should be the strongest at hand.
        clock: Seconds since any fixed moment.
        grow: Continues boosted models, None where `fit` makes none.
        rules: The allowed loss and how sure to be of it.
        validation_share: Of the rows in each fold, above 0 and at most a half.
        attack_rows: Most rows that are attacked to measure a candidate, 0 for the whole fold.
        workers: Threads that train at the same time; more than one asks of `fit` that it may be called so, and is
            best with one thread inside `fit`. The result does not depend on it.
        progress: Told of every recipe.

    Raises:
        BadHardening: A setting is out of range, or two recipes share a name.
        TooFewRows: The rows cannot be divided.
        OutOfReach: `evaluate` returned rows that the adversary cannot make.
        UnstableRecipe: The chosen recipe does not make the chosen candidate on all rows.
    """
    rules = rules if rules is not None else Rules()
    by_name = _verify_recipes(recipes)
    if attack_rows < 0 or workers < 1:
        got = f"{attack_rows} rows, {workers} workers"
        raise BadHardening(expected="attack rows from 0 and workers from 1", got=got)
    bench = Workbench(
        training=training,
        fold=divide_rows(training.labels, validation_share, seed=training.seed),
        resolve=resolve,
        fit=fit,
        grow=grow,
        attack=attack,
        evaluate=evaluate,
        attack_rows=attack_rows,
        clock=clock,
    )
    work = len(recipes) + bench.folds + 1.0
    progress(0, work, PLAIN)
    plain = bench.measure_plain()
    trials: list[Trial] = []
    skipped: list[Skipped] = []
    done = 1
    for found in _each(lambda recipe: bench.measure(recipe, plain), recipes, workers):
        progress(done, work, recipes[done - 1].name)
        done += 1
        if isinstance(found, Skipped):
            skipped.append(found)
        else:
            trials += found

    def confirm(name: str) -> Sequence[Trial]:
        """Clean accuracy on the other folds, added to what is known of these candidates."""
        nonlocal done
        found = tuple(trial for trial in trials if trial.recipe == name)
        for more in _each(lambda fold: bench.confirm(by_name[name], found, fold), range(1, bench.folds), workers):
            found = tuple(trial.with_rows(*right) for trial, right in zip(found, more, strict=True))
            progress(min(done, work - 1), work, f"confirming {name}")
            done += 1
        return found

    choice = choose_candidate(trials, rules, confirm)
    progress(work - 1, work, "training on all rows")
    maker = next((trial.recipe for trial in trials if trial.name == choice.chosen), None)
    final, model = _final(bench, by_name[maker] if maker else None, choice.chosen)
    progress(work, work, choice.chosen or PLAIN)
    return HardenResult(
        plain=final,
        model=model,
        chosen=choice.chosen or PLAIN,
        reason=choice.reason,
        frontier=frontier_points(plain, choice),
        skipped=tuple(skipped),
    )


def _verify_recipes(recipes: Sequence[Recipe]) -> dict[str, Recipe]:
    by_name = {recipe.name: recipe for recipe in recipes}
    if len(by_name) != len(recipes) or PLAIN in by_name or not recipes:
        expected = f"recipes of different names other than `{PLAIN}`, at least one"
        raise BadHardening(expected=expected, got=str([recipe.name for recipe in recipes]))
    return by_name


def _each(function: Callable[[T], R], things: Iterable[T], workers: int) -> Iterator[R]:
    """The results in the order of the things, whatever the order in which they are ready."""
    if workers == 1:
        yield from map(function, things)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(function, things)


def _final(bench: Workbench, recipe: Recipe | None, chosen: str | None) -> tuple[LibraryModel, LibraryModel]:
    """The plain model and the chosen one, trained on all rows."""
    task = bench.task(None)
    plain = task.train(task.training)
    if recipe is None:
        return plain, plain
    made = recipe(task)
    for candidate in () if isinstance(made, Skipped) else made:
        if candidate.name == chosen:
            return plain, candidate.model
    raise UnstableRecipe(where=recipe.name, expected=f"the candidate {chosen} on all rows", got="others")
