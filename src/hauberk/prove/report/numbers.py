"""How numbers are written in the report."""

from __future__ import annotations

from hauberk.core.claim import Claim
from hauberk.core.encoding import Json

__all__ = ["claim_interval", "claim_value", "figure", "interval_text", "seconds"]

_MINUS = "\u2212"
_TO = "\u00a0to\u00a0"


def figure(value: float) -> str:
    """A number for a table: whole ones with groups of digits, others with three decimals or four digits.

    >>> figure(48842), figure(0.87251), figure(12.3456), figure(0.00042)
    ('48,842', '0.873', '12.35', '0.00042')
    """
    if isinstance(value, int):
        text = f"{value:,d}"
    elif value.is_integer() and 1 < abs(value) < 1e15:
        text = f"{value:,.0f}"
    elif abs(value) < 0.0005:
        text = f"{value:.2g}"
    else:
        text = f"{value:.3f}" if abs(value) < 10 else f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return text.replace("-", _MINUS, 1) if text.startswith("-") else text


def claim_value(claim: Claim) -> str:
    """The value with its unit; a sampled share keeps its decimals even where it is 0 or 1."""
    number = claim.estimate
    sampled = number.n and -1 <= number.value <= 1 and not claim.unit
    text = f"{number.value:.3f}".replace("-", _MINUS) if sampled and not 0 < abs(number.value) < 0.0005 else ""
    return f"{text or figure(number.value)} {claim.unit}".strip()


def claim_interval(claim: Claim) -> str:
    """The ends of the interval, or that there is none because the number is exact."""
    number = claim.estimate
    if not number.n:
        return "exact"
    if number.low >= -1 and number.high <= 1 and max(abs(number.low), abs(number.high)) >= 0.0005:
        return interval_text(number.low, number.high)
    return f"{figure(number.low)}{_TO}{figure(number.high)}"


def interval_text(low: float, high: float) -> str:
    """The ends of the interval of a share."""
    return f"{low:.3f}{_TO}{high:.3f}".replace("-", _MINUS)


def seconds(value: Json) -> str:
    """A duration, or nothing where it is none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return ""
    return f"{value:.1f} s" if value < 100 else f"{value:,.0f} s"
