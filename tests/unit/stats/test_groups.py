"""Rates by group against plain loops; the bootstrap against one over the rows, and its coverage."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.stats import (
    count_group_pairs,
    count_groups,
    estimate_demographic_parity_change,
    estimate_demographic_parity_difference,
    estimate_equalized_odds_change,
    estimate_equalized_odds_difference,
    group_rates,
)
from hauberk.stats.errors import BadLevel, BadSample

RATES = np.array([[0.3, 0.5], [0.4, 0.6], [0.2, 0.7]])  # P(decision 1 | truth) by group


def people(generator, n):
    group = generator.integers(0, 3, n)
    truth = (generator.random(n) < 0.4).astype(int)
    decision = (generator.random(n) < RATES[group, truth]).astype(int)
    return group, truth, decision


def plain_gaps(group, truth, decision):
    selection = [decision[group == g].mean() for g in range(3)]
    hits = [decision[(group == g) & (truth == 1)].mean() for g in range(3)]
    alarms = [decision[(group == g) & (truth == 0)].mean() for g in range(3)]
    return np.ptp(selection), max(np.ptp(hits), np.ptp(alarms))


def test_rates_are_those_of_the_rows():
    group, truth, decision = people(np.random.default_rng(0), 500)
    rates = group_rates(count_groups(group, truth, decision, groups=3))
    for g in range(3):
        mine = group == g
        assert rates.accuracy[g] == pytest.approx((truth == decision)[mine].mean())
        assert rates.selection[g] == pytest.approx(decision[mine].mean())
        assert rates.true_positive[g] == pytest.approx(decision[mine & (truth == 1)].mean())
        assert rates.false_positive[g] == pytest.approx(decision[mine & (truth == 0)].mean())


def test_a_rate_without_rows_is_nan():
    rates = group_rates(count_groups(np.array([0]), np.array([1]), np.array([1]), groups=2))
    assert np.isnan(rates.false_positive[0])
    assert np.isnan(rates.selection[1])


def test_the_values_are_those_of_the_rows():
    rows = people(np.random.default_rng(1), 2000)
    counts = count_groups(*rows, groups=3)
    parity = estimate_demographic_parity_difference(counts, generator=np.random.default_rng(0))
    odds = estimate_equalized_odds_difference(counts, generator=np.random.default_rng(0))
    assert (parity.value, odds.value) == pytest.approx(plain_gaps(*rows))
    assert parity.low < parity.value < parity.high
    assert odds.low < odds.value < odds.high
    assert (parity.n, parity.method) == (2000, "multinomial-bootstrap")


def test_the_interval_is_that_of_a_bootstrap_over_rows():
    generator = np.random.default_rng(2)
    rows = people(generator, 1500)
    gaps = []
    for _ in range(1500):
        drawn = generator.integers(0, 1500, 1500)
        gaps.append(plain_gaps(*(part[drawn] for part in rows)))
    wanted = np.quantile(np.array(gaps), [0.025, 0.975], axis=0)
    counts = count_groups(*rows, groups=3)
    for k, estimate in enumerate((estimate_demographic_parity_difference, estimate_equalized_odds_difference)):
        ours = estimate(counts, generator=np.random.default_rng(3))
        assert (ours.low, ours.high) == pytest.approx(tuple(wanted[:, k]), abs=0.012)


def test_coverage():
    generator = np.random.default_rng(4)
    truth_rate = np.array([0.6, 0.4])
    selection = RATES @ truth_rate
    truth = np.ptp(selection)
    hits = 0
    for _ in range(400):
        counts = count_groups(*people(generator, 3000), groups=3)
        ours = estimate_demographic_parity_difference(counts, generator=generator, draws=400)
        hits += ours.low <= truth <= ours.high
    assert hits / 400 >= 0.92


def test_the_same_seed_gives_the_same_interval():
    counts = count_groups(*people(np.random.default_rng(5), 900), groups=3)
    one, other, third = (
        estimate_equalized_odds_difference(counts, generator=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert one == other
    assert one != third


def test_what_cannot_be_compared_is_refused():
    generator = np.random.default_rng(0)
    with pytest.raises(BadSample, match="two groups"):
        estimate_demographic_parity_difference(np.full((1, 2, 2), 50), generator=generator)
    small = np.full((3, 2, 2), 50)
    small[1] = 2
    with pytest.raises(BadSample, match="group 1"):
        estimate_demographic_parity_difference(small, generator=generator)
    without_positives = np.full((3, 2, 2), 50)
    without_positives[2, 1] = 0
    with pytest.raises(BadSample, match="group 2"):
        estimate_equalized_odds_difference(without_positives, generator=generator)
    with pytest.raises(BadLevel):
        estimate_demographic_parity_difference(np.full((2, 2, 2), 50), generator=generator, level=0)


@pytest.mark.parametrize(
    ("group", "truth", "decision"),
    [([], [], []), ([0], [0, 1], [0]), ([2], [0], [0]), ([0], [2], [0]), ([0], [0], [-1])],
)
def test_codes_outside_their_range(group, truth, decision):
    arrays = [np.array(part, int) for part in (group, truth, decision)]
    with pytest.raises(BadSample):
        count_groups(*arrays, groups=2)


def decisions(seed=0, count=4000):
    random = np.random.default_rng(seed)
    group, truth = random.integers(0, 2, count), random.integers(0, 2, count)
    second = random.integers(0, 2, count)
    # The first refuses a quarter of those of group 1 whom the second accepts.
    first = np.where((group == 1) & (random.random(count) < 0.25), 0, second)
    return group, truth, first, second


@pytest.mark.parametrize("estimate", [estimate_demographic_parity_change, estimate_equalized_odds_change])
def test_the_change_between_two_classifiers(estimate):
    group, truth, first, second = decisions()
    counts = count_group_pairs(group, truth, first, second, groups=2)
    found = estimate(counts, generator=np.random.default_rng(0))
    assert 0.05 < found.low < found.value < found.high < 0.25
    back = estimate(counts.swapaxes(2, 3), generator=np.random.default_rng(0))
    assert back.value == pytest.approx(-found.value)
    same = count_group_pairs(group, truth, second, second, groups=2)
    none = estimate(same, generator=np.random.default_rng(0))
    assert none.value == none.low == none.high == 0


def test_pairs_sum_up_to_each_classifier():
    group, truth, first, second = decisions()
    counts = count_group_pairs(group, truth, first, second, groups=2)
    assert np.array_equal(counts.sum(3), count_groups(group, truth, first, groups=2))
    assert np.array_equal(counts.sum(2), count_groups(group, truth, second, groups=2))
