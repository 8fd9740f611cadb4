"""What a recipe minimises over one batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from hauberk.harden.network_recipe import Bound, NetworkRecipe
from hauberk.harden.torch_ball import TensorBall
from hauberk.harden.torch_perturb import perturb

__all__ = ["prepare_loss"]

Loss = Callable[[], tuple[Any, Any]]


def prepare_loss(
    module: Any,
    batch: Any,
    labels: Any,
    *,
    ball: TensorBall,
    recipe: NetworkRecipe,
    done: float,
    generator: torch.Generator,
    reach: Any = 1.0,
) -> Loss:
    """A function of the weights of now: the loss (), and the logits (n, k) of the rows that it trains on.

    The changed rows are made here, once; the function can be called again at other weights.

    Args:
        module: In training mode.
        batch: (n, *shape).
        labels: (n,) int64.
        ball: What an attacker may do.
        recipe: Which rows, which loss.
        done: Share of the training that lies behind, for the schedules of certified training.
        generator: Of the noise.
        reach: The share of the radius that is used, a number or (n, 1, ...).
    """
    if recipe.bound is not Bound.NONE:
        from hauberk.harden.torch_certified_loss import certified_loss

        return lambda: certified_loss(module, batch, labels, ball=ball, recipe=recipe, done=done)
    changed = perturb(module, batch, labels, ball=ball, recipe=recipe, generator=generator, reach=reach)

    def cross_entropy() -> tuple[Any, Any]:
        logits = module(changed)
        return functional.cross_entropy(logits, labels), logits.detach()

    def trades() -> tuple[Any, Any]:
        plain, moved = module(batch), module(changed)
        apart = functional.kl_div(functional.log_softmax(moved, 1), functional.softmax(plain, 1), reduction="batchmean")
        return functional.cross_entropy(plain, labels) + recipe.beta * apart, moved.detach()

    return trades if recipe.beta else cross_entropy
