"""A figure with its caption and the same numbers as a table, for those who cannot see it or want to read them."""

from __future__ import annotations

from collections.abc import Mapping

from hauberk.core.encoding import Json
from hauberk.prove.markup import NOTHING, Markup, classed, element
from hauberk.prove.report.numbers import figure

__all__ = ["entry_text", "figure_with"]


def figure_with(svg: Markup, caption: str, beside: Markup = NOTHING) -> Markup:
    """The figure, and the table beside it where the page is wide enough."""
    drawn = element("figure", svg, element("figcaption", caption))
    return classed("div", "pair", drawn, beside) if beside else drawn


def entry_text(entry: Json, name: str) -> str:
    """A field of an object as text; a dash where it is not there."""
    value = entry.get(name) if isinstance(entry, Mapping) else None
    if isinstance(value, bool) or value is None:
        return "—" if value is None else str(value).lower()
    return figure(value) if isinstance(value, int | float) else str(value)
