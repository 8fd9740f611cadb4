"""Before and after, side by side, with the whiskers of their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hauberk.core.claim import Claim
from hauberk.prove.charts.svg import bar, document, line, text

__all__ = ["BarPair", "render_bars"]

_LEFT, _WIDE, _HIGH, _ROW = 150, 470, 15, 56


@dataclass(frozen=True, slots=True, kw_only=True)
class BarPair:
    """One measure, of the model before and after; None where it was not measured."""

    label: str
    before: Claim | None
    after: Claim | None


def render_bars(pairs: Sequence[BarPair], *, title: str) -> str:
    """Horizontal bars from 0 to 1."""
    height = _ROW * len(pairs) + 30
    body = []
    for tick in range(0, 11, 2):
        x = _LEFT + _WIDE * tick / 10
        body += [
            line(x, 6, x, height - 22, "grid"),
            text(x, height - 6, f"{tick / 10:g}", kind="tick", anchor="middle"),
        ]
    for number, pair in enumerate(pairs):
        top = 12 + _ROW * number
        body.append(text(_LEFT - 12, top + 22, pair.label, kind="label", anchor="end"))
        body += _bar(pair.before, top, "before") + _bar(pair.after, top + _HIGH + 4, "after")
    return document(_LEFT + _WIDE + 90, height, title=title, summary=_summary(pairs), body=body)


def _bar(claim: Claim | None, y: float, kind: str) -> list[str]:
    if claim is None:
        return [text(_LEFT + 4, y + 12, "not measured", kind="tick")]
    number = claim.estimate
    low, high = _LEFT + _WIDE * number.low, _LEFT + _WIDE * number.high
    middle = y + _HIGH / 2
    whisker = [line(low, middle, high, middle, "whisker")]
    whisker += [line(x, middle - 4, x, middle + 4, "whisker") for x in (low, high)]
    label = text(max(high, _LEFT) + 8, y + 12, f"{number.value:.3f}", kind="value")
    return [bar(_LEFT, y, _WIDE * number.value, _HIGH, kind), *whisker, label]


def _summary(pairs: Sequence[BarPair]) -> str:
    def told(claim: Claim | None) -> str:
        return f"{claim.estimate.value:.3f}" if claim else "not measured"

    return "; ".join(f"{pair.label}: before {told(pair.before)}, after {told(pair.after)}" for pair in pairs)
