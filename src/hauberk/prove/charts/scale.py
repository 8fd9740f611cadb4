"""From numbers to places, and where to put the ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Scale", "fitted_scale"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A straight scale: `low` lies at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value."""
        return self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low)

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Round values within the scale, at most `most` of them, with their labels."""
        span = self.high - self.low
        power = 10.0 ** math.floor(math.log10(span / most))
        step = next(power * factor for factor in (1, 2, 5, 10, 20) if span / (power * factor) < most)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [(number * step, f"{number * step:.{decimals}f}") for number in range(first, last + 1)]


def fitted_scale(values: Sequence[float], *, start: float, end: float, room: float = 0.08) -> Scale:
    """The scale that shows all values, with a share of its length left free at both ends."""
    low, high = min(values), max(values)
    margin = room * (high - low) or max(abs(high) * room, 0.01)
    return Scale(low=low - margin, high=high + margin, start=start, end=end)
