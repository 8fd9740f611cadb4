"""Conformal p-values are valid, exactly."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.stats import conformal_null_share, conformal_p_values
from hauberk.stats.errors import BadSample


def test_by_hand():
    assert conformal_p_values(np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0, 9.0])).tolist() == [1.0, 0.75, 0.25]


def test_ties_count_as_extreme():
    assert conformal_p_values(np.ones(9), np.ones(1)).tolist() == [1.0]


def test_a_score_is_held_against_its_own_group_and_an_empty_group_says_nothing():
    found = conformal_p_values(
        np.array([1.0, 5.0]), np.array([4.0, 4.0, 4.0]),
        reference_groups=np.array([0, 1]), groups=np.array([0, 1, 2]),
    )  # fmt: skip
    assert found.tolist() == [0.5, 1.0, 1.0]


def test_the_level_holds_for_exchangeable_scores():
    random = np.random.default_rng(0)
    found = np.array([conformal_p_values(random.normal(size=19), random.normal(size=1))[0] for _ in range(4000)])
    for level in (0.05, 0.1, 0.5):
        assert (found <= level).mean() < level + 3 * np.sqrt(level * (1 - level) / 4000)


def test_no_number_and_one_sided_groups_are_refused():
    with pytest.raises(BadSample):
        conformal_p_values(np.array([np.nan]), np.ones(1))
    with pytest.raises(BadSample):
        conformal_p_values(np.ones(1), np.ones(1), groups=np.zeros(1, int))
    with pytest.raises(BadSample):
        conformal_p_values(np.ones(1), np.ones(1), groups=np.zeros(2, int), reference_groups=np.zeros(1, int))


@pytest.mark.parametrize("sizes", [(1, 1), (2, 9), (20, 3), (50, 50), (7, 0)])
def test_the_estimated_share_is_above_the_true_one_in_the_harmonic_mean(sizes):
    """At the smallest p-value of a score of either group, where the others are held against one reference less."""
    random, counts, wrong = np.random.default_rng(1), (30, 10), 15
    groups = np.repeat([0, 1], counts)
    true = groups.size / (groups.size + wrong)
    for own in (0, 1):
        if not sizes[own]:
            continue
        found = []
        for _ in range(4000):
            reference = [random.random(size) for size in sizes]
            reference[own] = np.sort(random.random(sizes[own] + 1))[:-1]  # the largest of them all is the score itself
            p_values = conformal_p_values(
                np.concatenate(reference), random.random(groups.size),
                reference_groups=np.repeat([0, 1], sizes), groups=groups,
            )  # fmt: skip
            p_values[np.flatnonzero(groups == own)[0]] = 0.0
            share = conformal_null_share(np.append(p_values, np.zeros(wrong)), np.array(sizes))
            found.append(1 / share)
        assert np.mean(found) < 1 / true + 3 * np.std(found) / np.sqrt(len(found))


def test_the_share_by_hand():
    assert conformal_null_share(np.array([0.1, 0.5, 0.9, 0.2]), np.array([9])) == 3 / (0.5 * 4)
    assert conformal_null_share(np.array([0.2, 0.4]), np.array([4, 0])) == 1 / (0.4 * 2)
    assert conformal_null_share(np.empty(0), np.array([3])) > 0
