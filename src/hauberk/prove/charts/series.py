"""Several shares against one budget, with their intervals: equal steps for the budgets, which grow by factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hauberk.prove.charts.interval import Interval
from hauberk.prove.charts.scale import Scale
from hauberk.prove.charts.svg import circle, line, picture, polyline, text
from hauberk.prove.markup import Markup

__all__ = ["Panel", "Series", "render_panels"]

_WIDTH, _LEFT, _RIGHT = 640, 46, 606
_HEAD, _TALL, _FOOT, _GAP = 64, 200, 54, 26
_CAP = 3.5
_LETTER = 6.6
"""Width of a letter of the legend, on the safe side of the fonts of the style."""
_ASIDE = 190
"""Room that the words at a mark need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line.

    Attributes:
        name: For the legend.
        kind: Its colour: `open` for the model, `failed` for the attacker, `passed` for what is certified.
        numbers: One for each budget.
    """

    name: str
    kind: str
    numbers: tuple[Interval, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One chart.

    Attributes:
        title: Above it.
        across: What the budgets are.
        budgets: Their labels, and a second line below each.
        series: The lines.
        mark: Position of a budget that is marked, and what is said of it.
    """

    title: str
    across: str
    budgets: tuple[tuple[str, str], ...]
    series: tuple[Series, ...]
    mark: tuple[int, str] | None = None


def render_panels(panels: Sequence[Panel], *, title: str) -> Markup:
    """The panels one below the other, each from 0 to 1."""
    body: list[str] = []
    for number, panel in enumerate(panels):
        body += _panel(panel, number * (_HEAD + _TALL + _FOOT + _GAP))
    height = len(panels) * (_HEAD + _TALL + _FOOT + _GAP) - _GAP
    return picture(_WIDTH, height, title=title, summary=_summary(panels), body=body)


def _panel(panel: Panel, start: float) -> list[str]:
    top, bottom = start + _HEAD, start + _HEAD + _TALL
    upwards = Scale(low=0, high=1, start=bottom, end=top)
    across = Scale(low=0, high=max(1, len(panel.budgets) - 1), start=_LEFT + 24, end=_RIGHT - 14)
    body = [text(0, start + 13, panel.title, kind="label"), *_legend(panel, start + 36)]
    for value, label in upwards.ticks():
        y = upwards(value)
        body += [line(_LEFT, y, _RIGHT, y, "grid"), text(_LEFT - 6, y + 4, label, kind="tick", anchor="end")]
    for place, words in enumerate(panel.budgets):
        for below, word in zip((16, 30), words, strict=True):
            body.append(text(across(place), bottom + below, word, kind="tick", anchor="middle"))
    if panel.mark:
        body += _mark(panel.mark, across, top, bottom)
    for position, series in enumerate(panel.series):
        body += _line(series, across, upwards, shift=4.0 * (position - (len(panel.series) - 1) / 2))
    body.append(text((_LEFT + _RIGHT) / 2, bottom + 48, panel.across, kind="axis", anchor="middle"))
    return body


def _legend(panel: Panel, y: float) -> list[str]:
    body: list[str] = []
    x = float(_LEFT)
    for series in panel.series:
        body += [circle(x, y - 4, 4, f"dot {series.kind}"), text(x + 9, y, series.name, kind="tick")]
        x += 30 + _LETTER * len(series.name)
    return body


def _mark(mark: tuple[int, str], across: Scale, top: float, bottom: float) -> list[str]:
    x = across(mark[0])
    left = x - _LEFT > _RIGHT - _LEFT - _ASIDE
    words = text(x - 6 if left else x + 6, top - 6, mark[1], kind="tick", anchor="end" if left else "start")
    return [line(x, top - 14, x, bottom, "zero"), words]


def _line(series: Series, across: Scale, upwards: Scale, *, shift: float) -> list[str]:
    """The line with its intervals; `shift` keeps intervals of several lines apart."""
    places = [(across(place) + shift, upwards(number.value)) for place, number in enumerate(series.numbers)]
    body: list[str] = [polyline(places, f"curve {series.kind}")]
    for (x, y), number in zip(places, series.numbers, strict=True):
        low, high = upwards(number.low), upwards(number.high)
        strokes = [(x, low, x, high), *((x - _CAP, end, x + _CAP, end) for end in (low, high))]
        body += [line(*stroke, f"cross {series.kind}") for stroke in strokes]
        body.append(circle(x, y, 3.4, f"dot {series.kind}"))
    return body


def _summary(panels: Sequence[Panel]) -> str:
    told = [
        f"{panel.title}, {series.name}: "
        + ", ".join(
            f"{words[0]} {number.value:.3f}" for words, number in zip(panel.budgets, series.numbers, strict=True)
        )
        for panel in panels
        for series in panel.series
    ]
    marks = [panel.mark[1] for panel in panels if panel.mark]
    return "; ".join(marks + told)
