"""A source with wrong labels is told from the others, and chance alone hardly ever tells one."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.stats.errors import BadLevel
from hauberk.verify import check_sources
from hauberk.verify.sources import compare_sources

SOURCES, EACH = 12, 60


def made(*, seed, wrong=0.0):
    """Rows of sources with different shares of class 1; source 3 has a share of wrong labels."""
    random = np.random.default_rng(seed)
    source = random.permutation(np.repeat(np.arange(SOURCES), EACH))
    truth = (random.random(source.size) < (0.2 + 0.05 * source)).astype(np.int64)
    logit = 1.5 * (2 * truth - 1) + random.normal(size=source.size)
    bad = (source == 3) & (random.random(source.size) < wrong)
    labels = np.where(bad, 1 - truth, truth)
    return source, labels, np.where(labels == 1, -logit, logit)


def test_a_bad_source_is_named_by_its_number_and_rows():
    source, labels, margin = made(seed=0, wrong=0.4)
    (found,) = check_sources(source, labels, margin, feature="clinic", q=0.1, seed=0)
    assert found.code == "verify.sources.contradicted"
    assert found.message.startswith("source 3 of 12 (`clinic`")
    assert found.count == EACH
    assert (source[list(found.rows)] == 3).all()
    assert margin[found.rows[0]] == margin[source == 3].max()


def test_a_bad_source_is_found_most_times_and_others_are_left_alone():
    hits, false = [], []
    for seed in range(20):
        found = compare_sources(*made(seed=seed, wrong=0.3), q=0.1, seed=seed)
        named = set(found.source[found.contradicted].tolist())
        hits.append(3 in named)
        false.append(len(named - {3}) / max(len(named), 1))
    assert np.mean(hits) > 0.8
    assert np.mean(false) <= 0.1


def test_chance_and_other_label_rates_raise_no_more_alarms_than_stated():
    alarms = [compare_sources(*made(seed=seed), q=0.1, seed=seed).contradicted.any() for seed in range(20)]
    # 2 of 20 are expected; 5 or more come with a probability of 4 % (binomial), for which the seeds are fixed.
    assert sum(alarms) <= 4
    p_values = np.concatenate([compare_sources(*made(seed=seed), q=0.1, seed=seed).p_value for seed in range(20)])
    for level in (0.05, 0.2, 0.5):
        assert (p_values <= level).mean() < level + 3 * np.sqrt(level * (1 - level) / p_values.size)


def test_the_order_and_the_numbers_mean_nothing():
    source, labels, margin = made(seed=1, wrong=0.2)
    order = np.random.default_rng(0).permutation(source.size)
    other = np.random.default_rng(1).permutation(SOURCES)
    one = compare_sources(source, labels, margin, q=0.1, seed=7)
    two = compare_sources(other[source][order], labels[order], margin[order], q=0.1, seed=7)
    assert np.array_equal(one.p_value, two.p_value[other])
    assert np.allclose(one.excess, two.excess[other])


@pytest.mark.parametrize(
    "source", [np.full(80, -1), np.zeros(80, int), np.arange(80), np.repeat(np.arange(8), 10)], ids=str
)
def test_what_cannot_be_compared_gives_nothing(source):
    margin = np.random.default_rng(0).normal(size=80)
    assert check_sources(source, np.arange(80) % 2, margin, feature="x", q=0.1, seed=0) == ()


def test_small_and_unknown_sources_are_the_others():
    source, labels, margin = made(seed=2, wrong=0.5)
    small = np.where(source == 3, 0, np.where(source < 6, -1, source * 100))
    small[source >= 6] += np.arange((source >= 6).sum())
    found = compare_sources(small, labels, margin, q=0.1, seed=0)
    assert found.source.tolist() == [0]
    assert found.contradicted.all()


def test_a_level_that_is_no_share_is_refused():
    with pytest.raises(BadLevel):
        compare_sources(*made(seed=3), q=1.0, seed=0)
