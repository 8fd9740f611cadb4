"""Which rows are held out for testing where no test data are given: the latest ones, or a choice by content."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Dataset, Kind, Role, encode_labels, row_digests

__all__ = ["held_rows", "hold_out"]

_NUMERIC = (Kind.NUMBER, Kind.INTEGER)
Draw = NDArray[np.uint64]


def hold_out(dataset: Dataset, share: float, *, seed: int) -> NDArray[np.bool_]:
    """(n,) mask of the rows to test on.

    Where a column of numbers or dates has the role `time`, they are the latest `share` of the rows: a model is asked
    of days to come. Rows without a stamp are trained on, and of equal stamps the draw below decides. Otherwise they
    are the `share` of each class, at least one row, that a draw by seed and content puts first.

    Laws: the order of the rows changes nothing; a row that comes or goes lets at most one other row of its class (with
    times: one other row) change sides, but for copies of one row, which are drawn alike.

    Args:
        dataset: With a target whose labels are known.
        share: Above 0 and below 1.
        seed: Of the draw. Who writes rows and knows it can choose their side.
    """
    return held_rows(encode_labels(dataset), row_digests(dataset), share=share, seed=seed, stamps=_stamps(dataset))


def held_rows(
    labels: NDArray[np.integer[Any]],
    digests: NDArray[np.uint8],
    *,
    share: float,
    seed: int,
    stamps: NDArray[np.float64] | None = None,
) -> NDArray[np.bool_]:
    """What `hold_out` gives, by what it looks at.

    Args:
        labels: (n,) class codes.
        digests: (n, 32) of the rows, as `row_digests` gives them.
        share: Above 0 and below 1.
        seed: Of the draw.
        stamps: (n,) times, NaN for none; None, or one time only, where no time decides.
    """
    draw = _draw(digests, seed)
    held = np.zeros(len(labels), bool)
    if stamps is not None and len(np.unique(stamps[~np.isnan(stamps)])) > 1:
        known = np.flatnonzero(~np.isnan(stamps))
        latest = known[np.lexsort((draw[known], stamps[known]))[::-1]]
        held[latest[: max(1, round(share * known.size))]] = True
        return held
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        held[rows[np.argsort(draw[rows], kind="stable")[: max(1, round(share * rows.size))]]] = True
    return held


def _stamps(dataset: Dataset) -> NDArray[np.float64] | None:
    """(n,) the times of the rows, NaN for none; None where no column tells them."""
    for feature in dataset.schema.features:
        if feature.role is Role.TIME and feature.kind in _NUMERIC:
            stamps: NDArray[np.float64] = dataset.table.column(feature.name).cast("float64", safe=False).to_numpy()
            return stamps
    return None


def _draw(digests: NDArray[np.uint8], seed: int) -> Draw:
    """(n,) numbers that seed and content of a row decide, evenly spread: the finaliser of SplitMix64 over both.

    Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators" (OOPSLA), figure 17.
    """
    start = np.random.SeedSequence([seed, 1]).generate_state(1, np.uint64)
    z = np.ascontiguousarray(digests).view(">u8").astype(np.uint64).reshape(-1, 4)[:, 0] ^ start
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)
