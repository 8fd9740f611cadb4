"""A histogram with a line at zero."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hauberk.prove.charts.scale import Scale
from hauberk.prove.charts.svg import bar, line, picture, text
from hauberk.prove.markup import Markup

__all__ = ["render_histogram", "round_levels"]

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 474, 26, 196
_WIDTH, _HEIGHT = 480, 238


def render_histogram(edges: Sequence[float], counts: Sequence[int], *, title: str, axis: str) -> Markup:
    """Bars of counts; those beyond zero stand out. Heights go with the square root, so that few rows are seen too."""
    low, high = edges[0], max(edges[-1], edges[0] + 1e-9)  # all rows in one place still get an axis
    across = Scale(low=low, high=high, start=_LEFT, end=_RIGHT)
    upwards = Scale(low=0, high=math.sqrt(max(*counts, 1)), start=_BOTTOM, end=_TOP)
    body: list[str] = []
    for level in round_levels(max(*counts, 1)):
        y = upwards(math.sqrt(level))
        body += [line(_LEFT, y, _RIGHT, y, "grid"), text(_LEFT - 6, y + 4, f"{level:,}", kind="tick", anchor="end")]
    for count, start, stop in zip(counts, edges, edges[1:], strict=False):
        y = upwards(math.sqrt(count))
        kind = "suspect" if start + stop > 0 else "after"
        body.append(bar(across(start) + 0.5, y, across(stop) - across(start) - 1, _BOTTOM - y, kind))
    for value, label in across.ticks(8):
        body.append(text(across(value), _BOTTOM + 16, label, kind="tick", anchor="middle"))
    if low < 0 < high:
        body.append(line(across(0), _TOP - 6, across(0), _BOTTOM, "zero"))
    body.append(line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, "base"))
    body.append(text((_LEFT + _RIGHT) / 2, _BOTTOM + 36, axis, kind="axis", anchor="middle"))
    body.append(text(0, 12, "rows (square-root scale)", kind="axis"))
    return picture(_WIDTH, _HEIGHT, title=title, summary=_summary(edges, counts), body=body)


def round_levels(most: int) -> list[int]:
    """Round counts from the highest downwards, each at most a third of the one above, so that roots lie apart."""
    rounds = [factor * 10**power for power in range(len(str(most))) for factor in (1, 2, 5)]
    levels: list[int] = []
    for value in reversed([value for value in rounds if value <= most]):
        if not levels or 3 * value <= levels[-1]:
            levels.append(value)
    return levels[:4]


def _summary(edges: Sequence[float], counts: Sequence[int]) -> str:
    beyond = sum(count for count, low, high in zip(counts, edges, edges[1:], strict=False) if low + high > 0)
    return f"{sum(counts):,} rows from {edges[0]:.1f} to {edges[-1]:.1f}; about {beyond:,} above zero"
