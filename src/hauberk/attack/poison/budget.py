"""How many training rows an attacker may touch, and which of those that they could."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import BadBudget
from hauberk.attack.poison.labelled import Mask

__all__ = ["budget_rows", "draw_rows", "first_rows", "require_share"]

_ROUNDING = 1e-9
Rows = NDArray[np.intp]


def budget_rows(share: float, rows: int) -> int:
    """The number of rows that a share of `rows` comes to, rounded down: the attacker never has more.

    >>> budget_rows(0.05, 99)
    4

    Raises:
        BadBudget: The share is not above 0 and below 1, or comes to no row at all.
    """
    require_share(share)
    count = math.floor(share * rows * (1 + _ROUNDING))
    if count < 1:
        hint = f"one row is {1 / rows:.2g} of them"
        raise BadBudget(where="share", expected=f"at least one of {rows} rows", got=f"{share}", hint=hint)
    return count


def require_share(share: float) -> None:
    """Refuse what is no share of rows that an attacker could write.

    Raises:
        BadBudget: It is not above 0 and below 1.
    """
    if not 0 < share < 1:  # nor is NaN
        hint = "0.01 is one row in a hundred"
        raise BadBudget(where="share", expected="a share of the rows above 0 and below 1", got=f"{share}", hint=hint)


def draw_rows(eligible: Mask, most: int, *, seed: int, purpose: int) -> Rows:
    """(m,) row numbers drawn among the eligible, ascending, all of them where they are at most `most`.

    A larger budget takes the rows of a smaller one and more, so that curves over the budget compare like with like.

    Raises:
        BadBudget: No row is eligible.
    """
    found = np.flatnonzero(eligible)
    _require_some(found[:most])
    order = np.random.default_rng([seed, purpose]).permutation(found)
    return np.sort(order[:most])


def first_rows(eligible: Mask, order: NDArray[np.float64], most: int) -> Rows:
    """(m,) row numbers of the eligible with the smallest `order` (n,), ascending; ties by row number.

    Raises:
        BadBudget: No row is eligible.
    """
    found = np.flatnonzero(eligible)
    _require_some(found)
    return np.sort(found[np.argsort(order[found], kind="stable")][:most])


def _require_some(found: Rows) -> None:
    if not found.size:
        hint = "choose another class, row or trigger"
        raise BadBudget(expected="rows that the attack can touch", got="none", hint=hint)
