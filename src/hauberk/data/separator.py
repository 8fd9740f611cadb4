"""Whether a CSV file was read with another separator than it has."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["separator_hint"]

_OTHERS = {";": "';'", "|": "'|'", "\t": "$'\\t'"}
"""Separators that are common beside the comma, as a shell takes them."""


def separator_hint(names: Sequence[str]) -> str:
    """A hint where the header is one cell in which another separator stands, else nothing.

    >>> separator_hint(["age;income"])
    "the header looks as if ';' separates it: give `--delimiter ';'` to `hauberk init`, or set `data.csv.delimiter`"
    >>> separator_hint(["age", "income;net"])
    ''
    """
    other = max(_OTHERS, key=lambda separator: names[0].count(separator)) if len(names) == 1 else ""
    if not other or other not in names[0]:
        return ""
    option = f"`--delimiter {_OTHERS[other]}` to `hauberk init`"
    return f"the header looks as if {other!r} separates it: give {option}, or set `data.csv.delimiter`"
