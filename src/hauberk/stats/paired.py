"""The difference of two shares, on the same rows or on different ones, and whether it is chance."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm

from hauberk.core.claim import Estimate
from hauberk.stats.errors import BadLevel, BadSample

__all__ = ["estimate_difference", "estimate_paired_difference", "exact_mcnemar"]


def estimate_paired_difference(first: NDArray[np.bool_], second: NDArray[np.bool_], *, level: float = 0.95) -> Estimate:
    """The share of `first` minus the share of `second` on the same rows, with Newcombe's score interval.

    Args:
        first: (n,) bool, n at least 1, outcome of each row.
        second: The same rows' other outcome.
        level: Coverage.

    Raises:
        BadSample: Empty or of unequal lengths.
        BadLevel: The level is not between 0 and 1.

    Source: Newcombe 1998, "Improved confidence intervals for the difference between binomial proportions based on
    paired data", Statistics in Medicine 17, method 10.
    """
    if not 0 < level < 1:
        raise BadLevel(where="level", expected="a share above 0 and below 1", got=f"{level}")
    both, only_first, only_second, neither = _cells(first, second)
    n = both + only_first + only_second + neither
    share_first, share_second = (both + only_first) / n, (both + only_second) / n
    low_first, high_first = _wilson(both + only_first, n, level)
    low_second, high_second = _wilson(both + only_second, n, level)
    phi = _correlation(both, only_first, only_second, neither)
    difference = share_first - share_second
    below = _spread(share_first - low_first, high_second - share_second, phi)
    above = _spread(high_first - share_first, share_second - low_second, phi)
    low, high = max(-1.0, difference - below), min(1.0, difference + above)
    return Estimate(value=difference, low=low, high=high, n=n, method="newcombe-paired", level=level)


def estimate_difference(first: NDArray[np.bool_], second: NDArray[np.bool_], *, level: float = 0.95) -> Estimate:
    """The share of `first` minus the share of `second`, of different rows, with Newcombe's score interval.

    Args:
        first: (n,) bool, n at least 1.
        second: (m,) bool, m at least 1.
        level: Coverage.

    Raises:
        BadSample: One is empty.
        BadLevel: The level is not between 0 and 1.

    Source: Newcombe 1998, "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17, method 10.
    """
    if not 0 < level < 1:
        raise BadLevel(where="level", expected="a share above 0 and below 1", got=f"{level}")
    if not first.size or not second.size:
        raise BadSample(expected="at least one row of each", got=f"{first.size} and {second.size}")
    shares, lows, highs = [], [], []
    for rows in (first, second):
        low, high = _wilson(int(rows.sum()), len(rows), level)
        shares.append(float(rows.mean()))
        lows.append(low)
        highs.append(high)
    difference = shares[0] - shares[1]
    below = math.hypot(shares[0] - lows[0], highs[1] - shares[1])
    above = math.hypot(highs[0] - shares[0], shares[1] - lows[1])
    low, high = max(-1.0, difference - below), min(1.0, difference + above)
    return Estimate(value=difference, low=low, high=high, n=len(first) + len(second), method="newcombe", level=level)


def exact_mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Two-sided p-value of "both succeed equally often": a binomial test of the rows on which they differ.

    Raises:
        BadSample: Empty or of unequal lengths.

    Source: McNemar 1947, Psychometrika 12, with the exact binomial reference.
    """
    _, only_first, only_second, _ = _cells(first, second)
    differing = only_first + only_second
    return float(binomtest(only_first, differing, 0.5).pvalue) if differing else 1.0


def _cells(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    if first.shape != second.shape or first.ndim != 1 or not first.size:
        raise BadSample(expected="two outcomes for each of at least one row", got=f"{first.shape} and {second.shape}")
    counts = np.bincount(2 * first.astype(int) + second.astype(int), minlength=4)
    return int(counts[3]), int(counts[2]), int(counts[1]), int(counts[0])


def _wilson(successes: int, n: int, level: float) -> tuple[float, float]:
    z = float(norm.ppf((1 + level) / 2))
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def _correlation(both: int, only_first: int, only_second: int, neither: int) -> float:
    """Newcombe's phi: of the two outcomes, with his continuity correction where it is positive."""
    sums = (both + only_first) * (only_second + neither) * (both + only_second) * (only_first + neither)
    if not sums:
        return 0.0
    numerator = float(both * neither - only_first * only_second)
    n = both + only_first + only_second + neither
    if numerator > 0:
        numerator = max(numerator - n / 2, 0.0)
    return numerator / math.sqrt(sums)


def _spread(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(0.0, one * one - 2 * phi * one * other + other * other))
