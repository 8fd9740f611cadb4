"""Shares as bars, largest first."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.prove.charts.svg import bar, document, text

__all__ = ["render_shares"]

_LEFT, _WIDE, _ROW = 190, 400, 26


def render_shares(shares: Sequence[tuple[str, float]], *, title: str) -> str:
    """A bar from 0 to 1 for each name."""
    ordered = sorted(shares, key=lambda share: (-share[1], share[0]))
    body = []
    for number, (name, share) in enumerate(ordered):
        y = 6 + _ROW * number
        body.append(text(_LEFT - 12, y + 13, name, kind="label", anchor="end"))
        body.append(bar(_LEFT, y, _WIDE * share, 16, "after"))
        body.append(text(_LEFT + _WIDE * share + 8, y + 13, f"{100 * share:.0f} %", kind="value"))
    summary = "; ".join(f"{name} {100 * share:.0f} %" for name, share in ordered)
    return document(_LEFT + _WIDE + 80, _ROW * len(ordered) + 12, title=title, summary=summary, body=body)
