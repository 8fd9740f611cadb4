"""Count, mean and variance in one pass, from parts that were counted apart."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

__all__ = ["Moments", "measure_moments"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Of a set of numbers.

    Law: `a + b` is what all numbers of both give, but for rounding, and the order of the parts changes no more.

    Attributes:
        count: How many, from 0.
        mean: Their mean, 0 where there are none.
        squares: Sum of the squared distances from the mean.

    Source: Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance" (The American Statistician 37),
    eq. 2.1.
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def __add__(self, other: Moments) -> Moments:
        count = self.count + other.count
        if not count:
            return self
        apart, share = other.mean - self.mean, other.count / count
        return Moments(
            count=count,
            mean=self.mean + apart * share,
            squares=self.squares + other.squares + apart**2 * self.count * share,
        )

    @property
    def deviation(self) -> float:
        """Standard deviation of the sample (n - 1), 0 for fewer than two numbers."""
        return sqrt(self.squares / (self.count - 1)) if self.count > 1 else 0.0


def measure_moments(values: NDArray[np.float64]) -> Moments:
    """The moments of (n,) finite numbers."""
    if not values.size:
        return Moments()
    # Of numbers near the end of float64 the sum overflows, but the sum of their n-th parts does not.
    mean = float((values / values.size).sum()) if np.abs(values).max() > 1e300 else float(values.mean())
    with np.errstate(over="ignore"):
        return Moments(count=values.size, mean=mean, squares=float(((values - mean) ** 2).sum()))
