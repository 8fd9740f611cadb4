"""Equal rows among millions, by their keys: sorted, so that memory is a few numbers a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Repeats", "find_repeats", "find_seen"]

Keys = NDArray[np.uint64]
Labels = NDArray[np.integer]
Mask = NDArray[np.bool_]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repeats:
    """What the keys of n rows show.

    Attributes:
        repeated: (n,) bool, an earlier row has the same key and label.
        contradictory: (n,) bool, a row of the same key has another label.
        turn: (n,) int32, how many earlier rows have the same key and label.
        twins: Share of the rows of whose key there are two or more.
    """

    repeated: Mask
    contradictory: Mask
    turn: NDArray[np.int32]
    twins: float


def find_repeats(keys: Keys, labels: Labels) -> Repeats:
    """Equal rows among (n, 2) keys of inputs with (n,) labels, n at least 1."""
    order, fresh_key, fresh = _runs(keys, labels)
    at = np.arange(len(order), dtype=np.int32)
    start = np.maximum.accumulate(np.where(fresh, at, 0))
    run = np.cumsum(fresh_key, dtype=np.int32) - 1
    several = np.bincount(run, fresh)[run] > 1
    return Repeats(
        repeated=_placed(~fresh, order),
        contradictory=_placed(several, order),
        turn=_placed(at - start, order),
        twins=float((np.bincount(run)[run] > 1).mean()),
    )


def find_seen(keys: Keys, labels: Labels, known_keys: Keys, known_labels: Labels) -> Mask:
    """(m,) which of m rows have the key and label of some of n known ones."""
    order, _, fresh = _runs(np.concatenate([known_keys, keys]), np.concatenate([known_labels, labels]))
    run = np.cumsum(fresh, dtype=np.int32) - 1
    known = np.bincount(run, order < len(known_keys))[run] > 0
    return _placed(known, order)[len(known_keys) :]


def _runs(keys: Keys, labels: Labels) -> tuple[NDArray[np.intp], Mask, Mask]:
    """The order by key and label, equal ones as they came, and where in it a new key, a new pair begins."""
    order = np.lexsort((labels, keys[:, 1], keys[:, 0]))
    fresh_key = np.ones(len(order), bool)
    fresh_key[1:] = False
    for part in (0, 1):
        column = keys[order, part]
        fresh_key[1:] |= column[1:] != column[:-1]
    given = labels[order]
    fresh = fresh_key.copy()
    fresh[1:] |= given[1:] != given[:-1]
    return order, fresh_key, fresh


def _placed(values: NDArray[T], order: NDArray[np.intp]) -> NDArray[T]:
    """Values in sorted order back in the order of the rows."""
    placed = np.empty_like(values)
    placed[order] = values
    return placed
