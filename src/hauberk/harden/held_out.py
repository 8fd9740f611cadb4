"""Rows to watch a training with: some of each class, and of each group all or none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.harden.errors import BadHardening, TooFewRows

__all__ = ["hold_out"]


def hold_out(
    labels: NDArray[np.integer], *, share: float, seed: int, groups: NDArray[np.integer] | None = None
) -> NDArray[np.bool_]:
    """(n,) which rows are held out: of each class the given share, or as near as whole groups come from above.

    Args:
        labels: (n,) class codes.
        share: Of the rows of each class, from 0 to a half. Of a class with one group nothing is held out.
        seed: Decides which.
        groups: (n,) rows of one group (one physical sign, one customer) are all on the same side; None where each row
            stands alone.

    Raises:
        BadHardening: The share is out of its range, or there is not one group for each row.
        TooFewRows: Nothing could be held out, or no row is left to train on.
    """
    if not 0 <= share <= 0.5 or (groups is not None and len(groups) != len(labels)):
        got = f"{share}, {len(labels)} rows, {'no' if groups is None else len(groups)} groups"
        raise BadHardening(where="held", expected="a share from 0 to .5 and a group for each row", got=got)
    codes = np.arange(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1]
    held = np.zeros(len(labels), dtype=bool)
    generator = np.random.default_rng(seed)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        found = generator.permutation(np.unique(codes[rows]))
        wanted = share * len(rows)
        for code in found:
            if (held & (labels == label)).sum() >= wanted:
                break
            more = held | (codes == code)
            # A group may hold rows of several classes; none of them is to be left without rows to train on.
            if np.isin(labels[codes == code], labels[~more]).all():
                held = more
    if share and (not held.any() or held.all()):
        raise TooFewRows(where="held", expected="two groups in a class", got=f"{len(labels)} rows")
    return held
