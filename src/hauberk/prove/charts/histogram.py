"""A histogram with a line at zero."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hauberk.prove.charts.svg import bar, document, line, text

__all__ = ["render_histogram"]

_LEFT, _TOP, _WIDE, _HIGH = 40, 12, 620, 150


def render_histogram(edges: Sequence[float], counts: Sequence[int], *, title: str, axis: str) -> str:
    """Bars of counts on a logarithmic scale, so that the few at the end are seen; those beyond zero stand out."""
    top = math.log1p(max(counts))
    width = _WIDE / len(counts)
    base = _TOP + _HIGH
    body = []
    for number, count in enumerate(counts):
        height = _HIGH * math.log1p(count) / top if top else 0
        kind = "after" if (edges[number] + edges[number + 1]) / 2 <= 0 else "suspect"
        body.append(bar(_LEFT + width * number + 1, base - height, width - 2, height, kind))
    span = edges[-1] - edges[0]
    if span and edges[0] < 0 < edges[-1]:
        zero = _LEFT - _WIDE * edges[0] / span
        body += [line(zero, _TOP, zero, base, "whisker"), text(zero, base + 16, "0", kind="tick", anchor="middle")]
    body.append(text(_LEFT, base + 16, f"{edges[0]:.1f}", kind="tick"))
    body.append(text(_LEFT + _WIDE, base + 16, f"{edges[-1]:.1f}", kind="tick", anchor="end"))
    body.append(text(_LEFT + _WIDE / 2, base + 34, axis, kind="label", anchor="middle"))
    beyond = sum(c for c, low in zip(counts, edges, strict=False) if low >= 0)
    summary = f"{sum(counts)} rows from {edges[0]:.1f} to {edges[-1]:.1f}; about {beyond} above zero"
    return document(_LEFT + _WIDE + 20, base + 44, title=title, summary=summary, body=body)
