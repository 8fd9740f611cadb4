"""The threat of `hauberk.toml` in the terms of the attack room: which attack, for which goal, on which rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.effort import QUICK, STANDARD, Effort
from hauberk.attack.evasion.query_search import search_queries
from hauberk.attack.evasion.samples import Adversarial
from hauberk.attack.evasion.tree_attack import attack_trees
from hauberk.attack.evasion.tree_descent import descend_trees
from hauberk.core.encoding import Json
from hauberk.core.progress import Progress, silent
from hauberk.data import Direction, Feature, Kind, Reach, Schema
from hauberk.flows.errors import BadSetting
from hauberk.harden.recipe import Attack
from hauberk.models import HasTrees, Matrix, Model

__all__ = ["Faced", "describe_adversary", "face_adversary", "goal_code", "quick_attack", "strong_attack"]

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Faced:
    """What became of n rows under the strongest attack that the model allows.

    Attributes:
        correct: (n,) bool, the model is right about the row as it is.
        standing: (n,) bool, it is still right after the attack.
        certified: (n,) bool, it stays right whatever the adversary does; None where the model shows no trees.
        rows: (n, d) float64, what the attack made of the rows.
        queries: Model evaluations a row, on average.
    """

    correct: NDArray[np.bool_]
    standing: NDArray[np.bool_]
    certified: NDArray[np.bool_] | None
    rows: Matrix
    queries: float


def goal_code(schema: Schema, goal: str) -> int | None:
    """The class code of the adversary's goal, None where any wrong answer will do.

    Raises:
        BadSetting: No such class.
    """
    classes = schema.target.categories if schema.target else ()
    if goal and goal not in classes:
        raise BadSetting(where="threats.evasion.goal", expected=f"one of {', '.join(classes)}", got=repr(goal))
    return classes.index(goal) if goal else None


def face_adversary(
    model: Model,
    rows: Matrix,
    labels: Labels,
    reach: Reach,
    *,
    goal: int | None,
    seed: int,
    progress: Progress = silent,
) -> Faced:
    """Attack rows (n, d) with everything at hand: trees are attacked and certified, other models queried."""
    correct = model.predict(rows).argmax(axis=1) == labels
    certified = None
    if isinstance(model, HasTrees):
        verdict = attack_trees(
            model.trees, rows, labels, reach, goal=goal, effort=STANDARD, seed=seed, progress=progress
        )
        found, certified = verdict.adversarial, verdict.certified & correct
    else:
        found = search_queries(model, rows, labels, reach, goal=goal, effort=STANDARD, seed=seed, progress=progress)
    return Faced(
        correct=correct,
        standing=correct & ~found.success,
        certified=certified,
        rows=found.rows,
        queries=float(found.queries.mean()),
    )


def quick_attack(goal: int | None) -> Attack:
    """An attack to train against."""
    return _attack(goal, QUICK)


def strong_attack(goal: int | None) -> Attack:
    """An attack to measure with."""
    return _attack(goal, STANDARD)


def _attack(goal: int | None, effort: Effort) -> Attack:
    def call(model: Model, rows: Matrix, labels: Labels, reach: Reach, seed: int) -> Matrix:
        found: Adversarial
        if not isinstance(model, HasTrees):
            found = search_queries(model, rows, labels, reach, goal=goal, effort=effort, seed=seed)
        elif effort is QUICK:
            found = descend_trees(model.trees, rows, labels, reach, goal=goal, effort=effort, seed=seed)
        else:
            found = attack_trees(model.trees, rows, labels, reach, goal=goal, effort=effort, seed=seed).adversarial
        return found.rows

    return call


def describe_adversary(schema: Schema) -> list[Json]:
    """What the adversary can do to each column, in words, for the report."""
    told: list[Json] = [
        {"feature": feature.name, "can": _can(feature)} for feature in schema.inputs if feature.adversary.mutable
    ]
    if schema.budget is not None:
        told.append({"feature": "all together", "can": f"changed at a total cost of at most {schema.budget:g}"})
    return told


def _can(feature: Feature) -> str:
    adversary = feature.adversary
    if feature.kind is Kind.CATEGORY:
        choices = adversary.choices or feature.categories
        words = f"said to be any of {len(choices)} categories"
    else:
        unit = f" {feature.unit}" if feature.unit else ""
        verb = {Direction.BOTH: "moved", Direction.UP: "raised", Direction.DOWN: "lowered"}[adversary.direction]
        words = verb + (f" by at most {adversary.within:g}{unit}" if adversary.within is not None else "")
        low = feature.low if adversary.low is None else adversary.low
        high = feature.high if adversary.high is None else adversary.high
        words += (
            f", to no less than {low:g}{unit}" if low is not None and adversary.direction is not Direction.UP else ""
        )
        words += (
            f", to no more than {high:g}{unit}"
            if high is not None and adversary.direction is not Direction.DOWN
            else ""
        )
    return words + (f", at a cost of {adversary.cost:g}" if adversary.cost else "")
