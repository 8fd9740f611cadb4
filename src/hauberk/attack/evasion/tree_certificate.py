"""What no adversary can do to a tree ensemble: lower bounds of the margin over everything within reach.

Level 0 (Chen et al. 2019, "Robustness verification of tree-based models", section 3): in each tree the adversary
gets the worst leaf that touches the region; the sum over the trees is a bound, because at best for the adversary
all of them happen together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.contest import Contest
from hauberk.attack.evasion.field import Field
from hauberk.attack.evasion.presence import Bits, choice_bits, everywhere, keep, range_bits, unpack

__all__ = ["level_zero", "reached_leaves", "worst_leaves"]


def level_zero(contest: Contest, field: Field) -> NDArray[np.float64]:
    """(n,) lower bound of the margin of each row over its region; the label stands where it is above the slack."""
    return worst_leaves(contest, unpack(reached_leaves(contest, field), len(field.rows)))


def reached_leaves(contest: Contest, field: Field) -> Bits:
    """(L, n / 8) the leaves that touch the region of each row."""
    alive = everywhere(len(contest.value), len(field.rows))
    for boxes, own in field.fixed:
        keep(alive, boxes, range_bits(boxes, own, own))
    for axis in field.axes:
        if axis.ordered:
            bits = range_bits(axis.boxes, axis.low, axis.high)
        else:
            bits = choice_bits(axis.boxes, axis.own, axis.allowed)
        keep(alive, axis.boxes, bits)
    return alive


def worst_leaves(contest: Contest, alive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n,) the bound: base plus the smallest leaf of each tree among the (L, n) that are alive."""
    narrow = contest.value.astype(np.float32)
    value = narrow if (narrow == contest.value).all() else contest.value
    masked = np.where(alive, value[:, None], value.dtype.type(np.inf))
    worst = np.minimum.reduceat(masked, contest.boxes.start, axis=0)
    return np.asarray(contest.base + worst.sum(axis=0, dtype=np.float64))
