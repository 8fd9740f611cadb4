"""A number with the ends of its interval, as the charts take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from hauberk.core.claim import Estimate
from hauberk.core.encoding import Json

__all__ = ["Interval", "parse_interval"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A point estimate between the ends of its interval."""

    low: float
    value: float
    high: float

    @classmethod
    def of(cls, estimate: Estimate) -> Self:
        """The interval of an estimate."""
        return cls(low=estimate.low, value=estimate.value, high=estimate.high)


def parse_interval(document: Json) -> Interval | None:
    """The interval in a claim-like object, or None where there is none: a chart is drawn for what is there."""
    match document:
        case {"value": int() | float() as value, "low": int() | float() as low, "high": int() | float() as high}:
            return Interval(low=low, value=value, high=high)
    return None
