"""Noise, steps and projection in a norm ball, on batches of tensors.

All functions take a batch (n, *shape) and give one of the same shape; nothing of theirs is differentiated through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, assert_never

import torch

from hauberk.attack.errors import WrongSamples
from hauberk.attack.evasion.ball import Ball, Norm

__all__ = ["TensorBall", "tensor_ball"]

_TINY = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TensorBall:
    """A ball of the norms that have a steepest step of full rank.

    Attributes:
        norm: Linf or L2.
        eps: Radius.
        low, high: (1, *shape) float32, the valid range.
    """

    norm: Norm
    eps: float
    low: Any
    high: Any

    def noise(self, batch: Any, width: float, generator: torch.Generator) -> Any:
        """A random change: uniform in the cube of half-width `width`, or in the L2 ball that is as long on average.

        A uniform number from -1 to 1 has the root mean square 1 / sqrt(3); so has the ball here, which makes the noise
        as long in relation to a step as it is with Linf.
        """
        if self.norm is Norm.LINF:
            return torch.empty_like(batch).uniform_(-width, width, generator=generator)
        found = torch.empty_like(batch).normal_(generator=generator)
        return found * (width / 3**0.5 / _length(found))

    def step(self, gradient: Any, length: float) -> Any:
        """The change of this length that a linear function rises fastest along."""
        if self.norm is Norm.LINF:
            return gradient.sign() * length
        return gradient * (length / _length(gradient))

    def project(self, changed: Any, batch: Any, reach: Any = 1.0) -> Any:
        """The nearest change within `reach` times the radius, a number or (n, 1, ...), then within the valid range."""
        if self.norm is Norm.LINF:
            near = torch.minimum(torch.maximum(changed, batch - reach * self.eps), batch + reach * self.eps)
        else:
            change = changed - batch
            near = batch + change * (reach * self.eps / _length(change)).clamp(max=1.0)
        return self.clamp(near)

    def clamp(self, batch: Any) -> Any:
        """Within the valid range."""
        return torch.minimum(torch.maximum(batch, self.low), self.high)


def tensor_ball(ball: Ball, shape: tuple[int, ...]) -> TensorBall:
    """The ball for batches of this shape.

    Raises:
        WrongSamples: Its norm is L1 or L0, whose steepest step moves a single number; or its range does not fit.
    """
    match ball.norm:
        case Norm.LINF | Norm.L2:
            pass
        case Norm.L1 | Norm.L0:
            raise WrongSamples(where="norm", expected="linf or l2 for training", got=ball.norm)
        case _:
            assert_never(ball.norm)
    if ball.low.size != torch.Size(shape).numel():
        raise WrongSamples(where="range", expected=f"ends for inputs of shape {shape}", got=f"{ball.low.shape}")
    low, high = (torch.from_numpy(end.astype("float32")).reshape(1, *shape) for end in (ball.low, ball.high))
    return TensorBall(norm=ball.norm, eps=ball.eps, low=low, high=high)


def _length(batch: Any) -> Any:
    """(n, 1, ...) the L2 length of each."""
    return batch.flatten(1).norm(dim=1).clamp_min(_TINY).reshape(-1, *[1] * (batch.ndim - 1))
