"""Attack and certify within a norm and a radius, whatever the model is."""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.bounded import BoundedResult
from hauberk.attack.doubts import examine
from hauberk.attack.errors import BadTarget, NotAttackable, WrongSamples
from hauberk.attack.evasion.ball import Ball, Norm
from hauberk.attack.evasion.effort import STANDARD, THOROUGH, Effort
from hauberk.attack.evasion.judge import predicted, wanted
from hauberk.attack.evasion.minimal import smallest_changes
from hauberk.attack.evasion.samples import Adversarial, cost_of
from hauberk.attack.evasion.tree_attack import attack_trees
from hauberk.attack.evasion.without_trees import attack_without_trees, method_of
from hauberk.attack.outcome import summarise_rows
from hauberk.attack.self_check import check_agreement, check_open_rows, check_outsiders
from hauberk.attack.threat import NORMS, Threat, resolve_threat
from hauberk.core.finding import Finding
from hauberk.core.progress import Progress, silent
from hauberk.data import Reach
from hauberk.models import HasTrees, Model, NetworkModel, TreeEnsemble

__all__ = ["attack_within"]

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]
Mask = NDArray[np.bool_]

_BOXES = ("linf", "l1", "cost")
"""Norms that intervals and a budget say, for attacks that know nothing else."""

_PART = 10
"""Of the regions that a row may take at the radius, a search at one of the other radii gets this part."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    """What an attack is given: only rows that the model gets right and that the attacker wants turned."""

    rows: Matrix
    labels: Labels
    reach: Reach
    scale: Matrix
    threat: Threat
    goal: int | None
    effort: Effort
    seed: int
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    """Of these rows: what was made of them, and the bracket of the smallest change."""

    rows: Matrix
    beaten: Mask
    certified: Mask
    lower: Matrix
    upper: Matrix


def attack_within(
    model: Model,
    rows: Matrix,
    labels: Labels,
    threat: Threat,
    *,
    names: tuple[str, ...] = (),
    categories: tuple[tuple[str, ...], ...] = (),
    numbers: NDArray[np.int64] | None = None,
    effort: Effort = STANDARD,
    seed: int = 0,
    progress: Progress = silent,
    clock: Callable[[], float] = time.perf_counter,
) -> BoundedResult:
    """The strongest attack that the model allows within the threat, certificates where it shows trees, and a verdict.

    Args:
        model: A classifier.
        rows: (n, d) float64, encoded.
        labels: (n,) class codes.
        threat: Resolved for these rows.
        names: (d,) of the features; `x0`, `x1`, … where left out.
        categories: (d,) of each feature by code, empty for numbers; all numbers where left out.
        numbers: (n,) by which the rows are named; their places where left out.
        effort: How hard to try.
        seed: Of every random choice.
        progress: Told how far it is.
        clock: Tells seconds.

    Raises:
        WrongSamples: No rows, shapes that do not fit, an unknown norm, or a radius that is none.
        NotAttackable: Fewer than two classes, or no method for this model and norm.
        BadTarget: The goal is no class.
    """
    start, width = clock(), rows.shape[1] if rows.ndim == 2 else 0
    _verify(model, rows, labels, threat)
    _method(model, threat)
    goal = _code(model, threat.goal)
    correct = predicted(model.predict(rows)) == labels
    index = np.flatnonzero(correct & ((labels != goal) if goal is not None else True))
    scale = np.ones(width) if threat.scale is None else threat.scale
    reach = resolve_threat(threat, rows, scale, trees=_method(model, threat) == "trees")
    made, lower, upper = rows.copy(), np.where(correct, np.inf, 0.0), np.where(correct, np.inf, 0.0)
    beaten, certified = np.zeros((2, len(rows)), dtype=np.bool_)
    certified[np.setdiff1d(np.flatnonzero(correct), index)] = True  # nobody wants them turned
    findings: list[Finding] = []
    named = np.arange(len(rows)) if numbers is None else numbers
    if len(index):
        task = _Task(
            rows=rows[index],
            labels=labels[index],
            reach=reach.rows(index),
            scale=scale,
            threat=threat,
            goal=goal,
            effort=effort,
            seed=seed,
            progress=progress,
        )
        found = _attack(model, task)
        turned = wanted(predicted(model.predict(found.rows)), task.labels, goal)
        findings += check_agreement(found.beaten, found.beaten & turned)
        beaten[index] = found.beaten & turned
        certified[index] = found.certified & ~turned
        made[index[beaten[index]]] = found.rows[beaten[index]]
        lower[index], upper[index] = found.lower, found.upper
        findings += _doubts(model, task, found, beaten[index], certified[index])
        findings = [replace(one, rows=tuple(int(named[index[row]]) for row in one.rows)) for one in findings]
    method = _method(model, threat)
    return BoundedResult(
        names=names or tuple(f"x{column}" for column in range(width)),
        categories=categories or ((),) * width,
        norm=threat.norm,
        eps=threat.eps,
        method=method_of(model) if method == "queries" else method,
        goal=threat.goal,
        robustness=summarise_rows(correct, beaten, certified if method == "trees" else None),
        numbers=named,
        rows=rows,
        adversarial=made,
        correct=correct,
        beaten=beaten,
        certified=certified,
        lower=lower,
        upper=upper,
        findings=tuple(findings),
        seconds=clock() - start,
    )


def _method(model: Model, threat: Threat) -> str:
    """`trees`, `network` or `queries`: the strongest that the model grants under this threat.

    Raises:
        NotAttackable: No method measures changes in this norm.
    """
    if isinstance(model, HasTrees):
        return "trees"
    plain = threat.reach is None and threat.scale is None
    if isinstance(model, NetworkModel) and plain and threat.norm in set(Norm):
        return "network"
    if threat.norm in _BOXES:
        return "queries"
    hint = "trees take every norm; networks l2 and l0 too, with numbers in their own units and no schema"
    raise NotAttackable(where="norm", expected=f"one of {', '.join(_BOXES)} for this model", got=threat.norm, hint=hint)


def _attack(model: Model, task: _Task) -> _Found:
    match _method(model, task.threat):
        case "trees" if isinstance(model, HasTrees):
            return _by_trees(model.trees, task)
        case "network" if isinstance(model, NetworkModel):
            return _by_network(model, task)
        case _:
            return _by_asking(model, task)


def _by_network(model: NetworkModel, task: _Task) -> _Found:
    # Imported here, because PyTorch is loaded only where a model of it is attacked.
    cascade = importlib.import_module("hauberk.attack.evasion.torch_cascade")
    ball, more = _ball(task), {"goal": task.goal, "effort": task.effort, "seed": task.seed}
    found = cascade.attack_network(model, task.rows, task.labels, ball, progress=task.progress, **more)
    nearest = cascade.smallest_change_of_network(model, task.rows, task.labels, ball, start=found, **more)
    none = np.zeros(len(task.rows), dtype=np.bool_)
    beaten = found.success | (nearest.cost <= ball.eps)
    rows = np.where((nearest.cost < found.cost)[:, None] & nearest.success[:, None], nearest.rows, found.rows)
    upper = np.where(beaten, np.minimum(nearest.cost, np.where(found.success, found.cost, np.inf)), nearest.cost)
    return _Found(rows=rows, beaten=beaten, certified=none, lower=np.zeros(len(none)), upper=upper)


def _ball(task: _Task) -> Ball:
    width = task.rows.shape[1]
    low = np.full(width, -np.inf) if task.threat.low is None else np.broadcast_to(task.threat.low, (width,))
    high = np.full(width, np.inf) if task.threat.high is None else np.broadcast_to(task.threat.high, (width,))
    return Ball(norm=Norm(task.threat.norm), eps=task.threat.eps, low=low, high=high)


def _by_trees(ensemble: TreeEnsemble, task: _Task) -> _Found:
    verdict = attack_trees(
        ensemble, task.rows, task.labels, task.reach,
        goal=task.goal, effort=task.effort, seed=task.seed, progress=task.progress,
    )  # fmt: skip
    made, eps = verdict.adversarial, task.threat.eps
    everywhere = resolve_threat(replace(task.threat, eps=math.inf), task.rows, task.scale, trees=True)
    norm, scale = _units(task.threat.norm, everywhere, task.scale)
    nearest = smallest_changes(
        ensemble, task.rows, task.labels, everywhere,
        scale=scale, norm=norm, goal=task.goal, effort=replace(task.effort, regions=task.effort.regions // _PART),
        seed=task.seed,
    )  # fmt: skip
    distance = np.where(made.success, _distance(task, made.rows), np.inf)
    nearer = nearest.distance < distance
    upper = np.where(nearer, nearest.distance, distance)
    beaten = made.success | (nearest.distance <= eps)
    lower = np.maximum(nearest.certified, np.where(verdict.certified, _beyond(norm, eps), 0.0))
    return _Found(
        rows=np.where(beaten[:, None], np.where(nearer[:, None], nearest.rows, made.rows), task.rows),
        beaten=beaten,
        certified=verdict.certified,
        lower=np.minimum(lower, upper),
        upper=upper,
    )


def _beyond(norm: Norm, eps: float) -> float:
    """The least distance of what is not within the radius."""
    return math.floor(eps) + 1.0 if norm is Norm.L0 else eps


def _units(norm: str, reach: Reach, scale: Matrix) -> tuple[Norm, Matrix]:
    """The norm that an ensemble is measured in, and the unit of each feature: cost is L1 in what costs 1."""
    if norm != "cost":
        return Norm(norm), scale
    with np.errstate(divide="ignore"):
        return Norm.L1, np.where(reach.cost > 0, 1 / reach.cost, np.inf)


def _by_asking(model: Model, task: _Task) -> _Found:
    made = attack_without_trees(
        model, task.rows, task.labels, task.reach,
        goal=task.goal, effort=task.effort, seed=task.seed, progress=task.progress,
    ).adversarial  # fmt: skip
    upper = np.where(made.success, _distance(task, made.rows), np.inf)
    none = np.zeros(len(task.rows), dtype=np.bool_)
    return _Found(rows=made.rows, beaten=made.success, certified=none, lower=np.zeros(len(none)), upper=upper)


def _distance(task: _Task, changed: Matrix) -> Matrix:
    """(n,) how far the changed rows are, in the norm of the threat."""
    if task.threat.norm == "cost":
        return cost_of(task.reach, task.rows, changed)
    step = np.abs(np.nan_to_num(changed - task.rows))
    step = np.where(step > 0, step / np.where(task.scale > 0, task.scale, 1.0), 0.0)
    if task.threat.norm == "linf":
        return np.asarray(step.max(axis=1, initial=0.0))
    if task.threat.norm == "l2":
        return np.asarray(np.sqrt((step**2).sum(axis=1)))
    return np.asarray((step > 0).sum(axis=1) if task.threat.norm == "l0" else step.sum(axis=1), dtype=np.float64)


def _doubts(model: Model, task: _Task, found: _Found, beaten: Mask, certified: Mask) -> tuple[Finding, ...]:
    """What speaks against believing that the rows that stand would stand."""
    stands, method = ~beaten, _method(model, task.threat)
    if method == "network" and isinstance(model, NetworkModel):
        return _examined(model, task, found, beaten)
    return (
        *(check_open_rows(stands & ~certified) if method == "trees" else ()),
        *check_outsiders(
            model, task.rows, task.labels, task.reach, stands, certified,
            goal=task.goal, effort=task.effort, seed=task.seed, queried=method == "queries",
        ),
    )  # fmt: skip


def _examined(model: NetworkModel, task: _Task, found: _Found, beaten: Mask) -> tuple[Finding, ...]:
    """All signs, asked of the cascade that was run."""
    cascade = importlib.import_module("hauberk.attack.evasion.torch_cascade")
    attack = partial(cascade.attack_network, model, goal=task.goal, effort=task.effort, seed=task.seed)
    stronger = partial(cascade.attack_network, model, goal=task.goal, effort=THOROUGH, seed=task.seed + 1)
    made = np.where(beaten[:, None], found.rows, task.rows)
    ball, none = _ball(task), np.zeros(len(beaten), dtype=np.intp)
    report = Adversarial(rows=made, success=beaten, cost=ball.distance(task.rows, made), queries=none)
    return examine(
        model, task.rows, task.labels, ball, report,
        attack=attack, stronger=stronger, goal=task.goal, seed=task.seed, progress=task.progress,
    ).findings  # fmt: skip


def _verify(model: Model, rows: Matrix, labels: Labels, threat: Threat) -> None:
    classes = len(model.classes)
    if classes < 2:
        raise NotAttackable(expected="at least two classes", got=f"{classes}")
    if threat.norm not in NORMS:
        raise WrongSamples(where="norm", expected=f"one of {', '.join(NORMS)}", got=repr(threat.norm))
    if not 0 <= threat.eps < np.inf:
        raise WrongSamples(where="eps", expected="a radius from 0, finite", got=str(threat.eps))
    if rows.ndim != 2 or rows.shape[1] != model.width or not len(rows):
        raise WrongSamples(expected=f"at least one row of {model.width} features", got=f"an array of {rows.shape}")
    if labels.shape != (len(rows),) or labels.dtype.kind not in "iu" or ((labels < 0) | (labels >= classes)).any():
        raise WrongSamples(expected=f"(n,) label codes 0 to {classes - 1}", got=f"{labels.dtype} {labels.shape}")
    if threat.reach is not None and threat.reach.low.shape != rows.shape:
        raise WrongSamples(expected="a reach of these rows", got=f"{threat.reach.low.shape}")
    if threat.scale is not None and (threat.scale.shape != rows.shape[1:] or not (threat.scale >= 0).all()):
        raise WrongSamples(
            where="scale", expected=f"(d,) units from 0, d = {rows.shape[1]}", got=f"{threat.scale.shape}"
        )


def _code(model: Model, goal: str) -> int | None:
    if not goal:
        return None
    if goal not in model.classes:
        raise BadTarget(where="goal", expected=f"one of {', '.join(model.classes)}", got=repr(goal))
    return model.classes.index(goal)
