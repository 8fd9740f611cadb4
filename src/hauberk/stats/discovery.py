"""Many tests at once: which of them count when the share of false alarms is bounded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.stats.errors import BadLevel, BadSample

__all__ = ["benjamini_hochberg", "simes_p_value"]


def benjamini_hochberg(p_values: NDArray[np.float64], level: float, *, true_share: float = 1.0) -> NDArray[np.bool_]:
    """Which hypotheses are rejected so that the expected share of false ones among them is at most `level`.

    Holds for independent and for positively dependent tests. A NaN is a test without a result and is refused.

    Args:
        p_values: (m,) float64 in 0 to 1; an empty array rejects nothing.
        level: Bound on the false-discovery rate, above 0 and below 1.
        true_share: Of the hypotheses, above 0: a bound on it, or an estimate made for the purpose, raises the power.

    Returns:
        (m,) bool.

    Raises:
        BadSample: A value is no p-value.
        BadLevel: The level is not between 0 and 1, or the share is not above 0.

    Source: Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57.
    """
    if not 0 < level < 1:
        raise BadLevel(where="level", expected="a share above 0 and below 1", got=f"{level}")
    if not true_share > 0:
        raise BadLevel(where="true_share", expected="a share above 0", got=f"{true_share}")
    _require_p_values(p_values)
    m = p_values.size
    order = np.argsort(p_values, kind="stable")
    below = np.flatnonzero(p_values[order] <= level * np.arange(1, m + 1) / (m * true_share)) if m else np.empty(0, int)
    rejected = np.zeros(m, bool)
    if below.size:
        rejected[order[: below[-1] + 1]] = True
    return rejected


def simes_p_value(p_values: NDArray[np.float64]) -> float:
    """The p-value of all hypotheses being true; the lowest level at which `benjamini_hochberg` rejects anything.

    Args:
        p_values: (m,) float64 in 0 to 1; an empty array gives 1.

    Raises:
        BadSample: A value is no p-value.

    Source: Simes 1986, "An improved Bonferroni procedure for multiple tests of significance" (Biometrika 73).
    """
    _require_p_values(p_values)
    m = p_values.size
    return float((np.sort(p_values) * m / np.arange(1, m + 1)).min()) if m else 1.0


def _require_p_values(p_values: NDArray[np.float64]) -> None:
    if p_values.ndim != 1 or not np.all((p_values >= 0) & (p_values <= 1)):
        raise BadSample(where="p_values", expected="values between 0 and 1 in one row", got=repr(p_values)[:80])
