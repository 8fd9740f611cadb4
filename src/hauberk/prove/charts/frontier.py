"""What robustness costs: every candidate by clean and attacked accuracy, with the intervals of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hauberk.prove.charts.svg import document, line, text

__all__ = ["Point", "render_frontier"]

_LEFT, _TOP, _WIDE, _HIGH = 56, 14, 540, 260


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One candidate; each axis as (low, value, high)."""

    name: str
    clean: tuple[float, float, float]
    attacked: tuple[float, float, float]
    chosen: bool
    allowed: bool


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    start: float
    length: float

    def __call__(self, value: float) -> float:
        return self.start + self.length * (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        return [self.low + (self.high - self.low) * i / 5 for i in range(6)]


def render_frontier(points: Sequence[Point], *, title: str) -> str:
    """A scatter: clean accuracy to the right, attacked accuracy upwards."""
    across = _scale([v for p in points for v in p.clean], _LEFT, _WIDE)
    upwards = _scale([v for p in points for v in p.attacked], _TOP + _HIGH, -_HIGH)
    body = []
    for tick in across.ticks():
        body.append(line(across(tick), _TOP, across(tick), _TOP + _HIGH, "grid"))
        body.append(text(across(tick), _TOP + _HIGH + 16, f"{tick:.3f}", kind="tick", anchor="middle"))
    for tick in upwards.ticks():
        body.append(line(_LEFT, upwards(tick), _LEFT + _WIDE, upwards(tick), "grid"))
        body.append(text(_LEFT - 8, upwards(tick) + 4, f"{tick:.2f}", kind="tick", anchor="end"))
    body.append(text(_LEFT + _WIDE / 2, _TOP + _HIGH + 34, "clean accuracy", kind="label", anchor="middle"))
    body.append(text(_LEFT, _TOP - 2, "attacked accuracy", kind="label"))
    for point in sorted(points, key=lambda p: p.chosen):
        body += _point(point, across, upwards)
    summary = "; ".join(f"{p.name}: clean {p.clean[1]:.3f}, attacked {p.attacked[1]:.3f}" for p in points)
    return document(_LEFT + _WIDE + 130, _TOP + _HIGH + 44, title=title, summary=summary, body=body)


def _scale(values: Sequence[float], start: float, length: float) -> _Scale:
    low, high = min(values), max(values)
    margin = 0.08 * (high - low) or 0.01
    return _Scale(low - margin, high + margin, start, length)


def _point(point: Point, across: _Scale, upwards: _Scale) -> list[str]:
    kind = "chosen" if point.chosen else "open" if point.allowed else "refused"
    x, y = across(point.clean[1]), upwards(point.attacked[1])
    cross = [
        line(across(point.clean[0]), y, across(point.clean[2]), y, f"cross {kind}"),
        line(x, upwards(point.attacked[0]), x, upwards(point.attacked[2]), f"cross {kind}"),
    ]
    dot = f'<circle class="dot {kind}" cx="{x:.1f}" cy="{y:.1f}" r="{6 if point.chosen else 4}"/>'
    return [*cross, dot, text(x + 9, y - 7, point.name, kind=f"name {kind}")]
