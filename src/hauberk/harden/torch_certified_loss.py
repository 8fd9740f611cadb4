"""Certified training: the cross-entropy of the worst answer that bounds allow."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from hauberk.harden.network_recipe import Bound, NetworkRecipe
from hauberk.harden.torch_ball import TensorBall
from hauberk.harden.torch_interval import propagate
from hauberk.harden.torch_lines import interval_lowest, lines_lowest
from hauberk.harden.torch_region import make_region

__all__ = ["certified_loss", "margin_slopes"]


def certified_loss(
    module: Any, batch: Any, labels: Any, *, ball: TensorBall, recipe: NetworkRecipe, done: float
) -> tuple[Any, Any]:
    """The loss () and the logits (n, k) of the rows as they are.

    kappa times the cross-entropy of the rows as they are, the rest that of margins at their lower bounds. Over the ramp
    the radius grows from 0 and kappa falls from 1; lines are laid over intervals at its start and leave at its end.
    """
    logits = module(batch)
    ramp = min(1.0, done / recipe.ramp)
    kappa = 1 - ramp * (1 - recipe.kappa)
    region = make_region(ball.norm, batch, ramp * ball.eps, ball.low, ball.high)
    steps, _, _ = propagate(module, region)
    slopes = margin_slopes(labels, logits.shape[1]).to(batch)
    margins = interval_lowest(steps, slopes, region)
    if recipe.bound is Bound.CROWN_IBP and ramp < 1:
        margins = (1 - ramp) * lines_lowest(steps, slopes, region) + ramp * margins
    worst = functional.cross_entropy(-margins, labels)
    return kappa * functional.cross_entropy(logits, labels) + (1 - kappa) * worst, logits.detach()


def margin_slopes(labels: Any, classes: int) -> Any:
    """(n, k, k): logit of the label minus that of each class; all zeros for the label itself."""
    own = functional.one_hot(labels, classes)
    return own[:, None, :] - torch.eye(classes, dtype=own.dtype)[None]
