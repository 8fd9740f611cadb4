"""The changed rows that a recipe trains on, and a probe that looks at a network with rows of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn import functional

from hauberk.harden.network_recipe import NetworkRecipe
from hauberk.harden.torch_ball import TensorBall
from hauberk.harden.trained_network import Probe

__all__ = ["evaluating", "perturb", "probe_network"]

_PROBE_STEPS, _PROBE_STEP = 10, 0.25


@contextmanager
def evaluating(module: Any) -> Iterator[None]:
    """The module in evaluation mode, and each part of it back to what it was."""
    training = [part for part in module.modules() if part.training]
    if training:
        module.eval()
    try:
        yield
    finally:
        for part in training:
            part.training = True


def perturb(
    module: Any,
    batch: Any,
    labels: Any,
    *,
    ball: TensorBall,
    recipe: NetworkRecipe,
    generator: torch.Generator,
    reach: Any = 1.0,
) -> Any:
    """The rows (n, *shape) that the recipe trains on, changed within `reach` times the radius, a number or (n, 1, ...).

    They are looked for in evaluation mode, as an attacker meets the network, and so that a single batch is not counted
    more than once in the running statistics of its layers. TRADES climbs the divergence from the answers to the rows
    as they are, the others climb the cross-entropy.
    """
    if recipe.sigma:
        return batch + recipe.sigma * torch.empty_like(batch).normal_(generator=generator)
    if not recipe.steps or not ball.eps:
        return batch
    with evaluating(module):
        climb = _divergence(module, batch) if recipe.beta else _cross_entropy(module, labels)
        # Without projection the start may leave the valid range, as in N-FGSM; the step brings it back.
        changed = batch + reach * ball.noise(batch, recipe.noise * ball.eps, generator) if recipe.noise else batch
        changed = ball.project(changed, batch, reach) if recipe.project else changed
        for _ in range(recipe.steps):
            moved = changed + reach * ball.step(_gradient(climb, changed), recipe.step * ball.eps)
            changed = ball.project(moved, batch, reach) if recipe.project else ball.clamp(moved)
    return changed


def probe_network(module: Any, batch: Any, labels: Any, *, ball: TensorBall) -> Probe:
    """Accuracy as they are, after one step of the radius, and after ten of a quarter of it.

    No randomness, so that two probes of one network agree. A row that has fallen is left alone.
    """
    with evaluating(module):
        right = _right(module, batch, labels)
        climb = _cross_entropy(module, labels)
        single = right & _right(module, _moved(climb, batch, batch, ball.eps, ball), labels) if ball.eps else right
        standing, now, at = right.nonzero()[:, 0], batch[right], right.clone()
        for _ in range(_PROBE_STEPS if ball.eps else 0):
            if not len(standing):
                break
            climb = _cross_entropy(module, labels[standing])
            now = _moved(climb, now, batch[standing], _PROBE_STEP * ball.eps, ball)
            stands = _right(module, now, labels[standing])
            at[standing[~stands]] = False
            standing, now = standing[stands], now[stands]
    shares = [float(found.float().mean()) for found in (right, single, at)]
    return Probe(clean=shares[0], single=shares[1], robust=shares[2], rows=len(labels))


def _moved(climb: Callable[[Any], Any], now: Any, batch: Any, length: float, ball: TensorBall) -> Any:
    return ball.project(now + ball.step(_gradient(climb, now), length), batch)


def _cross_entropy(module: Any, labels: Any) -> Callable[[Any], Any]:
    return lambda at: functional.cross_entropy(module(at), labels, reduction="sum")


def _divergence(module: Any, batch: Any) -> Callable[[Any], Any]:
    with torch.no_grad():
        expected = functional.softmax(module(batch), dim=1)
    return lambda at: functional.kl_div(functional.log_softmax(module(at), dim=1), expected, reduction="sum")


def _gradient(climb: Callable[[Any], Any], at: Any) -> Any:
    at = at.detach().requires_grad_()
    return torch.autograd.grad(climb(at), at)[0]


def _right(module: Any, batch: Any, labels: Any) -> Any:
    with torch.no_grad():
        return module(batch).argmax(dim=1) == labels
