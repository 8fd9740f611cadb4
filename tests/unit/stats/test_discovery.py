"""Benjamini-Hochberg: the same as scipy's, and it bounds false discoveries."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from hauberk.stats import benjamini_hochberg, simes_p_value
from hauberk.stats.errors import BadLevel, BadSample


@pytest.mark.parametrize("seed", range(20))
def test_the_same_as_scipy(seed):
    generator = np.random.default_rng(seed)
    p = generator.beta(0.3, 2, size=int(generator.integers(1, 60)))
    for level in (0.01, 0.1, 0.3):
        assert (benjamini_hochberg(p, level) == (false_discovery_control(p) <= level)).all()
    assert simes_p_value(p) == pytest.approx(false_discovery_control(p).min())


def test_a_later_small_value_lifts_the_ones_before_it():
    assert benjamini_hochberg(np.array([0.03, 0.03, 0.03]), 0.03).all()
    assert not benjamini_hochberg(np.array([0.03, 0.9, 0.9]), 0.03).any()


def test_fewer_true_hypotheses_raise_the_level():
    p = np.array([0.03, 0.2, 0.5, 0.6])
    assert not benjamini_hochberg(p, 0.1).any()
    assert benjamini_hochberg(p, 0.1, true_share=0.5).sum() == 1
    assert benjamini_hochberg(p, 0.9, true_share=0.1).all()
    with pytest.raises(BadLevel):
        benjamini_hochberg(p, 0.1, true_share=0.0)


def test_no_tests_reject_nothing():
    assert benjamini_hochberg(np.array([]), 0.1).shape == (0,)
    assert simes_p_value(np.array([])) == 1.0


def test_false_discoveries_are_bounded():
    generator = np.random.default_rng(1)
    shares = []
    for _ in range(400):
        p = generator.uniform(size=50)
        p[:10] = generator.beta(0.05, 3, size=10)
        found = benjamini_hochberg(p, 0.2)
        shares.append(found[10:].sum() / max(1, found.sum()))
    assert 0.1 < np.mean(shares) <= 0.18  # 0.2 times 40 / 50 true hypotheses is 0.16


@pytest.mark.parametrize("p", [[0.1, float("nan")], [-0.1], [1.1]])
def test_what_is_no_p_value(p):
    with pytest.raises(BadSample):
        benjamini_hochberg(np.array(p), 0.1)


@pytest.mark.parametrize("level", [0.0, 1.0, float("nan")])
def test_the_level(level):
    with pytest.raises(BadLevel):
        benjamini_hochberg(np.array([0.1]), level)


def test_the_level_at_which_the_first_is_rejected():
    p = np.array([0.02, 0.01, 0.5, 0.4])
    assert simes_p_value(p) == pytest.approx(0.04)
    assert not benjamini_hochberg(p, 0.039).any()
    assert benjamini_hochberg(p, 0.041).any()
    with pytest.raises(BadSample):
        simes_p_value(np.array([np.nan]))
