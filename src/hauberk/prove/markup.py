"""HTML and SVG as values: whatever is not `Markup` yet is escaped when it becomes part of it.

Names of columns, findings and owners come from other people. They can only enter a page through `element`, which
escapes them, so that no page can hold markup of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from types import MappingProxyType

from hauberk.core.printable import render_printable

__all__ = ["NOTHING", "Markup", "classed", "element", "joined"]

_NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})
_VOID = frozenset({"br", "meta", "col"})
_SPACES = "\n\u00a0"


class Markup(str):
    """Text that is markup already. Any operation on it but joining gives plain text, which is escaped again."""

    __slots__ = ()


NOTHING = Markup()


def element(name: str, *children: str, attributes: Mapping[str, str] = _NO_ATTRIBUTES) -> Markup:
    """An element with its children; children that are plain text are escaped, and attribute values always.

    >>> element("td", "a < b", attributes={"class": '"x"'})
    '<td class="&quot;x&quot;">a &lt; b</td>'
    """
    head = "".join(f' {key}="{_visible(value)}"' for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{head}>")
    return Markup(f"<{name}{head}>{joined(children)}</{name}>")


def classed(name: str, kind: str, *children: str) -> Markup:
    """An element of a class of the style sheet."""
    return element(name, *children, attributes={"class": kind})


def joined(parts: Iterable[str], separator: str = "") -> Markup:
    """The parts one after the other, plain text escaped."""
    pieces = [part if isinstance(part, Markup) else _visible(part) for part in parts]
    return Markup(separator.join(pieces))


def _visible(text: str) -> str:
    """Escaped text; what cannot be printed (control characters, turns of direction) is spelt out."""
    return escape(render_printable(text, keep=_SPACES))
