"""Wrong labels are found where they were planted, few where none were, and flagged at the stated rate."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.models import open_model
from hauberk.stats.errors import BadLevel
from hauberk.verify import AttackKind, Pool, rank_rows, suspicion_findings
from hauberk.verify.errors import TooFewRows, TrustedRowsUnusable

xgboost = pytest.importorskip("xgboost")


def learner(rows, labels, seed):
    options = {"max_depth": 3, "eta": 0.2, "objective": "binary:logistic", "nthread": 1, "seed": seed}
    return open_model(xgboost.train(options, xgboost.DMatrix(rows, labels), num_boost_round=20), classes=("0", "1"))


def made(count, *, seed):
    """Two overlapping classes in four columns, of which one is a category."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, count)
    rows = random.normal(size=(count, 4)) + 1.4 * labels[:, None] * np.array([1.0, 1.0, 0.0, 0.0])
    rows[:, 3] = (random.random(count) < 0.3 + 0.4 * labels).astype(float)
    return Pool(rows=rows, labels=labels.astype(np.int64), classes=2, category_counts=(0, 0, 0, 2))


def flipped(pool, share, *, seed):
    planted = np.zeros(len(pool.labels), bool)
    planted[np.random.default_rng(seed).permutation(planted.size)[: round(share * planted.size)]] = True
    return pool.with_labels(np.where(planted, 1 - pool.labels, pool.labels)), planted


def turned_round(pool):
    """Most labels of a corner of class 1, where it is alone, say 0."""
    corner = (pool.rows[:, :2].sum(axis=1) > 3.6) & (pool.labels == 1)
    corner &= np.random.default_rng(0).random(corner.size) < 0.9
    return pool.with_labels(np.where(corner, 0, pool.labels)), corner


def auroc(score, planted):
    ranks = np.argsort(np.argsort(score)) + 1.0
    hits = planted.sum()
    return (ranks[planted].sum() - hits * (hits + 1) / 2) / (hits * (planted.size - hits))


def rank(pool, **more):
    return rank_rows(pool, learner, **({"folds": 4, "q": 0.2, "seed": 0} | more))


def test_planted_flips_rank_first_and_nothing_is_flagged_without_trusted_rows():
    pool, planted = flipped(made(600, seed=1), 0.05, seed=2)
    found = rank(pool)
    assert auroc(found.score, planted) > 0.9
    assert found.p_value is None
    assert not found.flagged.any()
    assert found.kind is AttackKind.NONE
    assert found.suspicious[planted].mean() > 3 * found.suspicious[~planted].mean()
    assert {finding.code for finding in suspicion_findings(found, q=0.2)} == {
        "verify.labels.suspicious",
        "verify.labels.no_claim",
    }


def test_the_realised_rate_of_false_flags_is_what_was_asked_for():
    rates, power = [], []
    for seed in range(8):
        pool, planted = flipped(made(500, seed=seed), 0.1, seed=seed)
        found = rank(pool, seed=seed, trusted=made(1000, seed=100 + seed))
        flags = int(found.flagged.sum())
        rates.append((found.flagged & ~planted).sum() / max(flags, 1))
        power.append(found.flagged[planted].mean())
    assert np.mean(rates) < 0.2 + 2 * np.std(rates) / np.sqrt(len(rates))
    assert np.mean(power) > 0.25


def rare(count, *, seed, poisoned):
    """One row in ten is of class 1 and half of these look like class 0; some that do not are called 0."""
    random = np.random.default_rng(seed)
    labels = (random.random(count) < 0.1).astype(np.int64)
    clear = (labels == 1) & (random.random(count) < 0.5)
    rows = random.normal(size=(count, 3)) + 5.0 * clear[:, None] * np.array([1.0, 1.0, 0.0])
    planted = clear & (random.random(count) < (0.25 if poisoned else 0.0))
    return Pool(rows=rows, labels=np.where(planted, 0, labels), classes=2, category_counts=(0, 0, 0)), planted


def test_rows_are_held_against_their_own_class_where_another_hides_them():
    rates, power = [], []
    for seed in range(4):
        pool, planted = rare(900, seed=seed, poisoned=True)
        trusted, _ = rare(900, seed=50 + seed, poisoned=False)
        found = rank(pool, seed=seed, trusted=trusted)
        rates.append((found.flagged & ~planted).sum() / max(found.flagged.sum(), 1))
        power.append(found.flagged[planted].mean())
        count = int(found.flagged.sum())
        assert found.flagged[found.order[:count]].all()
        assert (np.diff(found.p_value[found.order[:count]]) >= 0).all()
        assert (np.diff(found.score[found.order[count:]]) <= 0).all()
    assert np.mean(rates) < 0.2 + 0.1
    assert np.mean(power) > 0.6


def test_clean_rows_are_hardly_ever_flagged():
    found = [rank(made(400, seed=seed), seed=seed, trusted=made(600, seed=50 + seed)) for seed in range(5)]
    assert sum(bool(one.flagged.any()) for one in found) <= 2


def test_a_region_turned_round_is_found_by_the_trusted_rows_alone():
    pool, planted = turned_round(made(1200, seed=3))
    blind = rank(pool)
    found = rank(pool, trusted=made(1200, seed=4))
    assert auroc(blind.score, planted) < 0.8
    assert auroc(found.score, planted) > 0.95
    assert found.kind is AttackKind.REGION
    assert found.flagged[planted].mean() > 0.5
    assert planted[found.flagged].mean() > 0.6
    assert "AML.T0020" in suspicion_findings(found, q=0.2)[0].message


@pytest.mark.parametrize("with_trusted", [False, True])
def test_the_order_of_the_rows_means_nothing(with_trusted):
    pool, _ = flipped(made(300, seed=5), 0.05, seed=6)
    rows = np.concatenate([pool.rows, pool.rows[:40]])  # copies too
    pool = Pool(
        rows=rows, labels=np.concatenate([pool.labels, pool.labels[:40]]), classes=2, category_counts=(0, 0, 0, 2)
    )
    more = {"trusted": made(200, seed=7)} if with_trusted else {}
    order = np.random.default_rng(8).permutation(len(pool.labels))
    one, other = rank(pool, **more), rank(pool.at(order), **more)
    assert np.allclose(one.score[order], other.score, atol=1e-9)
    assert np.array_equal(one.flagged[order], other.flagged)
    assert np.array_equal(one.proposed[order], other.proposed)


def test_a_clean_row_more_takes_no_evidence_away_beyond_noise():
    pool, planted = flipped(made(400, seed=9), 0.05, seed=10)
    more = made(1, seed=11)
    larger = Pool(
        rows=np.concatenate([pool.rows, more.rows]),
        labels=np.concatenate([pool.labels, more.labels]),
        classes=2,
        category_counts=pool.category_counts,
    )
    before, after = rank(pool), rank(larger)
    place = np.argsort(np.argsort(-before.score)) / len(pool.labels)
    later = np.argsort(np.argsort(-after.score[:-1])) / len(pool.labels)
    assert (later[planted] - place[planted]).mean() < 0.03


def test_missing_values_and_a_column_that_says_nothing():
    pool, planted = flipped(made(300, seed=12), 0.05, seed=13)
    rows = np.concatenate([pool.rows, np.full((300, 1), np.nan), np.ones((300, 1))], axis=1)
    rows[np.random.default_rng(0).random(rows.shape) < 0.1] = np.nan
    found = rank(Pool(rows=rows, labels=pool.labels, classes=2, category_counts=(0, 0, 0, 2, 0, 0)))
    assert np.isfinite(found.score).all()
    assert auroc(found.score, planted) > 0.75


def test_trusted_rows_that_cannot_vouch_are_refused():
    pool = made(300, seed=14)
    with pytest.raises(TrustedRowsUnusable, match="training data"):
        rank(pool, trusted=pool.at(np.arange(200)))
    one_class = made(300, seed=15)
    with pytest.raises(TrustedRowsUnusable, match="each class"):
        rank(pool, trusted=one_class.at(one_class.labels == 0))
    with pytest.raises(TooFewRows):
        rank(pool.at(np.flatnonzero(pool.labels == 0)))
    with pytest.raises(BadLevel):
        rank(pool, trusted=made(300, seed=16), q=0.0)


def test_trusted_rows_are_new_beyond_the_twins_that_rows_have_anyway():
    pool = made(300, seed=20)
    new = made(300, seed=21)
    third = Pool(
        rows=np.concatenate([pool.rows[:100], new.rows[:200]]),
        labels=np.concatenate([pool.labels[:100], new.labels[:200]]),
        classes=2,
        category_counts=pool.category_counts,
    )
    with pytest.raises(TrustedRowsUnusable, match="100 of 300"):
        rank(pool, trusted=third)

    def coarse(pool):
        return Pool(rows=np.rint(pool.rows), labels=pool.labels, classes=2, category_counts=(0, 0, 0, 2))

    assert rank(coarse(pool), trusted=coarse(new)).p_value is not None
