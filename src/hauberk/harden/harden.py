"""From training rows and an adversary to the most robust model that the loss of clean accuracy allows."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.core.progress import Progress, silent
from hauberk.harden.choose import Rules, choose_candidate
from hauberk.harden.errors import BadHardening
from hauberk.harden.folds import divide_rows
from hauberk.harden.plain import PLAIN
from hauberk.harden.recipe import Attack, Grow, Recipe, Resolve
from hauberk.harden.result import HardenResult, frontier_points
from hauberk.harden.run import Run
from hauberk.harden.workbench import Clock, Workbench
from hauberk.models import Fit, TrainingSet

__all__ = ["harden_model"]


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
    goal: int | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> HardenResult:
    """Train every recipe's candidates, choose among them on held-out training rows, and train the chosen on all rows.

    Candidates are measured on one fold at rest and under attack, on several where few rows are attacked; those that
    come into question are measured at rest on all other folds too, by models trained without these rows, before one is
    believed. No test row is needed.
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
        goal: Code of the class that the adversary wants. Then robustness is measured on rows of other classes alone.
        workers: Threads that train at the same time; more than one asks of `fit` that it may be called so, and is
            best with one thread inside `fit`. The result does not depend on it.
        progress: Told of every recipe.

    Raises:
        BadHardening: A setting is out of range, or two recipes or candidates share a name.
        TooFewRows: The rows cannot be divided.
        OutOfReach: `evaluate` returned rows that the adversary cannot make.
        UnstableRecipe: The chosen recipe does not make the chosen candidate on all rows.
    """
    _refuse_settings(recipes, attack_rows, workers)
    rules = rules if rules is not None else Rules()
    bench = Workbench(
        training=training,
        fold=divide_rows(training.labels, validation_share, seed=training.seed),
        resolve=resolve,
        fit=fit,
        grow=grow,
        attack=attack,
        evaluate=evaluate,
        attack_rows=attack_rows,
        goal=goal,
        clock=clock,
    )
    run = Run(bench, recipes, workers=workers, progress=progress)
    plain = run.measure()
    choice = choose_candidate(run.trials, rules, run.confirm)
    unhardened, model = run.finish(choice.chosen)
    return HardenResult(
        plain=unhardened,
        model=model,
        chosen=choice.chosen or PLAIN,
        reason=choice.reason,
        frontier=frontier_points(plain, choice),
        skipped=tuple(run.skipped),
    )


def _refuse_settings(recipes: Sequence[Recipe], attack_rows: int, workers: int) -> None:
    names = [recipe.name for recipe in recipes]
    if len(set(names)) != len(names) or PLAIN in names or not names:
        raise BadHardening(expected=f"at least one recipe, with different names other than `{PLAIN}`", got=str(names))
    if attack_rows < 0 or workers < 1:
        got = f"{attack_rows} rows, {workers} workers"
        raise BadHardening(expected="attack rows from 0 and workers from 1", got=got)
