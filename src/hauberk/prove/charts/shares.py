"""Shares as bars, largest first."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.prove.charts.svg import bar, picture, text
from hauberk.prove.markup import Markup

__all__ = ["render_shares"]

_LEFT, _WIDE, _WIDTH, _ROW = 168, 262, 480, 25
_LONGEST = 26


def render_shares(shares: Sequence[tuple[str, float]], *, title: str) -> Markup:
    """A bar from 0 to 1 for each name."""
    ordered = sorted(shares, key=lambda share: (-share[1], share[0]))
    body: list[str] = []
    for number, (name, share) in enumerate(ordered):
        y = 4 + _ROW * number
        short = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
        body.append(text(_LEFT - 10, y + 12.5, short, kind="label", anchor="end"))
        body.append(bar(_LEFT, y, _WIDE, 16, "track"))
        body.append(bar(_LEFT, y, _WIDE * min(max(share, 0), 1), 16, "after"))
        body.append(text(_WIDTH, y + 12.5, f"{share:.0%}", kind="value", anchor="end"))
    summary = "; ".join(f"{name} {share:.0%}" for name, share in ordered)
    return picture(_WIDTH, _ROW * len(ordered) + 4, title=title, summary=summary, body=body)
