"""The cores of the classes are not led by rows that carry the wrong label, however many go the same way."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.verify import Pool
from hauberk.verify.views import discriminant_margin, linear_margin


def made(count, *, seed, classes=3):
    random = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    rows = random.normal(size=(count, 5)) + 4.0 * np.eye(5)[labels]
    return Pool(rows=rows, labels=labels, classes=classes, category_counts=(0,) * 5)


def one_way(pool, share, *, seed):
    """Rows of class 0 called 1."""
    planted = (pool.labels == 0) & (np.random.default_rng(seed).random(len(pool.labels)) < share)
    return pool.with_labels(np.where(planted, 1, pool.labels)), planted


def precision(score, planted):
    return planted[np.argsort(-score)[: planted.sum()]].mean()


def test_imposters_of_one_class_stand_out_where_a_model_has_learnt_them():
    pool, planted = one_way(made(600, seed=0), 0.45, seed=1)
    assert precision(discriminant_margin(pool), planted) > 0.9
    assert precision(discriminant_margin(pool), planted) > precision(linear_margin(pool, folds=4, seed=0), planted)


def test_right_labels_are_nearer_their_own_core():
    assert (discriminant_margin(made(300, seed=2)) < 0).mean() > 0.97


@pytest.mark.parametrize("rows", [np.ones((6, 2)), np.full((6, 2), np.nan), np.eye(6)[:, :2]])
def test_columns_that_say_little_give_finite_margins(rows):
    pool = Pool(rows=rows, labels=np.array([0, 0, 0, 2, 2, 2]), classes=3, category_counts=(0, 0))
    assert np.isfinite(discriminant_margin(pool)).all()


def test_a_single_class_contradicts_nothing():
    pool = made(30, seed=3).with_labels(np.zeros(30, np.int64))
    assert not discriminant_margin(pool).any()


def test_moved_and_scaled_columns_change_nothing():
    pool = made(90, seed=4)
    moved = Pool(rows=pool.rows * 1000 - 7, labels=pool.labels, classes=3, category_counts=pool.category_counts)
    assert np.allclose(discriminant_margin(pool), discriminant_margin(moved), rtol=1e-3, atol=1e-3)
