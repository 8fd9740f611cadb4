"""Norm balls on tensors: size, projection, steepest direction and best linear move, inside of the valid range.

A step is a tensor (m, d), what is added to m rows. The room that the valid range leaves is given as the least and the
largest step, (m, d), with 0 between them; radii are (m, 1). Projections on the ball and the room together are exact,
because clipping after scaling leaves the ball's best points unused.

Source: Croce, Hein 2021, "Mind the box: l1-APGD for sparse adversarial attacks", section 3 (the l1 ball and the box);
Croce, Hein 2019, "Sparse and imperceivable adversarial attacks", section 3.1 (l0).
"""

from __future__ import annotations

from typing import Any, assert_never

import torch

from hauberk.attack.evasion.ball import Norm

__all__ = ["best_move", "dual_size", "project", "size", "steepest"]

Tensor = Any

_HALVINGS = 26
_TINY = 1e-30


def size(norm: Norm, step: Tensor) -> Tensor:
    """(m, 1) the norm of each step."""
    match norm:
        case Norm.LINF:
            return step.abs().amax(dim=1, keepdim=True)
        case Norm.L2:
            return step.norm(dim=1, keepdim=True)
        case Norm.L1:
            return step.abs().sum(dim=1, keepdim=True)
        case Norm.L0:
            return (step != 0).sum(dim=1, keepdim=True).to(step.dtype)
        case _:
            assert_never(norm)


def dual_size(norm: Norm, gradient: Tensor) -> Tensor:
    """(m, 1) how fast a function with this gradient can change per unit of the norm; L0: per number, at most."""
    match norm:
        case Norm.LINF:
            return gradient.abs().sum(dim=1, keepdim=True)
        case Norm.L2:
            return gradient.norm(dim=1, keepdim=True)
        case Norm.L1 | Norm.L0:
            return gradient.abs().amax(dim=1, keepdim=True)
        case _:
            assert_never(norm)


def project(norm: Norm, step: Tensor, eps: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """The nearest steps (m, d) within the radii and the room; nearest in the Euclidean sense."""
    match norm:
        case Norm.LINF:
            return step.maximum(low.maximum(-eps)).minimum(high.minimum(eps))
        case Norm.L2:
            return _shrunk(norm, step, eps, lambda part, by: part / (1 + by), low, high)
        case Norm.L1:
            return _shrunk(norm, step, eps, lambda part, by: part.sign() * (part.abs() - by).clamp_min(0), low, high)
        case Norm.L0:
            inside = step.maximum(low).minimum(high)
            return _keep_largest(inside, step.square() - (step - inside).square(), eps)
        case _:
            assert_never(norm)


def best_move(norm: Norm, gradient: Tensor, eps: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """The steps (m, d) within the radii and the room that raise a linear function with this gradient most."""
    room = torch.where(gradient > 0, high, low)
    room = torch.where(gradient == 0, torch.zeros_like(room), room)
    match norm:
        case Norm.LINF:
            return room.maximum(-eps).minimum(eps)
        case Norm.L2:
            return _water_filled(gradient, eps, low, high)
        case Norm.L1:
            order = gradient.abs().argsort(dim=1, descending=True)
            reach = room.abs().gather(1, order).clamp_max(1e30)
            spent = reach.cumsum(dim=1) - reach
            used = torch.minimum(reach, (eps - spent).clamp_min(0))
            return torch.zeros_like(room).scatter(1, order, used) * gradient.sign()
        case Norm.L0:
            finite = room.clamp(-1e15, 1e15)
            return _keep_largest(finite, (gradient * finite).abs(), eps)
        case _:
            assert_never(norm)


def steepest(norm: Norm, gradient: Tensor, share: Tensor | None = None) -> Tensor:
    """The directions (m, d) of norm 1 to move in.

    Args:
        norm: L1 spreads over the largest parts of the gradient, as the steepest direction alone moves one number.
        gradient: (m, d).
        share: (m, 1) which part of the numbers L1 moves; ignored otherwise.
    """
    match norm:
        case Norm.LINF:
            return gradient.sign()
        case Norm.L2 | Norm.L0:
            return gradient / gradient.norm(dim=1, keepdim=True).clamp_min(_TINY)
        case Norm.L1:
            count = (0.2 if share is None else share) * torch.full_like(gradient[:, :1], gradient.shape[1])
            sparse = _keep_largest(gradient, gradient.abs(), count.ceil().clamp_min(1)).sign()
            return sparse / sparse.abs().sum(dim=1, keepdim=True).clamp_min(1)
        case _:
            assert_never(norm)


def _shrunk(norm: Norm, step: Tensor, eps: Tensor, shrink: Any, low: Tensor, high: Tensor) -> Tensor:
    """Clip what `shrink` makes of the steps by the least multiplier that brings them into the ball."""
    inside = step.maximum(low).minimum(high)
    over = (size(norm, inside) > eps).squeeze(1)
    if not over.any():
        return inside
    at = over.nonzero().squeeze(1)
    part, least, largest, radius = step[at], low[at], high[at], eps[at]
    # Without the room: the length of a step over the radius, or its largest number, is enough.
    top = part.norm(dim=1, keepdim=True) / radius.clamp_min(_TINY) if norm is Norm.L2 else size(Norm.LINF, part)
    bottom = torch.zeros_like(top)
    for _ in range(_HALVINGS):
        middle = (bottom + top) / 2
        far = size(norm, shrink(part, middle).maximum(least).minimum(largest)) > radius
        bottom, top = torch.where(far, middle, bottom), torch.where(far, top, middle)
    inside[at] = torch.where(radius > 0, shrink(part, top).maximum(least).minimum(largest), torch.zeros_like(part))
    return inside


def _water_filled(gradient: Tensor, eps: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Multiples of the gradient, clipped to the room, as long as the radius allows."""
    unit = gradient / gradient.abs().amax(dim=1, keepdim=True).clamp_min(_TINY)
    bottom = torch.zeros_like(eps)
    top = torch.full_like(eps, 1.0) * eps.clamp_min(_TINY) * 2.0**20
    for _ in range(2 * _HALVINGS):
        middle = torch.where(bottom > 0, (bottom * top).sqrt(), top * 2.0**-24)
        far = size(Norm.L2, (middle * unit).maximum(low).minimum(high)) > eps
        bottom, top = torch.where(far, bottom, middle), torch.where(far, middle, top)
    return (bottom * unit).maximum(low).minimum(high)


def _keep_largest(values: Tensor, worth: Tensor, count: Tensor) -> Tensor:
    """The values of the `count` (m, 1) largest worths of each row, 0 elsewhere."""
    order = worth.argsort(dim=1, descending=True, stable=True)
    kept = torch.arange(values.shape[1], device=values.device).expand_as(values) < count
    mask = torch.zeros_like(kept).scatter(1, order, kept)
    return torch.where(mask, values, torch.zeros_like(values))
