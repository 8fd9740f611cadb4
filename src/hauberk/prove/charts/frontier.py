"""What robustness costs: every candidate by clean and attacked accuracy, with the intervals of both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hauberk.prove.charts.interval import Interval
from hauberk.prove.charts.scale import Scale, fitted_scale
from hauberk.prove.charts.svg import circle, line, picture, text
from hauberk.prove.markup import Markup

__all__ = ["Point", "render_frontier"]

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 590, 26, 316
_WIDTH, _HEIGHT = 600, 358
# Where a number may stand around its dot: near by and to the upper right first, then farther out, on a leader.
_ANGLES = (-30, -150, 30, 150, -90, 90, 0, 180, -60, -120, 60, 120)
_REACHES = (14, 28, 42, 58, 76)
_ACROSS = {angle: math.cos(math.radians(angle)) for angle in _ANGLES}
_DOWN = {angle: math.sin(math.radians(angle)) for angle in _ANGLES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One candidate; it is numbered in the chart by its place in the list, from 1."""

    name: str
    clean: Interval
    attacked: Interval
    chosen: bool
    allowed: bool

    @property
    def kind(self) -> str:
        """The class that it is drawn in."""
        return "chosen" if self.chosen else "open" if self.allowed else "refused"


def render_frontier(points: Sequence[Point], *, title: str) -> Markup:
    """A scatter: clean accuracy to the right, attacked accuracy upwards."""
    across = fitted_scale([end for p in points for end in (p.clean.low, p.clean.high)], start=_LEFT, end=_RIGHT)
    upwards = fitted_scale([end for p in points for end in (p.attacked.low, p.attacked.high)], start=_BOTTOM, end=_TOP)
    body = _grid(across, upwards)
    drawn = sorted(range(len(points)), key=lambda number: points[number].chosen)
    for number in drawn:
        body += _cross(points[number], across, upwards)
    for number in drawn:
        body += _dot(points[number], across, upwards)
    dots = [(across(point.clean.value), upwards(point.attacked.value)) for point in points]
    for number, (dot, spot) in enumerate(zip(dots, _spots(dots), strict=True)):
        kind = points[number].kind
        if math.dist(dot, spot) > _REACHES[0] + 1:
            body.append(line(*dot, *spot, f"leader {kind}"))
        body.append(text(spot[0], spot[1] + 4, str(number + 1), kind=f"name {kind}", anchor="middle"))
    return picture(_WIDTH, _HEIGHT, title=title, summary=_summary(points), body=body)


def _grid(across: Scale, upwards: Scale) -> list[str]:
    body: list[str] = []
    for value, label in across.ticks():
        x = across(value)
        body += [line(x, _TOP, x, _BOTTOM, "grid"), text(x, _BOTTOM + 16, label, kind="tick", anchor="middle")]
    for value, label in upwards.ticks():
        y = upwards(value)
        body += [line(_LEFT, y, _RIGHT, y, "grid"), text(_LEFT - 6, y + 4, label, kind="tick", anchor="end")]
    body.append(text((_LEFT + _RIGHT) / 2, _BOTTOM + 36, "clean accuracy", kind="axis", anchor="middle"))
    body.append(text(0, 12, "accuracy under attack", kind="axis"))
    return body


def _cross(point: Point, across: Scale, upwards: Scale) -> list[str]:
    x, y = across(point.clean.value), upwards(point.attacked.value)
    return [
        line(across(point.clean.low), y, across(point.clean.high), y, f"cross {point.kind}"),
        line(x, upwards(point.attacked.low), x, upwards(point.attacked.high), f"cross {point.kind}"),
    ]


def _dot(point: Point, across: Scale, upwards: Scale) -> list[str]:
    x, y = across(point.clean.value), upwards(point.attacked.value)
    ring = [circle(x, y, 8, "ring")] if point.chosen else []
    return [*ring, circle(x, y, 4, f"dot {point.kind}")]


def _spots(dots: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The middle of each number, where it covers no dot and no other number, as far as there is such a place."""
    chosen: list[tuple[float, float]] = []
    for x, y in dots:
        spots = [(x + reach * _ACROSS[angle], y + reach * _DOWN[angle]) for reach in _REACHES for angle in _ANGLES]
        inside = [(a, b) for a, b in spots if _LEFT + 8 <= a <= _WIDTH - 8 and _TOP <= b <= _BOTTOM - 6] or spots
        free = [spot for spot in inside if not _covers(spot, dots, 9, 9) and not _covers(spot, chosen, 15, 12)]
        chosen.append((free or inside)[0])
    return chosen


def _covers(spot: tuple[float, float], others: Sequence[tuple[float, float]], wide: float, high: float) -> bool:
    return any(abs(spot[0] - x) < wide and abs(spot[1] - y) < high for x, y in others)


def _summary(points: Sequence[Point]) -> str:
    words = {"chosen": "chosen", "open": "allowed", "refused": "not allowed"}
    return "; ".join(
        f"{number + 1} {p.name} ({words[p.kind]}): clean {p.clean.value:.3f}, attacked {p.attacked.value:.3f}"
        for number, p in enumerate(points)
    )
