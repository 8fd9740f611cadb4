"""Other people's words on their way to a terminal or a page."""

from __future__ import annotations

__all__ = ["render_printable"]


def render_printable(text: str, *, keep: str = "\n") -> str:
    r"""`text` with what cannot be printed (control characters, turns of direction, half characters) spelt out.

    >>> render_printable("a\x1b[31m")
    'a\\x1b[31m'

    Args:
        text: Names of columns and files, categories, messages.
        keep: Characters that pass although they cannot be printed.
    """
    return "".join(c if c.isprintable() or c in keep else repr(c)[1:-1] for c in text)
