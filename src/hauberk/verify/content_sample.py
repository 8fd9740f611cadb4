"""A sample of the rows that depends on what they hold, not on where they stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.stats import hash_numbers

__all__ = ["LEAST_OF_CLASS", "ContentSample", "draw_by_content"]

LEAST_OF_CLASS = 1000
"""Rows of a class that are drawn at least, all where there are fewer."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContentSample:
    """Drawn rows.

    Attributes:
        rows: (m,) row numbers, ascending.
        even: Whether all classes are there in their shares, so that drawn and other rows are alike; else some rare
            class has more.
    """

    rows: NDArray[np.intp]
    even: bool


def draw_by_content(
    keys: NDArray[np.uint64],
    labels: NDArray[np.integer],
    turn: NDArray[np.int32],
    *,
    size: int,
    seed: int,
    least: int = LEAST_OF_CLASS,
) -> ContentSample:
    """Draw class by class the rows whose hashes are the least.

    Each copy of a row is drawn for itself. Law: another order of the rows draws the same rows; each row of a class is
    as likely as every other, over the seeds.

    Args:
        keys: (n, 2) of the inputs.
        labels: (n,) class codes from 0.
        turn: (n,) how many earlier rows are equal to the row.
        size: Rows to draw, more where rare classes ask for it.
        seed: Of the hash.
        least: Rows of each class at least.

    Source: Cohen and Kaplan 2007, "Summarizing data using bottom-k sketches" (PODC), section 2.
    """
    rank = _ranks(keys, turn, seed)
    counts = np.bincount(labels)
    share = np.ceil(counts * min(1.0, size / max(len(labels), 1))).astype(np.int64)
    wanted = np.minimum(counts, np.maximum(share, least))
    drawn = []
    for label in np.flatnonzero(counts):
        members = np.flatnonzero(labels == label)
        count = int(wanted[label])
        kept = np.argpartition(rank[members], count - 1)[:count] if count < members.size else slice(None)
        drawn.append(members[kept])
    rows = np.sort(np.concatenate(drawn)) if drawn else np.empty(0, np.intp)
    return ContentSample(rows=rows, even=bool((wanted == share).all()))


def _ranks(keys: NDArray[np.uint64], turn: NDArray[np.int32], seed: int) -> NDArray[np.uint64]:
    """(n,) a hash of each copy of each row."""
    salt = np.random.default_rng([seed, 11]).integers(2**63, dtype=np.uint64)
    copy = hash_numbers(turn.astype(np.float64))
    word = (keys[:, 0] ^ salt) + copy
    return (word ^ (word >> np.uint64(29))) * np.uint64(0xD6E8FEB86659FD93) ^ keys[:, 1]
