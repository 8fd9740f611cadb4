"""Tables and the small marks in them."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.core.claim import Rung
from hauberk.prove.markup import Markup, classed, element, joined

__all__ = ["leaf_mark", "pass_mark", "rung_mark", "spread", "table"]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, label: str) -> Markup:
    """A table; a head that begins with # marks a column of numbers. Cells may be markup or plain text.

    It can be scrolled sideways where the page is narrow, by keyboard too.
    """
    kinds = ["number" if head.startswith("#") else "words" for head in heads]
    top = [
        element("th", head.removeprefix("#"), attributes={"scope": "col", "class": kind})
        for head, kind in zip(heads, kinds, strict=True)
    ]
    body = [element("tr", *[classed("td", kind, cell) for cell, kind in zip(row, kinds, strict=True)]) for row in rows]
    whole = element("table", element("thead", element("tr", *top)), element("tbody", *body))
    attributes = {"class": "wide", "tabindex": "0", "role": "region", "aria-label": label}
    return element("div", whole, attributes=attributes)


def spread(value: str, interval: str) -> Markup:
    """A value with its interval below it."""
    return element("span", value, element("br"), classed("span", "note", interval))


def rung_mark(rung: Rung) -> Markup:
    """How a claim is known."""
    return classed("span", f"rung {rung}", str(rung))


def pass_mark(passed: bool) -> Markup:
    """Whether a gate admits, in a sign and in words."""
    return classed("span", "passed", "✓ pass") if passed else classed("span", "failed", "✗ fail")


def leaf_mark(leaf: int | None) -> Markup:
    """The leaf that something is from, linked to the record."""
    if leaf is None:
        return joined(["—"])
    return element("a", str(leaf), attributes={"href": f"#leaf-{leaf}", "class": "leaf"})
