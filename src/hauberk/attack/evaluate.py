"""Evasion of one model on given rows: the strongest attack that the model allows, and how far to believe it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import BadTarget
from hauberk.attack.evasion.effort import STANDARD, Effort
from hauberk.attack.evasion.judge import predicted, wanted
from hauberk.attack.evasion.samples import Adversarial, verify_samples
from hauberk.attack.evasion.tree_attack import TreeVerdict, attack_trees
from hauberk.attack.evasion.tree_descent import descend_trees
from hauberk.attack.evasion.without_trees import attack_without_trees, method_of
from hauberk.attack.outcome import Curve, EvasionResult, accuracy_curve, summarise_rows
from hauberk.attack.self_check import (
    check_agreement,
    check_convergence,
    check_open_rows,
    check_outsiders,
    check_reach_size,
    check_within_reach,
)
from hauberk.core.finding import Finding
from hauberk.core.progress import Progress, silent
from hauberk.data import Reach, check_reach
from hauberk.models import HasTrees, Model

__all__ = ["evade", "evaluate_evasion"]

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]

_POINTS = 33
"""Most points of a curve over costs."""


def evade(
    model: Model,
    rows: Matrix,
    labels: Labels,
    reach: Reach,
    *,
    seed: int,
    goal: str | None = None,
    effort: Effort = STANDARD,
    progress: Progress = silent,
) -> Adversarial:
    """What an adversary makes of rows (n, d), by the strongest attack that the model allows; nothing is certified.

    Args:
        model: A classifier.
        rows: Encoded rows.
        labels: (n,) class codes.
        reach: Resolved for these rows.
        seed: Of every random choice.
        goal: The class that the adversary wants for rows of other classes; None or empty: any wrong class.
        effort: `QUICK` to train against, `STANDARD` to measure.
        progress: Told how far it is.

    Raises:
        WrongSamples, NotAttackable, BadTarget: See `verify_samples`.
    """
    target = _code(model, goal)
    verify_samples(rows, labels, reach, width=model.width, classes=len(model.classes), goal=target)
    if not isinstance(model, HasTrees):
        return attack_without_trees(
            model, rows, labels, reach, goal=target, effort=effort, seed=seed, progress=progress
        ).adversarial
    attack = attack_trees if effort.regions else descend_trees
    found = attack(model.trees, rows, labels, reach, goal=target, effort=effort, seed=seed, progress=progress)
    return found.adversarial if isinstance(found, TreeVerdict) else found


def evaluate_evasion(
    model: Model,
    rows: Matrix,
    labels: Labels,
    reach: Reach,
    *,
    seed: int,
    goal: str | None = None,
    effort: Effort = STANDARD,
    progress: Progress = silent,
) -> EvasionResult:
    """How the model fares against an adversary on rows (n, d) with labels (n,).

    A row counts as standing only if the model is right about it and the adversary did not get what they want. With
    trees, a share of rows is certified too, and the truth lies in between. What the model itself answers decides.

    Args:
        model: A classifier.
        rows: Encoded rows, such as the test set.
        labels: (n,) class codes.
        reach: Resolved for these rows.
        seed: Of every random choice; the same seed gives the same result.
        goal: The class that the adversary wants for rows of other classes; None or empty: any wrong class.
        effort: How hard to try.
        progress: Told how far it is.

    Raises:
        WrongSamples, NotAttackable, BadTarget: See `verify_samples`.
    """
    target = _code(model, goal)
    verify_samples(rows, labels, reach, width=model.width, classes=len(model.classes), goal=target)
    correct = predicted(model.predict(rows)) == labels
    index = np.flatnonzero(correct)
    certified, trees = np.zeros(len(rows), dtype=np.bool_), isinstance(model, HasTrees)
    attack, asked = _untouched(rows), np.zeros(len(rows), dtype=np.intp)
    if len(index):
        part = rows[index], labels[index], reach.rows(index)
        if isinstance(model, HasTrees):
            verdict = attack_trees(model.trees, *part, goal=target, effort=effort, seed=seed, progress=progress)
            attack, certified[index] = _spread(rows, index, verdict.adversarial), verdict.certified
        else:
            found = attack_without_trees(model, *part, goal=target, effort=effort, seed=seed, progress=progress)
            attack, asked[index] = _spread(rows, index, found.adversarial), found.asked
    inside = check_reach(reach, rows, attack.rows)
    beaten = correct & inside & wanted(predicted(model.predict(attack.rows)), labels, target)
    findings = [*check_reach_size(reach, rows), *check_within_reach(attack.success, inside)]
    findings += check_agreement(attack.success & inside, beaten) if trees else ()
    certified &= correct & ~beaten
    stands = correct & ~beaten & _wants(labels, target)
    findings += check_open_rows(stands & ~certified) if trees else check_convergence(beaten, asked, effort)
    findings += check_outsiders(
        model, rows, labels, reach, stands, certified, goal=target, effort=effort, seed=seed, queried=not trees
    )
    method = "trees" if trees else method_of(model)
    return _result(correct, beaten, certified, attack, rows, effort, findings, method)


def _code(model: Model, goal: str | None) -> int | None:
    if not goal:
        return None
    if goal not in model.classes:
        raise BadTarget(where="goal", expected=f"one of {', '.join(model.classes)}", got=repr(goal))
    return model.classes.index(goal)


def _wants(labels: Labels, goal: int | None) -> NDArray[np.bool_]:
    """(n,) which rows the adversary wants another answer for."""
    return np.ones(len(labels), dtype=np.bool_) if goal is None else np.asarray(labels != goal)


def _untouched(rows: Matrix) -> Adversarial:
    count = len(rows)
    return Adversarial(
        rows=rows.copy(),
        success=np.zeros(count, dtype=np.bool_),
        cost=np.zeros(count),
        queries=np.zeros(count, dtype=np.intp),
    )


def _spread(rows: Matrix, index: NDArray[np.intp], found: Adversarial) -> Adversarial:
    """What was found of some rows, as of all."""
    whole = _untouched(rows)
    whole.rows[index], whole.success[index] = found.rows, found.success
    whole.cost[index], whole.queries[index] = found.cost, found.queries
    return whole


def _result(
    correct: NDArray[np.bool_],
    beaten: NDArray[np.bool_],
    certified: NDArray[np.bool_],
    attack: Adversarial,
    rows: Matrix,
    effort: Effort,
    findings: list[Finding],
    method: str,
) -> EvasionResult:
    changed = (attack.rows != rows) & ~(np.isnan(attack.rows) & np.isnan(rows)) & beaten[:, None]
    return EvasionResult(
        robustness=summarise_rows(correct, beaten, certified if method == "trees" else None),
        method=method,
        effort=effort.name,
        correct=correct,
        beaten=beaten,
        certified=certified,
        rows=np.where(beaten[:, None], attack.rows, rows),
        cost=np.where(beaten, attack.cost, 0.0),
        queries=int(attack.queries.sum()),
        used=changed.sum(axis=0),
        curves=_curves(correct, beaten, changed, attack.cost),
        findings=tuple(findings),
    )


def _curves(
    correct: NDArray[np.bool_], beaten: NDArray[np.bool_], changed: NDArray[np.bool_], cost: Matrix
) -> tuple[Curve, ...]:
    features = changed.sum(axis=1).astype(np.float64)
    steps = np.arange(features.max(initial=0.0) + 1)
    curves = [accuracy_curve("features changed", correct, beaten, features, steps.tolist())]
    if (cost[beaten] > 0).any():
        costs = np.unique(np.quantile(cost[beaten], np.linspace(0, 1, _POINTS - 1)))
        amounts = [0.0, *(amount for amount in costs.tolist() if amount > 0)]
        curves.append(accuracy_curve("cost", correct, beaten, cost, amounts))
    return tuple(curves)
