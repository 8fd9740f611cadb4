"""Fast minimum-norm attack: each row's radius shrinks while it is beaten and grows while it is not.

Steps are taken in units of the radius, so that no step size has to be chosen. At the end, the point that would be
worst for the gradient at the boundary is looked for at smaller and smaller radii: for a linear model that is the
exact answer in every norm.

Source: Pintor, Roli, Brendel, Biggio 2021, "Fast minimum-norm adversarial attacks through adaptive norm
constraints", algorithm 1; the last part is a projection on the linearised boundary as in Croce, Hein 2020,
"Minimally distorted adversarial examples with a fast adaptive boundary attack", section 2.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from hauberk.attack.evasion.ball import Norm
from hauberk.attack.evasion.torch_arena import Arena, Batch
from hauberk.attack.evasion.torch_losses import margin
from hauberk.attack.evasion.torch_norms import best_move, dual_size, project, size, steepest

__all__ = ["minimise"]

Tensor = Any

_FIRST, _LAST = 1.0, 0.01
"""Step in units of the radius, at the beginning and at the end; in between along half a cosine."""
_RATE = 0.05, 1e-3
"""By which the radius changes, at the beginning and at the end."""
_GROWTH = 1.15
"""L1, L0: of the radius, while nothing is found."""
_POLISH = 12


def minimise(
    arena: Arena, batch: Batch, start: Tensor, *, steps: int, enough: float | None = None
) -> tuple[Tensor, Tensor, int]:
    """Look for the nearest beaten points (m, d) from start points (m, d).

    Args:
        arena: The network and what is wanted.
        batch: The rows; its radii are not used.
        start: Points in the range; one that is beaten is never made worse.
        steps: Gradient steps.
        enough: Distance at which a row leaves; None looks for the smallest.

    Returns:
        Points; (m, 1) their distances, infinite where nothing was found; how many rows were tried on the network.
    """
    norm, low, high = arena.norm, batch.low - batch.rows, batch.high - batch.rows
    step = start - batch.rows
    best, nearest = start.clone(), torch.full_like(batch.eps, torch.inf)
    radius, tried = torch.full_like(batch.eps, torch.inf), 0
    live = torch.arange(len(start))
    for number in range(steps):
        part = batch.take(live)
        here, lows, highs = step[live], low[live], high[live]
        logits, losses, gradient = arena.slope(part.placed(here), part.label, part.rival, margin)
        tried += len(live)
        won = arena.beaten(logits, part.label)[:, None]
        far = size(norm, part.placed(here) - part.rows)
        better = won & (far < nearest[live])
        best[live] = torch.where(better, part.placed(here), best[live])
        nearest[live] = torch.where(better, far, nearest[live])
        done = number / max(steps - 1, 1)
        rate = _annealed(*_RATE, done)
        radius[live] = _resized(norm, radius[live], nearest[live], won, far, losses, gradient, rate)
        move = _annealed(_FIRST, _LAST, done) * radius[live].clamp_max(1e15) * steepest(norm, gradient)
        if norm is Norm.L0:  # a radius in numbers says nothing about how far they move
            move = _annealed(_FIRST, _LAST, done) * steepest(Norm.LINF, gradient) * (highs - lows).clamp_max(1e15)
        ahead = project(norm, here + move, radius[live], lows, highs)
        if norm in (Norm.L1, Norm.L0):  # few numbers move, and a short step along the slope does not say which
            leap = best_move(norm, gradient, radius[live].clamp_max(1e15), lows, highs)
            ahead = torch.where(nearest[live].isinf(), leap, ahead)
        step[live] = ahead
        if enough is not None:
            live = live[nearest[live].squeeze(1) > enough]
            if not len(live):
                return best, nearest, tried
    best, nearest, more = _polish(arena, batch, best, nearest)
    return best, nearest, tried + more


def _annealed(first: float, last: float, done: float) -> float:
    return last + (first - last) * (1 + math.cos(math.pi * done)) / 2


def _resized(
    norm: Norm,
    radius: Tensor,
    nearest: Tensor,
    won: Tensor,
    far: Tensor,
    losses: Tensor,
    gradient: Tensor,
    rate: float,
) -> Tensor:
    """Radii (m, 1) for the next step."""
    missing = (-losses[:, None]).clamp_min(0) / dual_size(norm, gradient).clamp_min(1e-12)
    smaller, larger = torch.minimum(radius, nearest) * (1 - rate), radius * (1 + rate)
    if norm is Norm.L0:
        smaller = torch.minimum(torch.minimum(radius, nearest) - 1, smaller.floor()).clamp_min(1)
        larger, missing = torch.maximum(radius + 1, larger.floor()), missing.ceil().clamp_min(1)
    unseen = nearest.isinf()
    first = far + missing * 1.01
    if norm in (Norm.L1, Norm.L0):
        grown = torch.where(radius.isinf(), torch.zeros_like(radius), radius) * _GROWTH
        first = grown.floor() + 1 if norm is Norm.L0 else torch.maximum(first, grown)
    return torch.where(won, smaller, torch.where(unseen, first, larger)).clamp_max(1e15)


def _polish(arena: Arena, batch: Batch, best: Tensor, nearest: Tensor) -> tuple[Tensor, Tensor, int]:
    """Nearer points on the way back to the row, and where a linear model with the boundary's gradient is beaten."""
    at = nearest.isfinite().squeeze(1).nonzero().squeeze(1)
    if not len(at):
        return best, nearest, 0
    part, tried = batch.take(at), len(at)
    point, distance = best[at], nearest[at]
    _, _, gradient = arena.slope(point, part.label, part.rival, margin)
    low, high = part.low - part.rows, part.high - part.rows
    whole = point - part.rows

    def against_slope(share: Tensor) -> Tensor:
        return best_move(arena.norm, gradient, _rounded(arena.norm, distance * share), low, high)

    def straight_back(share: Tensor) -> Tensor:
        return whole * share

    ways = (against_slope,) if arena.norm is Norm.L0 else (against_slope, straight_back)
    for way in ways:
        bottom, top = torch.zeros_like(distance), torch.ones_like(distance)
        for _ in range(_POLISH):
            middle = (bottom + top) / 2
            tried += len(at)
            there = part.placed(way(middle))
            with torch.no_grad():
                won = arena.beaten(arena.logits(there), part.label)[:, None]
            far = size(arena.norm, there - part.rows)
            better = won & (far < nearest[at])
            best[at] = torch.where(better, there, best[at])
            nearest[at] = torch.where(better, far, nearest[at])
            bottom, top = torch.where(won, bottom, middle), torch.where(won, middle, top)
    return best, nearest, tried


def _rounded(norm: Norm, radius: Tensor) -> Tensor:
    return radius.round().clamp_min(1) if norm is Norm.L0 else radius
