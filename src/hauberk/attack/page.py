"""The result of an attack as HTML: figures, accuracy against the radius, the most fragile rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from hauberk.core.claim import Estimate

__all__ = ["Page", "render_page"]

_WIDTH, _HEIGHT, _EDGE = 420, 180, 34
_COLOURS = ("#c0392b", "#27609c")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Page:
    """What is shown.

    Attributes:
        norm, eps: The threat.
        method, verdict: Of the attack.
        doubts: Why the verdict is not `trusted`.
        figures: Name and share, in order.
        radii: (p,) rising from 0.
        curves: Name and (p,) share of rows that are right and stay so within each radius.
        fragile: Number, size of the change and its words, of the most fragile rows.
    """

    norm: str
    eps: float
    method: str
    verdict: str
    doubts: Sequence[str]
    figures: Mapping[str, Estimate]
    radii: NDArray[np.float64]
    curves: Mapping[str, NDArray[np.float64]]
    fragile: Sequence[tuple[int, float, str]]


def render_page(page: Page) -> str:
    """HTML without scripts; every name in it is escaped."""
    head = "".join(f"<th>{name}</th>" for name in page.figures)
    body = "".join(f"<td>{one.value:.3f} ({one.low:.3f}, {one.high:.3f})</td>" for one in page.figures.values())
    doubts = "".join(f"<li>{escape(why)}</li>" for why in page.doubts)
    rows = max((one.n for one in page.figures.values()), default=0)
    return (
        f"<div><p><b>{escape(page.norm)} {page.eps:g}</b> on {rows} rows, by {escape(page.method)}: "
        f"<b>{escape(page.verdict)}</b></p>{f'<ul>{doubts}</ul>' if doubts else ''}"
        f"<table><tr>{head}</tr><tr>{body}</tr></table>{_chart(page)}{_fragile(page)}</div>"
    )


def _chart(page: Page) -> str:
    """Accuracy against the radius: what was found from above, what was proved from below."""
    most, foot = float(page.radii[-1]), _HEIGHT - _EDGE
    if not most > 0:
        return ""
    lines = "".join(
        _line(page.radii / most, shares, colour, name)
        for (name, shares), colour in zip(page.curves.items(), _COLOURS, strict=False)
    )
    at = _EDGE + page.eps / most * (_WIDTH - 2 * _EDGE)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" '
        f'font-family="sans-serif" font-size="11"><title>accuracy against the {escape(page.norm)} radius</title>'
        f'<path d="M{_EDGE} {_EDGE / 2}V{foot}H{_WIDTH - _EDGE}" fill="none" stroke="#555"/>'
        f'<path d="M{at:.1f} {_EDGE / 2}V{foot}" stroke="#999" stroke-dasharray="3 3"/>{lines}{_legend(page)}'
        f'<text x="8" y="{_EDGE / 2 + 4}">1.0</text><text x="8" y="{foot + 4}">0.0</text>'
        f'<text x="{_EDGE}" y="{_HEIGHT - 14}">0</text>'
        f'<text x="{_WIDTH - _EDGE}" y="{_HEIGHT - 14}" text-anchor="end">{most:.3g}</text></svg>'
    )


def _legend(page: Page) -> str:
    words = "".join(
        f'<tspan fill="{colour}" dx="12">{escape(name)}</tspan>'
        for name, colour in zip(page.curves, _COLOURS, strict=False)
    )
    return f'<text x="{_WIDTH / 2 - 60:.0f}" y="{_HEIGHT - 14}">{words}</text>'


def _line(across: NDArray[np.float64], shares: NDArray[np.float64], colour: str, name: str) -> str:
    x = _EDGE + across * (_WIDTH - 2 * _EDGE)
    y = _EDGE / 2 + (1 - shares) * (_HEIGHT - 1.5 * _EDGE)
    path = "L".join(f"{one:.1f} {other:.1f}" for one, other in zip(x, y, strict=True))
    return f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"><title>{escape(name)}</title></path>'


def _fragile(page: Page) -> str:
    rows = "".join(
        f'<tr><td>{number}</td><td>{size:.4g}</td><td style="text-align:left">{escape(words)}</td></tr>'
        for number, size, words in page.fragile
    )
    return f"<table><tr><th>row</th><th>{escape(page.norm)}</th><th>change</th></tr>{rows}</table>" if rows else ""
