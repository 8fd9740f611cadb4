"""How many voters would have to vote otherwise before the election of a row can come out differently.

A *changed* voter may hand in any ballot at all. A training row that is put in, taken out or relabelled changes one
voter (`deal_rows`), so a radius in voters is one in rows. A class *beats* another in a count if it has more votes, or
as many and the smaller class code.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.models import Tally, elect

__all__ = ["plurality_radius", "run_off_radius"]

_NEVER = np.iinfo(np.int64).max // 4
Counts = NDArray[np.int64]


def plurality_radius(tally: Tally) -> tuple[NDArray[np.intp], Counts]:
    """The class that most voters rank first, and how many changed voters it stands.

    One changed voter moves the difference between two classes by at most 2. The radius is exact: one voter more,
    taken from the winner and given to the runner-up, changes the outcome.

    Returns:
        winner (n,), radius (n,).

    Source: arXiv 2006.14768, theorem 1.
    """
    winner = tally.first.argmax(axis=1)
    needed = _halved(_gaps(tally.first, winner)).min(axis=1)
    return winner, needed - 1


def run_off_radius(tally: Tally) -> tuple[NDArray[np.intp], Counts]:
    """The winner of the run-off election, and a number of changed voters that it stands.

    The winner p falls only if it misses the run-off, for which two other classes have to beat it in the first count,
    or if it meets some class c there that beats it; c then beats all classes but p in the first count, the strongest
    of them among these. Each is bounded by what one changed voter can do to the differences: 2 to one, or 2 and 1 to
    two that share p. A lower bound of the true radius; with two classes it equals that of the plurality.

    Returns:
        winner (n,), radius (n,).

    Source: arXiv 2302.02300, section 4.1, for DPA; the dynamic program for two differences there has the closed form
    used here.
    """
    winner = elect(tally).winner
    needed = np.minimum(_to_miss_the_run_off(tally.first, winner), _to_lose_it(tally, winner).min(axis=1))
    return winner, needed - 1


def _gaps(first: Counts, winner: NDArray[np.intp]) -> Counts:
    """(n, k) by how much the difference to the winner must shrink before the class beats it; the winner's own never."""
    everyone, classes = np.arange(len(first)), np.arange(first.shape[1])
    gaps: Counts = first[everyone, winner][:, None] - first + (classes > winner[:, None])
    gaps[everyone, winner] = _NEVER
    return gaps


def _halved(gaps: Counts) -> Counts:
    """Changed voters that close a gap at 2 each, 0 where it is closed."""
    return np.asarray((np.maximum(gaps, 0) + 1) // 2)


def _to_miss_the_run_off(first: Counts, winner: NDArray[np.intp]) -> Counts:
    """(n,) voters before two classes beat the winner.

    With a voters that close 2 of the first gap and 1 of the second, and b the other way round, both are closed iff
    2a + b and a + 2b reach them; such a and b with a + b = t exist iff 2t reaches each and 3t their sum.
    """
    if first.shape[1] < 3:
        return np.full(len(first), _NEVER)
    smallest = np.maximum(np.partition(_gaps(first, winner), 1, axis=1)[:, :2], 0)
    return np.asarray(np.maximum(_halved(smallest).max(axis=1), -(-smallest.sum(axis=1) // 3)))


def _to_lose_it(tally: Tally, winner: NDArray[np.intp]) -> Counts:
    """(n, k) voters before the class is in the run-off with the winner and beats it."""
    everyone, classes = np.arange(len(tally.first)), np.arange(tally.first.shape[1])
    later = classes > winner[:, None]
    final: Counts = tally.pairs[everyone, winner] - tally.pairs[everyone, :, winner] + later
    final[everyone, winner] = _NEVER
    others = tally.first.copy()
    others[everyone, winner] = -1
    strongest = others.argmax(axis=1)
    entry = _gaps(tally.first, strongest)
    entry[everyone, strongest] = 0  # it need not beat itself
    return np.maximum(_halved(final), _halved(entry))
