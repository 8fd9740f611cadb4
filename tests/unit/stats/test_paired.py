"""Newcombe's paired interval against published figures and by simulation; McNemar against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from hauberk.stats import estimate_difference, estimate_paired_difference, exact_mcnemar
from hauberk.stats.errors import BadLevel, BadSample


def outcomes(both, only_first, only_second, neither):
    first = np.repeat([True, True, False, False], [both, only_first, only_second, neither])
    second = np.repeat([True, False, True, False], [both, only_first, only_second, neither])
    return first, second


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [
        # Cavo et al. 2012, as the R package contingencytables (Fagerland, Lydersen and Laake) prints it.
        ((59, 6, 16, 80), -0.1186, -0.0046),
    ],
)
def test_published_interval(cells, low, high):
    estimate = estimate_paired_difference(*outcomes(*cells))
    assert estimate.low == pytest.approx(low, abs=6e-5)
    assert estimate.high == pytest.approx(high, abs=6e-5)
    assert estimate.value == pytest.approx((cells[1] - cells[2]) / sum(cells))
    assert (estimate.n, estimate.method) == (sum(cells), "newcombe-paired")


def test_swapping_the_two_turns_the_sign():
    first, second = outcomes(59, 6, 16, 80)
    one, other = estimate_paired_difference(first, second), estimate_paired_difference(second, first)
    assert (one.low, one.value, one.high) == pytest.approx((-other.high, -other.value, -other.low))


@pytest.mark.parametrize("cells", [(10, 0, 0, 0), (0, 0, 0, 10), (0, 10, 0, 0), (0, 0, 10, 0), (1, 0, 0, 0)])
def test_the_corners_stay_finite_and_in_range(cells):
    estimate = estimate_paired_difference(*outcomes(*cells))
    assert -1 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert estimate.high - estimate.low > 0.05


@pytest.mark.parametrize("shares", [(0.4, 0.15, 0.05, 0.4), (0.8, 0.1, 0.02, 0.08), (0.1, 0.3, 0.3, 0.3)])
def test_coverage(shares):
    generator = np.random.default_rng(3)
    truth, hits, rounds = shares[1] - shares[2], 0, 1500
    for cells in generator.multinomial(80, shares, size=rounds):
        estimate = estimate_paired_difference(*outcomes(*cells))
        hits += estimate.low <= truth <= estimate.high
    assert 0.93 <= hits / rounds <= 0.99


def test_pairing_narrows_the_interval():
    first, second = outcomes(70, 5, 2, 23)
    paired = estimate_paired_difference(first, second)
    shuffled = estimate_paired_difference(first, np.random.default_rng(0).permutation(second))
    assert paired.high - paired.low < 0.6 * (shuffled.high - shuffled.low)


@pytest.mark.parametrize(("only_first", "only_second"), [(6, 16), (1, 0), (30, 30), (12, 2)])
def test_mcnemar_is_the_binomial_test_of_the_differing(only_first, only_second):
    p = exact_mcnemar(*outcomes(9, only_first, only_second, 4))
    assert p == pytest.approx(binomtest(only_first, only_first + only_second).pvalue)


def test_mcnemar_without_a_difference_finds_none():
    assert exact_mcnemar(*outcomes(5, 0, 0, 5)) == 1.0


def test_mcnemar_keeps_its_level():
    generator = np.random.default_rng(5)
    draws = generator.multinomial(60, [0.5, 0.15, 0.15, 0.2], size=1500)
    alarms = sum(exact_mcnemar(*outcomes(*cells)) <= 0.05 for cells in draws)
    assert alarms / 1500 <= 0.05


@pytest.mark.parametrize("call", [estimate_paired_difference, exact_mcnemar])
def test_unusable_samples(call):
    with pytest.raises(BadSample):
        call(np.array([], bool), np.array([], bool))
    with pytest.raises(BadSample):
        call(np.array([True]), np.array([True, False]))


def test_a_level_is_a_share():
    with pytest.raises(BadLevel):
        estimate_paired_difference(np.array([True]), np.array([True]), level=95)


def test_the_difference_of_different_rows_is_newcombes():
    # The example of Newcombe 1998 (Statistics in Medicine 17, 873-890), table II (a), method 10: 56/70 - 48/80.
    first, second = np.arange(70) < 56, np.arange(80) < 48
    found = estimate_difference(first, second)
    assert found.value == pytest.approx(0.2)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_a_difference_needs_rows_of_both():
    with pytest.raises(BadSample):
        estimate_difference(np.zeros(0, bool), np.ones(3, bool))
