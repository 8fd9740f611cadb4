"""Auto-PGD: projected gradient ascent with momentum that finds its own step size, row by row, in any norm.

A row leaves as soon as it is beaten. Each row has its own step size and radius, so what happens to one row does not
depend on the others.

Source: Croce, Hein 2020, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
attacks", section 3; for l1, Croce, Hein 2021, "Mind the box", section 4 (sparse steps, share of moved numbers).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import torch

from hauberk.attack.evasion.ball import Norm
from hauberk.attack.evasion.torch_arena import Arena, Batch, Loss
from hauberk.attack.evasion.torch_norms import best_move, steepest

__all__ = ["ascend", "linear_start", "random_start"]

Tensor = Any

_MOMENTUM = 0.75
_RISE = 0.75
"""Share of the steps that must raise the loss, or the step size is halved."""
_SPARSE = 1.5
"""L1: at a checkpoint, steps move the numbers that the best point moved, over this; steps shrink by it too."""


@dataclass(slots=True, kw_only=True, eq=False)
class _State:
    """Where m rows are; one tensor a name, rows along the first axis.

    Attributes:
        index: (m,) which rows of the batch these are.
        point, before: (m, d), now and one step ago.
        gradient: (m, d), at the point.
        best, best_gradient: (m, d), where the loss was largest, and its gradient.
        peak, last: (m,), the largest loss, and the last.
        step: (m, 1), step sizes.
        share: (m, 1), part of the numbers that an L1 step moves.
        rises: (m,), how many steps since the checkpoint raised the loss.
        peak_then: (m,), the largest loss at the last checkpoint.
        halved: (m,), whether the step size was halved there.
    """

    index: Tensor
    point: Tensor
    before: Tensor
    gradient: Tensor
    best: Tensor
    best_gradient: Tensor
    peak: Tensor
    last: Tensor
    step: Tensor
    share: Tensor
    rises: Tensor
    peak_then: Tensor
    halved: Tensor

    def keep(self, index: Tensor) -> None:
        """Only these rows."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name)[index])


def ascend(arena: Arena, batch: Batch, start: Tensor, *, loss: Loss, steps: int) -> tuple[Tensor, Tensor, int]:
    """Attack the rows of a batch from start points (m, d).

    Returns:
        Points (m, d), beaten ones where the attack succeeded and else those of the largest loss; (m,) whether it did;
        how many rows were tried on the network.
    """
    found, won = start.clone(), torch.zeros(len(start), dtype=torch.bool)
    logits, losses, gradient = arena.slope(start, batch.label, batch.rival, loss)
    state, tried = _begin(arena.norm, batch, start, losses, gradient), len(start)
    batch, state = _leave(arena, batch, state, logits, found, won)
    since, gap, at = 0, max(int(0.22 * steps), 1), 0
    for number in range(steps):
        if not len(state.index):
            break
        _move(arena.norm, batch, state, 1.0 if number == 0 else _MOMENTUM)
        logits, losses, gradient = arena.slope(state.point, batch.label, batch.rival, loss)
        tried += len(state.index)
        _note(state, losses, gradient)
        batch, state = _leave(arena, batch, state, logits, found, won)
        since += 1
        if since == gap:
            _check(arena.norm, batch, state, since)
            since, at = 0, at + 1
            gap = max(gap - max(int(0.03 * steps), 1), max(int(0.06 * steps), 1))
    found[state.index] = state.best
    return found, won, tried


def random_start(arena: Arena, batch: Batch) -> Tensor:
    """Points (m, d) at random within the radii and the range."""
    if arena.norm is Norm.LINF:
        noise = arena.noise(batch.rows)
        return batch.within(arena.norm, batch.rows + batch.eps * noise)
    direction = steepest(arena.norm, arena.noise(batch.rows, normal=True))
    return batch.within(arena.norm, batch.rows + batch.eps * direction)


def linear_start(arena: Arena, batch: Batch, loss: Loss) -> Tensor:
    """The points (m, d) that would be worst if the network were linear."""
    _, _, gradient = arena.slope(batch.rows, batch.label, batch.rival, loss)
    move = best_move(arena.norm, gradient, batch.eps, batch.low - batch.rows, batch.high - batch.rows)
    return batch.placed(move)


def _begin(norm: Norm, batch: Batch, start: Tensor, losses: Tensor, gradient: Tensor) -> _State:
    return _State(
        index=torch.arange(len(start)),
        point=start,
        before=start,
        gradient=gradient,
        best=start,
        best_gradient=gradient,
        peak=losses,
        last=losses,
        step=batch.eps * (1.0 if norm is Norm.L1 else 2.0),
        share=torch.full_like(batch.eps, 0.2),
        rises=torch.zeros_like(losses),
        peak_then=losses,
        halved=torch.zeros(len(start), dtype=torch.bool),
    )


def _move(norm: Norm, batch: Batch, state: _State, momentum: float) -> None:
    aim = batch.within(norm, state.point + state.step * steepest(norm, state.gradient, state.share))
    if momentum < 1.0 and norm is not Norm.L1:  # averages of sparse points are not sparse
        aim = state.point + momentum * (aim - state.point) + (1 - momentum) * (state.point - state.before)
        aim = batch.within(norm, aim)
    state.before, state.point = state.point, aim


def _note(state: _State, losses: Tensor, gradient: Tensor) -> None:
    """Keep what is best."""
    state.rises = state.rises + (losses > state.last)
    better = losses > state.peak
    state.best = torch.where(better[:, None], state.point, state.best)
    state.best_gradient = torch.where(better[:, None], gradient, state.best_gradient)
    state.peak = torch.where(better, losses, state.peak)
    state.last, state.gradient = losses, gradient


def _leave(
    arena: Arena, batch: Batch, state: _State, logits: Tensor, found: Tensor, won: Tensor
) -> tuple[Batch, _State]:
    """Take the beaten rows out of the batch and write down how."""
    beaten = arena.beaten(logits, batch.label)
    if beaten.any():
        out, rest = beaten.nonzero().squeeze(1), (~beaten).nonzero().squeeze(1)
        found[state.index[out]], won[state.index[out]] = state.point[out], True
        state.keep(rest)
        batch = batch.take(rest)
    return batch, state


def _check(norm: Norm, batch: Batch, state: _State, steps: int) -> None:
    """At a checkpoint: rows that do not get on go back to their best point with a smaller step."""
    if norm is Norm.L1:
        moved = (state.best != batch.rows).sum(dim=1, keepdim=True).to(state.step.dtype) / batch.rows.shape[1]
        settled = (moved / state.share - 1).abs() < 0.05
        shrunk = (state.step / _SPARSE).maximum(batch.eps / 10)
        state.step = torch.where(settled, shrunk, batch.eps)
        state.share = (moved / _SPARSE).clamp(1 / batch.rows.shape[1], 1.0)
        back = settled.squeeze(1)
    else:
        stalled = ~state.halved & (state.peak_then >= state.peak)
        back = (state.rises < _RISE * steps) | stalled
        state.step = torch.where(back[:, None], state.step / 2, state.step)
    state.point = torch.where(back[:, None], state.best, state.point)
    state.gradient = torch.where(back[:, None], state.best_gradient, state.gradient)
    state.before = torch.where(back[:, None], state.best, state.before)
    state.halved, state.peak_then, state.rises = back, state.peak, torch.zeros_like(state.rises)
