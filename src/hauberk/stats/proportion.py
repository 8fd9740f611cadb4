"""A share with its exact interval."""

from __future__ import annotations

from scipy.stats import beta

from hauberk.core.claim import Estimate
from hauberk.stats.errors import BadLevel, BadSample

__all__ = ["estimate_proportion"]


def estimate_proportion(successes: int, n: int, *, level: float = 0.95) -> Estimate:
    """The share `successes / n` with its Clopper-Pearson interval, which covers at least `level` for every true share.

    >>> estimate = estimate_proportion(8, 10)
    >>> round(estimate.low, 4), round(estimate.high, 4)
    (0.4439, 0.9748)

    Raises:
        BadSample: n is not positive, or the successes are not between 0 and n.
        BadLevel: The level is not between 0 and 1.

    Source: Clopper and Pearson 1934, "The use of confidence or fiducial limits", Biometrika 26.
    """
    if n <= 0 or not 0 <= successes <= n:
        raise BadSample(expected="0 <= successes <= n with n above 0", got=f"{successes} of {n}")
    if not 0 < level < 1:
        raise BadLevel(where="level", expected="a share above 0 and below 1", got=f"{level}")
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, successes, n - successes + 1)) if successes else 0.0
    high = float(beta.ppf(1 - tail, successes + 1, n - successes)) if successes < n else 1.0
    return Estimate(value=successes / n, low=low, high=high, n=n, method="clopper-pearson", level=level)
