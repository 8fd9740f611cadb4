"""Losses and gradients of a network at rows, in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.doubts.subject import Gradients, Slope
from hauberk.models import HasGradients

__all__ = ["make_gradients"]

_BATCH = 256


def make_gradients(model: HasGradients, *, goal: int | None = None) -> Gradients:
    """Gives, for rows (n, d) and labels (n,), the slope of the network there.

    The parameters' own gradients are left as they are.

    Args:
        model: Grants gradients.
        goal: The class that the adversary wants; None: any wrong one.
    """
    import torch

    def slope(rows: NDArray[np.float64], labels: NDArray[np.int64]) -> Slope:
        parts = [
            _part(torch, model, rows[first : first + _BATCH], labels[first : first + _BATCH], goal)
            for first in range(0, len(rows), _BATCH)
        ]
        logits, entropy, margin, entropy_gradient, margin_gradient = (
            np.concatenate([np.asarray(part[at], dtype=np.float64) for part in parts]) for at in range(5)
        )
        return Slope(
            logits=logits,
            entropy=entropy,
            margin=margin,
            entropy_gradient=entropy_gradient,
            margin_gradient=margin_gradient,
        )

    return slope


def _part(torch: Any, model: HasGradients, rows: Any, labels: Any, goal: int | None) -> tuple[Any, ...]:
    with torch.enable_grad():
        batch = torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float32)).requires_grad_()
        logits = model.logits(batch.reshape(-1, *model.shape))
        wrong = torch.from_numpy(labels if goal is None else np.full(len(rows), goal, dtype=np.int64))
        entropy = torch.nn.functional.cross_entropy(logits, wrong, reduction="none") * (1 if goal is None else -1)
        margin = _margin(torch, logits, wrong) * (1 if goal is None else -1)
        slopes = [_gradient(torch, loss, batch) for loss in (entropy, margin)]
    return (*(value.detach().numpy() for value in (logits, entropy, margin)), *slopes)


def _margin(torch: Any, logits: Any, labels: Any) -> Any:
    mine = torch.nn.functional.one_hot(labels, logits.shape[1]).bool()
    return logits.masked_fill(mine, -torch.inf).amax(dim=1) - logits.masked_fill(~mine, -torch.inf).amax(dim=1)


def _gradient(torch: Any, loss: Any, batch: Any) -> Any:
    """Zeros where no path leads from the input to the loss at all."""
    if not loss.requires_grad:
        return np.zeros(batch.shape)
    (found,) = torch.autograd.grad(loss.sum(), batch, retain_graph=True, allow_unused=True)
    return np.zeros(batch.shape) if found is None else found.numpy()
