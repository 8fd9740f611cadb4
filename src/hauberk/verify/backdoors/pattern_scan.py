"""Cells with the same values in a part of one class, and in no other rows: what an opaque patch leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.verify.backdoors.inputs import Labels, Mask, Matrix, require_rows

__all__ = ["Pattern", "scan_patterns"]

_SEEDS = 60
_WIDEST = 0.8
"""A value that more of the class share is the class itself."""
_FULL = 0.8
"""Share of a pattern's cells that a row must show to bear it."""
_LEAST_LIFT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """Exact values of some cells.

    Attributes:
        target: The class in which they were found.
        columns: (t,) intp, ascending.
        value: (t,) float64.
        share: (n,) float64, part of the cells in which each row has the value.
        bears: (n,) bool, rows of any label that show at least .8 of the cells.
    """

    target: int
    columns: NDArray[np.intp]
    value: Matrix
    share: Matrix
    bears: Mask


def scan_patterns(rows: Matrix, labels: Labels, target: int, *, least: int = 8) -> tuple[Pattern, ...]:
    """Patterns of at least two cells, grown greedily from the values that the class favours most.

    A natural value of the class (the hole of a zero) is found too: what tells a trigger apart is that the rows are
    contradicted by their neighbours. Exact equality is asked, so a patch under noise or rescaling escapes.

    Args:
        rows: (n, d) float64 finite.
        labels: (n,) int64.
        target: The class to search.
        least: Fewest rows that may bear a pattern.

    Returns:
        Without duplicates, in the order of the seeds.

    Raises:
        BadDetection: The arrays do not belong together.
    """
    require_rows(rows, labels, where="rows")
    inside = labels == target
    columns, values = _shared_values(rows[inside], least)
    if not columns.size or inside.all():
        return ()
    shows = rows[:, columns] == values
    own, others = shows[inside], shows[~inside]
    foreign = (others.sum(axis=0) + 1) / (len(others) + 1)
    favour = own.sum(axis=0) * np.log(own.mean(axis=0) / foreign)
    found: dict[bytes, Pattern] = {}
    for seed in np.lexsort((values, columns, -favour))[:_SEEDS]:
        grown = _grow(own, columns, foreign, int(seed), least=least, widest=max(2, rows.shape[1] // 4))
        share = shows[:, grown].mean(axis=1)
        bears = share >= _FULL
        if len(grown) >= 2 and int((bears & inside).sum()) >= least:
            order = np.sort(np.array(grown))
            pattern = Pattern(target=target, columns=columns[order], value=values[order], share=share, bears=bears)
            found.setdefault(np.packbits(bears & inside).tobytes(), pattern)
    return tuple(found.values())


def _shared_values(own: Matrix, least: int) -> tuple[NDArray[np.intp], Matrix]:
    """Columns and values that at least `least` rows of the class, but not nearly all of them, share."""
    columns, values = [np.empty(0, np.intp)], [np.empty(0)]
    for column in range(own.shape[1]):
        value, count = np.unique(own[:, column], return_counts=True)
        kept = value[(count >= least) & (count <= _WIDEST * len(own))]
        columns.append(np.full(kept.size, column, np.intp))
        values.append(kept)
    return np.concatenate(columns), np.concatenate(values)


def _grow(own: Mask, columns: NDArray[np.intp], foreign: Matrix, seed: int, *, least: int, widest: int) -> list[int]:
    """Item numbers: the seed, then always the item that the rows so far share most beyond all other rows."""
    total = own.sum(axis=0)
    grown, bears = [seed], own[:, seed]
    while len(grown) < widest:
        size = int(bears.sum())
        together = own[bears].sum(axis=0)
        elsewhere = (total - together + 1) / (len(own) - size + 1)
        usual = np.maximum(elsewhere, foreign)
        share = together / size
        gain = together * np.log(np.maximum(share, 1e-9) / usual)
        gain[np.isin(columns, columns[grown])] = -np.inf
        best = int(gain.argmax())
        if gain[best] <= 0 or together[best] < least or share[best] < max(0.5, _LEAST_LIFT * usual[best]):
            break
        grown.append(best)
        bears = bears & own[:, best]
    return grown
