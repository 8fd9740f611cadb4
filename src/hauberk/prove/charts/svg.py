"""The few SVG elements that the charts are made of; everything that comes from outside is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

__all__ = ["bar", "document", "line", "text"]


def document(width: int, height: int, *, title: str, summary: str, body: Sequence[str]) -> str:
    """A whole picture with its title and, for those who cannot see it, what it says."""
    head = f'<svg viewBox="0 0 {width} {height}" role="img" xmlns="http://www.w3.org/2000/svg">'
    return "".join([head, f"<title>{escape(title)}</title><desc>{escape(summary)}</desc>", *body, "</svg>"])


def bar(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rectangle of class `kind`."""
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}"/>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line of class `kind`."""
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def text(x: float, y: float, words: str, *, kind: str = "", anchor: str = "start") -> str:
    """Words at a place; `anchor` is start, middle or end."""
    mark = f' class="{kind}"' if kind else ""
    return f'<text{mark} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
