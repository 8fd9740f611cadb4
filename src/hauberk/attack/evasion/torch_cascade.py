"""The strongest attack on a network: a cascade in which each member tries what the earlier ones left standing.

Rows that one member beats are spared the others. What counts is the answer of the model itself to exactly the row that
is reported, in float32 and within the ball; a point that the tensors call beaten and the model does not is dropped.

Source: Croce, Hein 2020, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
attacks", section 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from hauberk.attack.errors import BadTarget, NotAttackable, WrongSamples
from hauberk.attack.evasion.ball import Ball, Norm
from hauberk.attack.evasion.effort import STANDARD, Effort
from hauberk.attack.evasion.judge import predicted, wanted
from hauberk.attack.evasion.samples import Adversarial
from hauberk.attack.evasion.torch_apgd import ascend, linear_start, random_start
from hauberk.attack.evasion.torch_arena import Arena, Batch, Loss, frozen, make_batch
from hauberk.attack.evasion.torch_fmn import minimise
from hauberk.attack.evasion.torch_losses import cross_entropy, logits_ratio, margin
from hauberk.core.progress import Progress, silent
from hauberk.models import NetworkModel

__all__ = ["attack_network", "smallest_change_of_network"]

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]

_ROWS = 256
"""Rows of one batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """One run of Auto-PGD: the loss that it raises, and the place among the likeliest other classes that it aims at."""

    name: str
    loss: Loss
    start: str
    rival: int | None = None


def attack_network(
    model: NetworkModel,
    rows: Matrix,
    labels: Labels,
    ball: Ball,
    *,
    goal: int | None = None,
    effort: Effort = STANDARD,
    draws: int = 1,
    seed: int = 0,
    progress: Progress = silent,
) -> Adversarial:
    """What the cascade makes of rows (n, d) with labels (n,) within a ball; `cost` is the distance in its norm.

    Args:
        model: A classifier that shows its logits.
        rows: Within the valid range of the ball.
        labels: Class codes. A row that the model has wrong already is given back as it is, and counts as beaten.
        ball: Norm, radius and valid range.
        goal: Code of the class wanted; None for any wrong one.
        effort: Gradient steps, and how many other classes are aimed at one by one.
        draws: Answers that are averaged where the network answers at random.
        seed: Of all random choices; the global generator is left alone.
        progress: Told how far it is.

    Raises:
        WrongSamples: No rows, shapes that do not fit, or rows outside of the valid range.
        NotAttackable, BadTarget: Fewer than two classes; a goal that is no class.
    """
    _verify(model, rows, labels, ball, goal)
    made, success = rows.copy(), wanted(predicted(model.predict(rows)), labels, goal)
    queries = np.ones(len(rows), dtype=np.intp)
    todo = np.flatnonzero(~success & ((labels != goal) if goal is not None else True))
    generator = torch.Generator().manual_seed(seed)
    arena = Arena(model=model, norm=ball.norm, goal=goal, draws=draws, generator=generator)
    with frozen(model.network):
        for first in range(0, len(todo), _ROWS):
            index = todo[first : first + _ROWS]
            for member, points, tried in _runs(arena, ball, rows, labels, index, goal, effort, success):
                queries[member] += tried // max(len(member), 1)
                _settle(model, ball, rows, labels, goal, member, points, made, success)
            progress(first + len(index), len(todo), "gradients")
    return Adversarial(rows=made, success=success, cost=ball.distance(rows, made), queries=queries)


def smallest_change_of_network(
    model: NetworkModel,
    rows: Matrix,
    labels: Labels,
    ball: Ball,
    *,
    goal: int | None = None,
    effort: Effort = STANDARD,
    seed: int = 0,
    start: Adversarial | None = None,
) -> Adversarial:
    """The nearest beaten points that are found; `cost` is their distance, infinite where there is none.

    Args:
        model: A classifier that shows its logits.
        rows: (n, d) within the valid range.
        labels: (n,) class codes.
        ball: Norm and valid range; the radius is not used.
        goal: Code of the class wanted; None for any wrong one.
        effort: Gradient steps.
        seed: Of all random choices.
        start: What an attack has found already; nothing found is worse.

    Raises:
        WrongSamples, NotAttackable, BadTarget: See `attack_network`.
    """
    _verify(model, rows, labels, ball, goal)
    made, success = rows.copy(), wanted(predicted(model.predict(rows)), labels, goal)
    distance, queries = np.where(success, 0.0, np.inf), np.ones(len(rows), dtype=np.intp)
    if start is not None:
        known = start.success & ~success
        made[known], distance[known] = start.rows[known], ball.distance(rows, start.rows)[known]
    todo = np.flatnonzero(~success & ((labels != goal) if goal is not None else True))
    generator = torch.Generator().manual_seed(seed)
    arena = Arena(model=model, norm=ball.norm, goal=goal, draws=1, generator=generator)
    with frozen(model.network):
        for first in range(0, len(todo), _ROWS):
            index = todo[first : first + _ROWS]
            batch = make_batch(ball, rows[index], labels[index], goal)
            # All of the valid range is open, so the ends are not those of a radius.
            batch = _opened(batch, ball)
            begin = torch.from_numpy(made[index].astype(np.float32))
            points, _, tried = minimise(arena, batch, begin, steps=effort.steps)
            queries[index] += tried // len(index)
            found = _widened(batch, rows[index], points)
            won = wanted(predicted(model.predict(found)), labels[index], goal)
            far = ball.distance(rows[index], found)
            better = won & (far < distance[index])
            made[index[better]], distance[index[better]] = found[better], far[better]
    return Adversarial(rows=made, success=np.isfinite(distance), cost=distance, queries=queries)


def _opened(batch: Batch, ball: Ball) -> Batch:
    if ball.norm is not Norm.LINF:
        return batch
    low = torch.from_numpy(np.broadcast_to(ball.low, tuple(batch.rows.shape)).astype(np.float32))
    high = torch.from_numpy(np.broadcast_to(ball.high, tuple(batch.rows.shape)).astype(np.float32))
    return Batch(
        rows=batch.rows, label=batch.label, rival=batch.rival, eps=batch.eps,
        low=low.minimum(batch.rows), high=high.maximum(batch.rows),
    )  # fmt: skip


def _members(classes: int, goal: int | None, norm: Norm, effort: Effort) -> list[_Member]:
    """In the order of what they beat a second, on honest models."""
    if goal is not None:
        return [
            _Member(name="goal", loss=margin, start="linear"),
            _Member(name="goal-ratio", loss=logits_ratio, start="random"),
        ]
    members = [_Member(name="cross-entropy", loss=cross_entropy, start="linear")]
    if effort.rivals == 0:
        return members
    members += [
        _Member(name=f"rival-{place + 1}", loss=logits_ratio, start="linear" if place == 0 else "rows", rival=place)
        for place in range(min(effort.rivals, classes - 1))
    ]
    if norm is not Norm.L0:
        members.append(_Member(name="cross-entropy-again", loss=cross_entropy, start="random"))
    return members


def _runs(
    arena: Arena,
    ball: Ball,
    rows: Matrix,
    labels: Labels,
    index: NDArray[np.intp],
    goal: int | None,
    effort: Effort,
    success: NDArray[np.bool_],
) -> Iterator[tuple[NDArray[np.intp], Matrix, int]]:
    """Row numbers, points (m, d) and rows tried, member by member, for the rows that still stand then."""
    for member in _members(len(arena.model.classes), goal, ball.norm, effort) if ball.norm is not Norm.L0 else ():
        left = index[~success[index]]
        if not len(left):
            return
        batch = make_batch(ball, rows[left], labels[left], goal)
        if member.rival is not None:
            batch = batch.aimed(_rivals(arena, batch, member.rival))
        start = {"rows": lambda b: b.rows, "random": lambda b: random_start(arena, b)}.get(member.start)
        begin = start(batch) if start else linear_start(arena, batch, member.loss)
        points, _, tried = ascend(arena, batch, begin, loss=member.loss, steps=effort.steps)
        yield left, _widened(batch, rows[left], points), tried
    left = index[~success[index]]
    if not len(left) or (effort.rivals == 0 and ball.norm is not Norm.L0):
        return
    batch = _opened(make_batch(ball, rows[left], labels[left], goal), ball)
    points, _, tried = minimise(arena, batch, batch.rows, steps=effort.steps, enough=ball.eps)
    yield left, _widened(batch, rows[left], points), tried


def _widened(batch: Batch, rows: Matrix, points: torch.Tensor) -> Matrix:
    """Points in float64; a number that did not move is the row's own, which float32 may not hold."""
    return np.where((points == batch.rows).numpy(), rows, points.double().numpy())


def _rivals(arena: Arena, batch: Batch, place: int) -> torch.Tensor:
    """(m,) the class at this place among the likeliest other ones, from 0."""
    with torch.no_grad():
        logits = arena.logits(batch.rows).scatter(1, batch.label[:, None], -torch.inf)
    return logits.argsort(dim=1, descending=True, stable=True)[:, place]


def _settle(
    model: NetworkModel,
    ball: Ball,
    rows: Matrix,
    labels: Labels,
    goal: int | None,
    index: NDArray[np.intp],
    points: Matrix,
    made: Matrix,
    success: NDArray[np.bool_],
) -> None:
    """Write down the points that the model itself gets wrong and that are within the ball."""
    won = wanted(predicted(model.predict(points)), labels[index], goal) & ball.holds(rows[index], points)
    made[index[won]], success[index[won]] = points[won], True


def _verify(model: NetworkModel, rows: Matrix, labels: Labels, ball: Ball, goal: int | None) -> None:
    classes = len(model.classes)
    if classes < 2:
        raise NotAttackable(expected="at least two classes", got=f"{classes}")
    if rows.ndim != 2 or rows.shape[1] != model.width or not len(rows):
        raise WrongSamples(expected=f"at least one row of {model.width} features", got=f"an array of {rows.shape}")
    if labels.shape != (len(rows),) or ((labels < 0) | (labels >= classes)).any():
        raise WrongSamples(expected=f"a label code below {classes} for each row", got=f"labels of {labels.shape}")
    outside = np.flatnonzero(((rows < ball.low) | (rows > ball.high)).any(axis=1))
    if outside.size:
        hint = "give the range that the model was trained on, or scale the rows"
        got = f"{outside.size} rows beyond it, the first {outside[0]}"
        raise WrongSamples(where="rows", expected="rows within the valid range", got=got, hint=hint)
    if goal is not None and not 0 <= goal < classes:
        raise BadTarget(expected=f"a class code below {classes}", got=str(goal))
