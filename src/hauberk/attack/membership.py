"""Membership inference: how well the loss of a row tells whether the model was trained on it.

The adversary says "member" of a row whose loss is at most the mean loss of the training rows; the advantage is how much
more often they say so of members than of others. It is a lower bound of what stronger attacks find.

Source: Yeom, Giacomelli, Fredrikson and Jha 2018, "Privacy Risk in Machine Learning: Analyzing the Connection to
Overfitting" (CSF), section 3.1 and adversary 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import WrongSamples
from hauberk.core.claim import Estimate
from hauberk.models import LibraryModel, Matrix
from hauberk.stats import estimate_difference

__all__ = ["Membership", "estimate_advantage_change", "infer_members"]

Mask = NDArray[np.bool_]
_LEAST = 1e-12
"""A probability below it counts as it, so that losses stay finite."""
_DRAWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Membership:
    """What the adversary said.

    Attributes:
        threshold: Loss, in nats, up to which they say "member".
        members: (n,) bool, of each row that the model was trained on.
        others: (m,) bool, of each that it was not.
    """

    threshold: float
    members: Mask
    others: Mask

    def advantage(self, *, level: float = 0.95) -> Estimate:
        """True-positive minus false-positive rate, from -1 to 1; 0 for a model that tells nothing."""
        return estimate_difference(self.members, self.others, level=level)


def infer_members(
    model: LibraryModel,
    members: Matrix,
    member_labels: NDArray[np.int64],
    others: Matrix,
    other_labels: NDArray[np.int64],
) -> Membership:
    """Attack a model that answers with probabilities.

    Args:
        model: Under attack.
        members: (n, d) rows that it was trained on, with (n,) class codes.
        member_labels: See above.
        others: (m, d) rows that it was not.
        other_labels: (m,) class codes.

    Raises:
        WrongSamples: No row of one sort.
    """
    if not len(members) or not len(others):
        got = f"{len(members)} and {len(others)}"
        raise WrongSamples(where="membership", expected="members and others", got=got)
    inside, outside = _losses(model, members, member_labels), _losses(model, others, other_labels)
    threshold = float(inside.mean())
    return Membership(threshold=threshold, members=inside <= threshold, others=outside <= threshold)


def estimate_advantage_change(
    first: Membership,
    second: Membership,
    shared: tuple[NDArray[np.intp], NDArray[np.intp]],
    *,
    generator: np.random.Generator,
    draws: int = _DRAWS,
    level: float = 0.95,
) -> Estimate:
    """The advantage against the first model minus that against the second, with the same others.

    The interval is the percentile interval of a bootstrap that draws each row with the answers about both models: the
    others all, of the members those that both were trained on.

    Args:
        first: Of one model.
        second: Of the other, with the same others in the same order.
        shared: Places of the members of both, (s,) among those of the first and among those of the second.
        generator: Source of the resampling.
        draws: Replicates.
        level: Coverage.

    Raises:
        WrongSamples: Other others.
    """
    if first.others.shape != second.others.shape:
        got = f"{first.others.shape} and {second.others.shape}"
        raise WrongSamples(where="membership", expected="the same others", got=got)
    both = _draw_pairs(first.members[shared[0]], second.members[shared[1]], generator, draws)
    alone = [
        _draw(np.delete(one.members, places), generator, draws)
        for one, places in zip((first, second), shared, strict=True)
    ]
    others = _draw_pairs(first.others, second.others, generator, draws)
    rates = [
        (both[at] + alone[at]) / len(one.members) - others[at] / len(one.others)
        for at, one in enumerate((first, second))
    ]
    tail = (1 - level) / 2
    low, high = np.quantile(rates[0] - rates[1], [tail, 1 - tail])
    value = first.advantage().value - second.advantage().value
    n = len(first.members) + len(first.others)
    return Estimate(value=value, low=float(low), high=float(high), n=n, method="paired-bootstrap", level=level)


def _losses(model: LibraryModel, rows: Matrix, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    chances = model.predict(rows)[np.arange(len(rows)), labels]
    return np.asarray(-np.log(np.maximum(chances, _LEAST)))


def _draw_pairs(
    first: Mask, second: Mask, generator: np.random.Generator, draws: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(draws,) hits of each in resamples of rows that carry both answers."""
    if not first.size:
        return np.zeros(draws, np.int64), np.zeros(draws, np.int64)
    cells = np.bincount(first * 2 + second, minlength=4)
    drawn = generator.multinomial(len(first), cells / len(first), size=draws)
    return drawn[:, 2] + drawn[:, 3], drawn[:, 1] + drawn[:, 3]


def _draw(hits: Mask, generator: np.random.Generator, draws: int) -> NDArray[np.int64]:
    return generator.binomial(len(hits), hits.mean(), size=draws) if hits.size else np.zeros(draws, np.int64)
