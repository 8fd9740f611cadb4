"""Votes of several models on each row, and the election that decides: plurality, then a run-off of the best two.

Source: Rezaei, Banihashem, Chegini and Feizi 2023, "Run-Off Election: Improved Provable Defense against Data Poisoning
Attacks", arXiv 2302.02300, section 3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Counts", "RunOff", "Tally", "count_ballots", "elect"]

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """The counted ballots of n rows over k classes; a ballot is one voter's ranking of the classes.

    Attributes:
        first: (n, k) voters that rank the class highest.
        pairs: (n, k, k) voters that rank the first class above the second; the diagonal is 0.
    """

    first: Counts
    pairs: Counts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunOff:
    """What the election of each row comes to.

    Attributes:
        winner: (n,) class.
        rival: (n,) the other class of the run-off.
        votes: (n,) voters for the winner in the run-off.
    """

    winner: NDArray[np.intp]
    rival: NDArray[np.intp]
    votes: Counts


def count_ballots(voters: Iterable[NDArray[np.float64]], *, rows: int, classes: int) -> Tally:
    """Count the ballots of all voters.

    Args:
        voters: For each voter (n, k) scores; a higher score ranks higher, and of equal ones the smaller class does.
        rows: n.
        classes: k, at least 2.
    """
    first = np.zeros((rows, classes), np.int64)
    pairs = np.zeros((rows, classes, classes), np.int64)
    everyone = np.arange(rows)
    earlier = np.triu(np.ones((classes, classes), bool), 1)
    for scores in voters:
        first[everyone, scores.argmax(axis=1)] += 1
        one, other = scores[:, :, None], scores[:, None, :]
        pairs += (one > other) | ((one == other) & earlier)
    return Tally(first=first, pairs=pairs)


def elect(tally: Tally) -> RunOff:
    """The two classes with most first ranks stand against each other; of equals the smaller class is better.

    With two classes this is the plurality vote.
    """
    everyone = np.arange(len(tally.first))
    best = tally.first.argmax(axis=1)
    others = tally.first.copy()
    others[everyone, best] = -1
    second = others.argmax(axis=1)
    low, high = np.minimum(best, second), np.maximum(best, second)
    for_low, for_high = tally.pairs[everyone, low, high], tally.pairs[everyone, high, low]
    wins = for_low >= for_high
    return RunOff(
        winner=np.where(wins, low, high),
        rival=np.where(wins, high, low),
        votes=np.where(wins, for_low, for_high),
    )
