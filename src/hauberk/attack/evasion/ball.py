"""Norm balls: how far an attacker may move a row, where nothing but the distance is limited."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import WrongSamples

__all__ = ["Ball", "Norm"]

Matrix = NDArray[np.float64]


class Norm(StrEnum):
    """Of the difference of two rows. `l0` counts the numbers that differ."""

    LINF = "linf"
    L2 = "l2"
    L1 = "l1"
    L0 = "l0"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ball:
    """The rows within a distance of a row and within the valid range of the inputs.

    Attributes:
        norm: Of the difference.
        eps: Radius, from 0; in the units of the encoded rows.
        low, high: (d,) float64, inclusive ends of the valid range.

    Raises:
        WrongSamples: A radius below 0 or not finite, or a range that is none.
    """

    norm: Norm
    eps: float
    low: Matrix
    high: Matrix

    def __post_init__(self) -> None:
        if not 0 <= self.eps < np.inf:
            raise WrongSamples(where="eps", expected="a radius from 0, finite", got=str(self.eps))
        if self.low.shape != self.high.shape or not (self.low <= self.high).all():
            raise WrongSamples(where="range", expected="low ends not above high ends", got=f"{self.low.shape}")

    def distance(self, rows: Matrix, changed: Matrix) -> Matrix:
        """(n,) how far each changed row is from its row."""
        step = np.abs(changed - rows)
        if self.norm is Norm.LINF:
            return np.asarray(step.max(axis=1, initial=0.0))
        if self.norm is Norm.L2:
            return np.asarray(np.sqrt((step**2).sum(axis=1)))
        if self.norm is Norm.L1:
            return np.asarray(step.sum(axis=1))
        return np.asarray((step > 0).sum(axis=1), dtype=np.float64)

    def holds(self, rows: Matrix, changed: Matrix) -> NDArray[np.bool_]:
        """(n,) whether each changed row is finite, within the range, and within the radius of its row.

        Room is left for rounding the row and the change to float32.
        """
        size = np.maximum(np.abs(rows), np.abs(changed)).max(axis=1, initial=0.0)
        room = 2.0**-22 * size * (1 if self.norm is Norm.LINF else np.sqrt(rows.shape[1]))
        room = rows.shape[1] * 2.0**-22 * size if self.norm is Norm.L1 else room
        room = np.zeros(len(rows)) if self.norm is Norm.L0 else room
        inside = ((changed >= self.low) & (changed <= self.high)).all(axis=1)
        return np.asarray(inside & (self.distance(rows, changed) <= self.eps * (1 + 1e-6) + room))
