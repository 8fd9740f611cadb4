"""Before and after, one below the other, with the whiskers of their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hauberk.prove.charts.interval import Interval
from hauberk.prove.charts.scale import Scale
from hauberk.prove.charts.svg import bar, line, picture, text, whisker
from hauberk.prove.markup import Markup

__all__ = ["BarPair", "render_bars"]

_LEFT, _RIGHT, _WIDTH = 52, 420, 480
_ROW, _BAR, _TOP = 66, 15, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class BarPair:
    """One measure of the model before and after; None where it was not measured."""

    label: str
    before: Interval | None
    after: Interval | None


def render_bars(pairs: Sequence[BarPair], *, title: str) -> Markup:
    """Horizontal bars from 0 to 1."""
    across = Scale(low=0, high=1, start=_LEFT, end=_RIGHT)
    bottom = _TOP + _ROW * len(pairs)
    body: list[str] = []
    for value, label in across.ticks():
        x = across(value)
        body += [line(x, _TOP, x, bottom, "grid"), text(x, bottom + 16, label, kind="tick", anchor="middle")]
    for number, pair in enumerate(pairs):
        top = _TOP + _ROW * number
        body.append(text(0, top + 13, pair.label, kind="label"))
        body += _bar(pair.before, across, top + 21, "before")
        body += _bar(pair.after, across, top + 21 + _BAR + 4, "after")
    return picture(_WIDTH, bottom + 24, title=title, summary=_summary(pairs), body=body)


def _bar(number: Interval | None, across: Scale, y: float, kind: str) -> list[str]:
    name = text(_LEFT - 6, y + 11.5, kind, kind="tick", anchor="end")
    if number is None:
        return [name, text(_LEFT + 4, y + 11.5, "not measured", kind="tick")]
    return [
        name,
        bar(_LEFT, y, across(number.value) - _LEFT, _BAR, kind),
        whisker(across(number.low), across(number.high), y + _BAR / 2),
        text(_WIDTH, y + 12, f"{number.value:.3f}", kind=f"value {kind}", anchor="end"),
    ]


def _summary(pairs: Sequence[BarPair]) -> str:
    def told(number: Interval | None) -> str:
        return f"{number.value:.3f} ({number.low:.3f} to {number.high:.3f})" if number else "not measured"

    return "; ".join(f"{pair.label}: before {told(pair.before)}, after {told(pair.after)}" for pair in pairs)
