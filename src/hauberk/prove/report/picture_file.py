"""A picture of the report as a file of its own."""

from __future__ import annotations

import re

from hauberk.prove.markup import Markup
from hauberk.prove.report.style import STYLE

__all__ = ["picture_file"]

_BOX = re.compile(r'viewBox="0 0 ([0-9]+) ([0-9]+)"')


def picture_file(svg: Markup) -> bytes:
    """The picture as an SVG file that brings its colours along; empty bytes where there is nothing to draw."""
    if not svg:
        return b""
    head, rest = svg.split(">", 1)
    head = _BOX.sub(lambda box: f'viewBox="-16 -16 {int(box[1]) + 32} {int(box[2]) + 32}" width="960"', head)
    return f"{head}><style>{_own_style()}</style>{rest}\n".encode()


def _own_style() -> str:
    """The part of the page's style that pictures use."""
    colours = STYLE[STYLE.index(":root{") : STYLE.index("*{box-sizing")]
    rules = [rule for rule in STYLE.splitlines() if rule.startswith("svg ")]
    return "".join([colours, "svg{background:var(--paper)}", *rules]).replace("\n", "")
