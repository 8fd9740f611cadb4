"""Clopper-Pearson: the same as scipy's, and it covers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from hauberk.stats import estimate_proportion
from hauberk.stats.errors import BadLevel, BadSample


@pytest.mark.parametrize("n", [1, 2, 7, 100, 12_211])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_the_interval_is_scipys(n, level):
    for successes in sorted({0, 1, n // 3, n - 1, n}):
        ours = estimate_proportion(successes, n, level=level)
        theirs = binomtest(successes, n).proportion_ci(level, method="exact")
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
        assert (ours.value, ours.n, ours.level, ours.method) == (successes / n, n, level, "clopper-pearson")
        assert ours.low <= ours.value <= ours.high


@pytest.mark.parametrize("n", [5, 30, 120])
def test_the_interval_covers_every_share(n):
    shares = np.linspace(0.001, 0.999, 400)
    intervals = [estimate_proportion(k, n) for k in range(n + 1)]
    low, high = np.array([e.low for e in intervals]), np.array([e.high for e in intervals])
    for share in shares:
        covered = (low <= share) & (share <= high)
        assert binom.pmf(np.arange(n + 1), n, share)[covered].sum() >= 0.95 - 1e-12


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (1, 0), (-1, 5), (6, 5), (0, -3)])
def test_no_interval_without_a_sample(successes, n):
    with pytest.raises(BadSample) as caught:
        estimate_proportion(successes, n)
    assert caught.value.code == "STATS-101"


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, 95.0, float("nan")])
def test_a_level_is_a_share(level):
    with pytest.raises(BadLevel):
        estimate_proportion(1, 2, level=level)
