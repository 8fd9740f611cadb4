"""Rates of a classifier in each group of people, and how far the groups are apart.

Every metric here is a function of the counts of (group, truth, decision), so the rows are read once and a bootstrap
over the cells of that table has the same distribution as one over the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.core.claim import Estimate
from hauberk.stats.errors import BadLevel, BadSample

__all__ = [
    "GroupRates",
    "count_group_pairs",
    "count_groups",
    "estimate_demographic_parity_change",
    "estimate_demographic_parity_difference",
    "estimate_equalized_odds_change",
    "estimate_equalized_odds_difference",
    "group_rates",
]

DRAWS = 2000
"""Replicates of a bootstrap: the 2.5 % quantile then rests on 50 of them."""
FEWEST = 20
"""Rows below which a group's rate is too uncertain to compare; such a group is refused, not left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRates:
    """Rates by group, each (…, groups) float64; NaN where a group has no row of the kind.

    Attributes:
        accuracy: Share decided rightly.
        selection: Share decided 1.
        true_positive: Share decided 1 of those whose truth is 1.
        false_positive: Share decided 1 of those whose truth is 0.
    """

    accuracy: NDArray[np.float64]
    selection: NDArray[np.float64]
    true_positive: NDArray[np.float64]
    false_positive: NDArray[np.float64]


def count_groups(
    group: NDArray[np.int64], truth: NDArray[np.int64], decision: NDArray[np.int64], *, groups: int
) -> NDArray[np.int64]:
    """Counts of the rows, (groups, 2, 2) by group, truth and decision.

    Args:
        group: (n,) codes from 0 below `groups`.
        truth: (n,) 0 or 1.
        decision: (n,) 0 or 1.
        groups: Number of groups.

    Raises:
        BadSample: No rows, unequal lengths, or codes outside their range.
    """
    if not group.size or group.shape != truth.shape or group.shape != decision.shape:
        raise BadSample(expected="as many groups as truths and decisions, at least one", got=f"{group.shape}")
    for name, codes, top in (("group", group, groups), ("truth", truth, 2), ("decision", decision, 2)):
        if codes.min() < 0 or codes.max() >= top:
            raise BadSample(where=name, expected=f"codes from 0 to {top - 1}", got=f"{codes.min()} to {codes.max()}")
    cells = np.bincount(group * 4 + truth * 2 + decision, minlength=groups * 4)
    return cells.reshape(groups, 2, 2)


def count_group_pairs(
    group: NDArray[np.int64],
    truth: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    *,
    groups: int,
) -> NDArray[np.int64]:
    """Counts of rows that two classifiers decided, (groups, 2, 2, 2) by group, truth, first and second decision.

    Arguments and errors: as `count_groups`.
    """
    count_groups(group, truth, first, groups=groups)
    count_groups(group, truth, second, groups=groups)
    cells = np.bincount(group * 8 + truth * 4 + first * 2 + second, minlength=groups * 8)
    return cells.reshape(groups, 2, 2, 2)


def group_rates(counts: NDArray[np.int64]) -> GroupRates:
    """The rates of counts of the shape (…, groups, 2, 2)."""
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN, as documented
        return GroupRates(
            accuracy=(counts[..., 0, 0] + counts[..., 1, 1]) / counts.sum((-2, -1)),
            selection=counts[..., 1].sum(-1) / counts.sum((-2, -1)),
            true_positive=counts[..., 1, 1] / counts[..., 1, :].sum(-1),
            false_positive=counts[..., 0, 1] / counts[..., 0, :].sum(-1),
        )


def estimate_demographic_parity_difference(
    counts: NDArray[np.int64], *, generator: np.random.Generator, draws: int = DRAWS, level: float = 0.95
) -> Estimate:
    """Largest minus smallest selection rate of the groups.

    The interval is the percentile interval of a multinomial bootstrap. A range is never negative and resampling widens
    it, so where the groups are alike the interval lies above zero: read its upper end.

    Args:
        counts: (groups, 2, 2), as `count_groups` gives them.
        generator: Source of the resampling.
        draws: Replicates.
        level: Coverage.

    Raises:
        BadSample: Fewer than two groups, or a group of fewer than 20 rows.
        BadLevel: The level is not between 0 and 1.
    """
    _check(counts, counts.sum((1, 2)), "rows")
    return _estimate(counts, lambda cells: _parity(group_rates(cells)), generator, draws, level)


def estimate_equalized_odds_difference(
    counts: NDArray[np.int64], *, generator: np.random.Generator, draws: int = DRAWS, level: float = 0.95
) -> Estimate:
    """The larger of the ranges of true-positive and false-positive rates over the groups.

    Arguments, interval and its limits: as `estimate_demographic_parity_difference`.

    Raises:
        BadSample: Fewer than two groups, or a group with fewer than 20 rows of either truth.
        BadLevel: The level is not between 0 and 1.
    """
    _check(counts, counts.sum(2).min(1), "rows of each truth")
    return _estimate(counts, lambda cells: _odds(group_rates(cells)), generator, draws, level)


def estimate_demographic_parity_change(
    counts: NDArray[np.int64], *, generator: np.random.Generator, draws: int = DRAWS, level: float = 0.95
) -> Estimate:
    """How much further apart the groups are with the first classifier than with the second, on the same rows.

    The interval is paired, each replicate draws rows with both decisions, and it is the basic one (2 x value minus the
    quantiles): a range is biased upwards by noise, more so in a resample, and the basic interval takes that back.

    Args:
        counts: (groups, 2, 2, 2), as `count_group_pairs` gives them.
        generator: Source of the resampling.
        draws: Replicates.
        level: Coverage.

    Raises:
        BadSample, BadLevel: As `estimate_demographic_parity_difference`.
    """
    _check(counts, counts.sum((1, 2, 3)), "rows")
    return _estimate(counts, lambda cells: _change(cells, _parity), generator, draws, level, basic=True)


def estimate_equalized_odds_change(
    counts: NDArray[np.int64], *, generator: np.random.Generator, draws: int = DRAWS, level: float = 0.95
) -> Estimate:
    """As `estimate_demographic_parity_change`, of what `estimate_equalized_odds_difference` measures.

    Raises:
        BadSample, BadLevel: As `estimate_equalized_odds_difference`.
    """
    _check(counts, counts.sum((2, 3)).min(1), "rows of each truth")
    return _estimate(counts, lambda cells: _change(cells, _odds), generator, draws, level, basic=True)


def _change(cells: NDArray[np.int64], metric: Callable[[GroupRates], NDArray[np.float64]]) -> NDArray[np.float64]:
    return metric(group_rates(cells.sum(-1))) - metric(group_rates(cells.sum(-2)))


def _parity(rates: GroupRates) -> NDArray[np.float64]:
    return _range(rates.selection)


def _odds(rates: GroupRates) -> NDArray[np.float64]:
    return np.maximum(_range(rates.true_positive), _range(rates.false_positive))


def _range(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    spread: NDArray[np.float64] = np.nanmax(rates, axis=-1) - np.nanmin(rates, axis=-1)
    return spread


def _check(counts: NDArray[np.int64], sizes: NDArray[np.int64], what: str) -> None:
    if len(counts) < 2:
        raise BadSample(expected="at least two groups", got=str(len(counts)))
    if sizes.min() < FEWEST:
        where = f"group {int(sizes.argmin())}"
        raise BadSample(where=where, expected=f"at least {FEWEST} {what}", got=str(int(sizes.min())))


def _estimate(
    counts: NDArray[np.int64],
    metric: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    generator: np.random.Generator,
    draws: int,
    level: float,
    *,
    basic: bool = False,
) -> Estimate:
    if not 0 < level < 1:
        raise BadLevel(where="level", expected="a share above 0 and below 1", got=f"{level}")
    n = int(counts.sum())
    resampled = generator.multinomial(n, counts.ravel() / n, size=draws).reshape(draws, *counts.shape)
    tail = (1 - level) / 2
    low, high = np.quantile(metric(resampled), [tail, 1 - tail])
    value, method = float(metric(counts)), "multinomial-bootstrap"
    if basic:
        low, high, method = 2 * value - high, 2 * value - low, "basic-bootstrap"
    return Estimate(value=value, low=float(low), high=float(high), n=n, method=method, level=level)
