"""Which rows of a dataset changed, came or went, by the digests of the rows before and after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.data.errors import BadRows

__all__ = ["RowChanges", "compare_rows", "parse_row_digests"]

Rows = NDArray[np.intp]
_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowChanges:
    """What happened between two states of a table.

    Attributes:
        changed: (c, 2) row number before and after of rows that stand between the same unchanged rows.
        went: (g,) row numbers before, of rows that are gone.
        came: (a,) row numbers after, of rows that are new.
        moved: Whether rows that are in both stand in another order.
    """

    changed: Rows
    went: Rows
    came: Rows
    moved: bool

    @property
    def none(self) -> bool:
        """Whether nothing happened."""
        return not (len(self.changed) or len(self.went) or len(self.came) or self.moved)


def parse_row_digests(data: bytes) -> NDArray[np.uint8]:
    """(n, 32) digests as `row_digests` gives them.

    Raises:
        BadRows: Not a whole number of digests.
    """
    if not data or len(data) % _SIZE:
        raise BadRows(expected=f"digests of {_SIZE} bytes each", got=f"{len(data)} bytes")
    return np.frombuffer(data, np.uint8).reshape(-1, _SIZE)


def compare_rows(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> RowChanges:
    """The changes between two states, (n, 32) and (m, 32) row digests.

    Rows are matched by digest, copies one by one in order. Of the rest, those that stand between the same two matched
    rows are taken for changed, first for first. Law: with nothing in common moved, the rows before without `went` and
    the first column of `changed` are the rows after without `came` and the second column.
    """
    old, new = _numbers(before, after)
    partner = _matched(old, new)
    kept = np.flatnonzero(partner >= 0)
    gone, fresh = partner < 0, np.ones(len(new), bool)
    fresh[partner[kept]] = False
    moved = bool((np.diff(partner[kept]) < 0).any())
    # The number of matched rows before a row says between which two of them it stands.
    gap_old: Rows = np.cumsum(~gone, dtype=np.intp)[gone]
    gap_new: Rows = np.cumsum(~fresh, dtype=np.intp)[fresh]
    went, came = np.flatnonzero(gone), np.flatnonzero(fresh)
    first, second = _paired(gap_old, gap_new)
    alone_old, alone_new = np.ones(len(went), bool), np.ones(len(came), bool)
    alone_old[first] = alone_new[second] = False
    changed = np.stack([went[first], came[second]], axis=1)
    return RowChanges(changed=changed, went=went[alone_old], came=came[alone_new], moved=moved)


def _numbers(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[Rows, Rows]:
    """One number for each different digest."""
    both = np.ascontiguousarray(np.concatenate([before, after])).view(f"V{_SIZE}").ravel()
    _, numbers = np.unique(both, return_inverse=True)
    return numbers[: len(before)], numbers[len(before) :]


def _matched(old: Rows, new: Rows) -> Rows:
    """(n,) the row after that each row before is, -1 for none: the k-th copy is the k-th copy."""
    key_old, key_new = _with_rank(old), _with_rank(new)
    order = np.argsort(key_new)
    place = np.searchsorted(key_new[order], key_old)
    inside = np.minimum(place, max(len(order) - 1, 0))
    found = (place < len(order)) & (key_new[order][inside] == key_old) if len(order) else np.zeros(len(old), bool)
    return np.where(found, order[inside] if len(order) else -1, -1)


def _with_rank(numbers: Rows) -> Rows:
    """(n,) a number for each pair of a digest and how many equal ones stood before."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    start = np.searchsorted(ordered, ordered)
    rank = np.empty(len(numbers), dtype=np.intp)
    rank[order] = np.arange(len(numbers)) - start
    return np.asarray(numbers * (1 << 31) + rank, dtype=np.intp)


def _paired(one: Rows, other: Rows) -> tuple[Rows, Rows]:
    """Places in two ascending lists of gaps that belong together, first for first in each gap."""
    key_one, key_other = _with_rank(one), _with_rank(other)
    _, first, second = np.intersect1d(key_one, key_other, assume_unique=True, return_indices=True)
    return first, second
