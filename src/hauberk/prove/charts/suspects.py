"""Who is suspected: the scores of all rows, the threshold of the flags, and the first rows to look at, on one axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hauberk.prove.charts.histogram import round_levels
from hauberk.prove.charts.scale import Scale
from hauberk.prove.charts.svg import bar, circle, line, picture, text
from hauberk.prove.markup import Markup

__all__ = ["ScoredRow", "render_suspects"]

_WIDTH, _LEFT, _RIGHT = 640, 46, 628
_TOP, _BOTTOM = 62, 222
_LIST, _ROW = _BOTTOM + 70, 19
_ASIDE = 250
"""Room that the words need at the left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRow:
    """One row of the list.

    Attributes:
        words: What is said of it; no value of the row.
        score: Where it stands on the axis.
        flagged: Whether it is flagged.
    """

    words: str
    score: float
    flagged: bool


def render_suspects(
    edges: Sequence[float],
    counts: Sequence[int],
    flagged: Sequence[int],
    *,
    threshold: float | None,
    promise: str,
    rows: Sequence[ScoredRow],
    title: str,
) -> Markup:
    """Bars of rows by score, the flagged ones in them in red, and below them the rows of the list as dots.

    Heights go with the square root, so that few rows are seen too.

    Args:
        edges: (b + 1,) ends of the bars.
        counts: (b,) rows in each bar.
        flagged: (b,) how many of them are flagged.
        threshold: Lowest score that is flagged, None where none is.
        promise: What holds of the flags, in a few words.
        rows: The list, worst first.
        title: Of the picture.
    """
    places = [*edges, *(row.score for row in rows)]
    low, high = min(places), max(max(places), min(places) + 1e-9)
    across = Scale(low=low, high=high, start=_LEFT, end=_RIGHT)
    body = [*_bars(edges, counts, flagged, across), *_axis(across)]
    if threshold is not None:
        x = across(threshold)
        left = x - _LEFT < _ASIDE
        body.append(line(x, _TOP - 14, x, _BOTTOM, "zero"))
        words = f"flagged from {threshold:.2f}"
        body.append(text(x + 6 if left else x - 6, _TOP - 6, words, kind="tick", anchor="start" if left else "end"))
    body.append(text(0, 12, promise, kind="label"))
    body.append(text(0, 34, "rows (square-root scale)", kind="axis"))
    if rows:
        body.append(text(0, _LIST - 10, "to look at first", kind="axis"))
    for number, row in enumerate(rows):
        body += _dot(row, across(row.score), _LIST + _ROW * number + 6)
    height = _LIST + _ROW * len(rows) if rows else _BOTTOM + 44
    return picture(_WIDTH, height, title=title, summary=_summary(counts, flagged, promise, rows), body=body)


def _bars(edges: Sequence[float], counts: Sequence[int], flagged: Sequence[int], across: Scale) -> list[str]:
    most = max(*counts, 1)
    upwards = Scale(low=0, high=math.sqrt(most), start=_BOTTOM, end=_TOP)
    body: list[str] = []
    for level in round_levels(most):
        y = upwards(math.sqrt(level))
        body += [line(_LEFT, y, _RIGHT, y, "grid"), text(_LEFT - 6, y + 4, f"{level:,}", kind="tick", anchor="end")]
    for count, bad, start, stop in zip(counts, flagged, edges, edges[1:], strict=False):
        for height, kind in ((count, "after"), (bad, "suspect")):
            y = upwards(math.sqrt(height))
            body.append(bar(across(start) + 0.5, y, across(stop) - across(start) - 1, _BOTTOM - y, kind))
    return body


def _axis(across: Scale) -> list[str]:
    ticks = [text(across(value), _BOTTOM + 16, label, kind="tick", anchor="middle") for value, label in across.ticks(8)]
    name = "score: how strongly the views contradict the given label"
    middle = (_LEFT + _RIGHT) / 2
    return [
        *ticks,
        line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, "base"),
        text(middle, _BOTTOM + 36, name, kind="axis", anchor="middle"),
    ]


def _dot(row: ScoredRow, x: float, y: float) -> list[str]:
    kind = "dot failed" if row.flagged else "dot open"
    words = text(_LEFT if x - _LEFT > _ASIDE else x + 9, y + 4, row.words, kind="tick")
    return [line(_LEFT, y + 9.5, _RIGHT, y + 9.5, "grid"), circle(x, y, 4, kind), words]


def _summary(counts: Sequence[int], flagged: Sequence[int], promise: str, rows: Sequence[ScoredRow]) -> str:
    listed = "; ".join(row.words for row in rows[:5])
    return f"{sum(counts):,} rows, {sum(flagged):,} flagged: {promise}. First: {listed or 'none'}"
