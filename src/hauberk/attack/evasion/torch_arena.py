"""Rows under attack as tensors: what every gradient attack on a network shares.

Rows are float32 tensors (m, d), flat whatever the shape of the input: norms and projections do not ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hauberk.attack.evasion.ball import Ball, Norm
from hauberk.attack.evasion.torch_norms import project
from hauberk.models import NetworkModel

__all__ = ["Arena", "Batch", "Loss", "frozen", "make_batch"]

Tensor = Any
Loss = Callable[[Tensor, Tensor, Tensor | None], Tensor]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arena:
    """The network and what is wanted of it.

    Attributes:
        model: The network.
        norm: Of the changes.
        goal: The class wanted, None for any wrong one.
        draws: Answers that are averaged where the network answers at random.
        generator: Of all random choices; nobody else's.
    """

    model: NetworkModel
    norm: Norm
    goal: int | None
    draws: int
    generator: torch.Generator

    def logits(self, points: Tensor) -> Tensor:
        """(m, k) of points (m, d), averaged over the draws."""
        if self.draws == 1:
            return self.model.logits(points.reshape(-1, *self.model.shape))
        many = points.repeat(self.draws, 1).reshape(-1, *self.model.shape)
        return self.model.logits(many).reshape(self.draws, len(points), -1).mean(dim=0)

    def slope(self, points: Tensor, label: Tensor, rival: Tensor | None, loss: Loss) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (m, k), losses (m,) and their gradients (m, d) at the points; no gradient of a number is NaN."""
        here = points.detach().requires_grad_(True)
        logits = self.logits(here)
        losses = loss(logits, label, rival)
        (gradient,) = torch.autograd.grad(losses.sum(), here)
        return logits.detach(), losses.detach(), torch.nan_to_num(gradient, posinf=0.0, neginf=0.0)

    def beaten(self, logits: Tensor, label: Tensor) -> Tensor:
        """(m,) whether answers are what the adversary wants; the first of equal logits is the answer."""
        answer = logits.argmax(dim=1)
        return answer != label if self.goal is None else answer == self.goal

    def noise(self, like: Tensor, *, normal: bool = False) -> Tensor:
        """Random numbers of the shape of `like`: standard normal, or uniform from -1 to 1."""
        drawn = torch.empty(like.shape, dtype=like.dtype)
        if normal:
            return drawn.normal_(generator=self.generator)
        return drawn.uniform_(-1, 1, generator=self.generator)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Rows that still stand.

    Attributes:
        rows: (m, d) float32.
        label: (m,) int64.
        rival: (m,) int64, the class aimed at; None for any wrong one.
        low, high: (m, d) float32, least and largest values, rounded inwards.
        eps: (m, 1) float32, radii.
    """

    rows: Tensor
    label: Tensor
    rival: Tensor | None
    low: Tensor
    high: Tensor
    eps: Tensor

    def take(self, index: Tensor) -> Batch:
        """Some of the rows."""
        return Batch(
            rows=self.rows[index],
            label=self.label[index],
            rival=None if self.rival is None else self.rival[index],
            low=self.low[index],
            high=self.high[index],
            eps=self.eps[index],
        )

    def aimed(self, rival: Tensor | None) -> Batch:
        """The same rows, aimed at other classes."""
        return Batch(rows=self.rows, label=self.label, rival=rival, low=self.low, high=self.high, eps=self.eps)

    def within(self, norm: Norm, points: Tensor, eps: Tensor | None = None) -> Tensor:
        """The nearest points (m, d) in the range and within the radii."""
        if norm is Norm.LINF and eps is None:
            return points.maximum(self.low).minimum(self.high)
        radius = self.eps if eps is None else eps
        step = project(norm, points - self.rows, radius, self.low - self.rows, self.high - self.rows)
        return self.placed(step)

    def placed(self, step: Tensor) -> Tensor:
        """The rows after a step; a number that does not move keeps its very value."""
        return (self.rows + step).maximum(self.low).minimum(self.high)


def make_batch(ball: Ball, rows: NDArray[np.float64], labels: NDArray[np.int64], goal: int | None) -> Batch:
    """Tensors of rows (n, d) and labels (n,), with what a ball leaves of the valid range around each row."""
    low, high = np.broadcast_to(ball.low, rows.shape), np.broadcast_to(ball.high, rows.shape)
    eps = ball.eps
    if ball.norm is Norm.LINF:
        low, high = np.maximum(low, rows - eps), np.minimum(high, rows + eps)
    elif ball.norm is not Norm.L0:
        # Adding a step to a row rounds each number by half a unit in the last place; that must not leave the ball.
        spread = rows.shape[1] if ball.norm is Norm.L1 else np.sqrt(rows.shape[1])
        eps = max(eps - spread * 2.0**-24 * float(np.abs(rows).max(initial=0.0) + eps), 0.999 * eps) * (1 - 1e-6)
    here = rows.astype(np.float32)
    least = np.minimum(_inwards(low, 1), here)
    most = np.maximum(_inwards(high, -1), here)
    return Batch(
        rows=torch.from_numpy(here),
        label=torch.from_numpy(labels.astype(np.int64)),
        rival=None if goal is None else torch.full((len(rows),), goal, dtype=torch.int64),
        low=torch.from_numpy(least),
        high=torch.from_numpy(most),
        eps=torch.full((len(rows), 1), eps, dtype=torch.float32),
    )


@contextmanager
def frozen(network: Any) -> Iterator[None]:
    """The network without gradients of its weights, and each weight back to what it was; inputs have gradients."""
    wanted = [weight for weight in network.parameters() if weight.requires_grad]
    for weight in wanted:
        weight.requires_grad_(False)
    try:
        with torch.enable_grad():
            yield
    finally:
        for weight in wanted:
            weight.requires_grad_(True)


def _inwards(ends: NDArray[np.float64], way: int) -> NDArray[np.float32]:
    """Ends of ranges as float32 that are not outside of them; `way` is 1 for low ends."""
    with np.errstate(over="ignore"):
        rounded = ends.astype(np.float32)
    outside = (rounded < ends) if way > 0 else (rounded > ends)
    return np.where(outside, np.nextafter(rounded, np.float32(way * np.inf)), rounded)
