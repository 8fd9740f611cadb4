"""Whether more check digits fit than accident explains."""

from __future__ import annotations

from scipy.stats import binom

__all__ = ["LEAST_EXCESS", "exceeds_chance", "p_value_of_chance"]

LEAST_EXCESS = 0.1
"""Least share of the candidates that must be real for a column to be called by them.

The test below takes each number for drawn at random. Numbers that count up or follow a pattern of their own are not,
and in a large sample a small deviation is significant; this asks for one that matters.
"""


def p_value_of_chance(passed: int, candidates: int, chance: float) -> float:
    """The chance that at least `passed` of `candidates` random numbers have a right check digit.

    The exact upper tail of the binomial distribution; 1 where there are no candidates.

    >>> round(p_value_of_chance(3, 3, 0.1), 6)
    0.001

    Args:
        passed: Different candidates with a right check digit.
        candidates: Different candidates: right length, alphabet and prefix.
        chance: Share of random candidates with a right check digit, 0 to 1.
    """
    return float(binom.sf(passed - 1, candidates, chance))


def exceeds_chance(passed: int, candidates: int, chance: float, *, level: float) -> bool:
    """Whether chance is refused at `level`, and at least a tenth of the candidates are beyond chance."""
    if not candidates or p_value_of_chance(passed, candidates, chance) > level:
        return False
    return (passed / candidates - chance) / (1 - chance) >= LEAST_EXCESS
