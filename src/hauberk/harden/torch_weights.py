"""Adversarial changes of weights, moving averages of them, and snapshots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

__all__ = ["WeightAverage", "backward_at_worst_weights", "load_state", "save_state"]

_TINY = 1e-12
State = dict[str, Any]


def backward_at_worst_weights(module: Any, loss: Callable[[], tuple[Any, Any]], *, size: float) -> tuple[Any, Any]:
    """The gradients of the loss where the weights have taken a step against it; the weights are then put back.

    Each weight tensor with more than one axis moves along its gradient by `size` times its own length. Biases and
    scales stay. Gives the loss and the logits there.

    Source: Wu, Xia and Wang 2020, "Adversarial Weight Perturbation Helps Robust Generalization", section 4.
    """
    weights = [weight for weight in module.parameters() if weight.ndim > 1 and weight.requires_grad]
    gradients = torch.autograd.grad(loss()[0], weights)
    before = [weight.detach().clone() for weight in weights]
    with torch.no_grad():
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.add_(gradient * (size * weight.norm() / gradient.norm().clamp_min(_TINY)))
    found, logits = loss()
    found.backward()
    with torch.no_grad():
        for weight, old in zip(weights, before, strict=True):
            weight.copy_(old)
    return found, logits


class WeightAverage:
    """The exponential moving average of a module's weights and running statistics.

    The decay of the first steps is smaller, (1 + t) / (10 + t), so that short trainings are not held at their start.
    """

    def __init__(self, module: Any, decay: float) -> None:
        self._decay = decay
        self.steps = 0
        self.state = save_state(module)

    def update(self, module: Any) -> None:
        """Take the weights of now into the average."""
        self.steps += 1
        share = 1 - min(self._decay, (1 + self.steps) / (10 + self.steps))
        floats = [(kept, now) for kept, now in self._pairs(module) if kept.is_floating_point()]
        with torch.no_grad():
            torch._foreach_lerp_([kept for kept, _ in floats], [now for _, now in floats], share)
            for kept, now in self._pairs(module):
                if not kept.is_floating_point():
                    kept.copy_(now)

    def _pairs(self, module: Any) -> list[tuple[Any, Any]]:
        return [(self.state[name], tensor.detach()) for name, tensor in module.state_dict().items()]


def save_state(holder: Any) -> State:
    """A copy of the state of a module or an optimizer, which later steps leave alone."""
    return {name: _copied(value) for name, value in holder.state_dict().items()}


def load_state(holder: Any, state: State) -> None:
    """Put a saved state back; it can be put back again later."""
    holder.load_state_dict({name: _copied(value) for name, value in state.items()})


def _copied(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {name: _copied(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_copied(one) for one in value]
    return value
