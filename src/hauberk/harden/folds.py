"""Which training rows a candidate is compared on while the others train it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.harden.errors import BadHardening, TooFewRows
from hauberk.harden.recipe import Labels

__all__ = ["divide_rows"]


def divide_rows(labels: Labels, share: float, *, seed: int) -> NDArray[np.intp]:
    """(n,) the fold of each row: 0 to k - 1, with about `share` of every class in each fold.

    Args:
        labels: (n,) class codes.
        share: Of the rows in one fold, above 0 and at most a half; k is the nearest whole number to its inverse.
        seed: Of the shuffling.

    Raises:
        BadHardening: The share is out of its range.
        TooFewRows: A class has a single row, so it cannot be both trained on and compared on, or there are fewer
            rows than folds.
    """
    if not 0 < share <= 0.5:
        raise BadHardening(where="validation-share", expected="a share above 0 and at most 0.5", got=f"{share:g}")
    folds = round(1 / share)
    counts = np.unique(labels, return_counts=True)[1]
    rarest = int(counts.min()) if counts.size else 0
    if len(labels) < folds or rarest < 2:
        got = f"{len(labels)} rows, {rarest} of the rarest class"
        raise TooFewRows(expected=f"at least {folds} rows, and 2 of every class", got=got)
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    # Dealt class by class like cards, so that folds differ by one row of a class at most.
    order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    fold = np.empty(len(labels), dtype=np.intp)
    fold[order] = np.arange(len(labels)) % folds
    return fold
