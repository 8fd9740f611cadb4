"""Takes back what an attack did not need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.contest import Contest
from hauberk.attack.evasion.field import Field
from hauberk.attack.evasion.judge import Judge

__all__ = ["trim_rows"]


def trim_rows(
    contest: Contest, field: Field, judge: Judge, rows: NDArray[np.float64], success: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Adversarial rows (n, d) without the moves that they succeed without, one axis after the other.

    Only what is valid takes the place of a row; a row that was not valid before may stay so.

    Returns:
        The rows, the original where the attack failed; (n,) how many rows were tried on the model.
    """
    rows, queries = np.where(success[:, None], rows, field.rows), np.zeros(len(rows), dtype=np.intp)
    for axis in field.axes:
        at = list(axis.columns)
        moved = np.flatnonzero(success & (rows[:, at] != field.rows[:, at]).any(axis=1) & (axis.own >= 0))
        if not len(moved):
            continue
        back = rows[moved]
        back[:, at] = field.rows[moved][:, at]
        fine = judge.beaten(back, contest.label) & judge.valid(field, moved, back)
        queries[moved] += 1
        rows[moved[fine]] = back[fine]
    return rows, queries
