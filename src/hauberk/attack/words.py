"""A change of a row in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["say_change"]

_MOST = 4
_DIGITS = 4


def say_change(
    names: Sequence[str],
    categories: Sequence[Sequence[str]],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    *,
    most: int = _MOST,
    hidden: Collection[int] = (),
) -> str:
    """What differs between two encoded rows (d,), the largest relative changes first, and how many more there are.

    Of features whose place is `hidden`, such as personal ones, only the name is told.

    >>> import numpy as np
    >>> say_change(("capital gain", "job"), ((), ("clerk", "sales")), np.array([0.0, 0.0]), np.array([4700.0, 1.0]))
    'capital gain from 0 to 4,700; job from clerk to sales'
    """
    changed = np.flatnonzero((before != after) & ~(np.isnan(before) & np.isnan(after)))
    size = np.abs(after[changed] - before[changed]) / (np.abs(before[changed]) + 1e-9)
    size[[bool(categories[at]) for at in changed.tolist()]] = np.inf
    order = changed[np.argsort(-np.nan_to_num(size), kind="stable")] if len(changed) > most else changed
    parts = [
        f"{names[at]} changed"
        if at in hidden
        else f"{names[at]} from {_value(categories[at], before[at])} to {_value(categories[at], after[at])}"
        for at in order[:most].tolist()
    ]
    rest = len(changed) - most
    return "; ".join(parts) + (f"; and {rest} more" if rest > 0 else "") if parts else "nothing"


def _value(categories: Sequence[str], value: float) -> str:
    if np.isnan(value):
        return "missing"
    if categories:
        return categories[int(value)]
    whole = float(value).is_integer() and abs(value) < 1e15
    if whole:
        return f"{int(value):,}"
    return f"{value:,.{_DIGITS}g}" if abs(value) < 1e4 else f"{value:,.0f}"
