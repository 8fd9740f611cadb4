"""The known name that a wrong one was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["nearest_hint"]

_SHOWN = 12


def nearest_hint(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known name, or lists the first few.

    >>> nearest_hint("incom", ["age", "income"])
    'did you mean `income`?'
    """
    names = list(known)
    folded = {candidate.casefold(): candidate for candidate in names}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{folded[near[0]]}`?"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"known are {', '.join(f'`{candidate}`' for candidate in names[:_SHOWN])}{more}"
