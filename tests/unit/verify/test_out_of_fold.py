"""Models that have not seen a row, nor, the second time, learnt from what the first time contradicts."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.verify import Pool
from hauberk.verify.views import out_of_fold


class Means:
    """Two classes by the nearer mean; remembers what it was made of."""

    def __init__(self, rows, labels):
        self.rows = rows
        self.means = np.array([rows[labels == label].mean() for label in (0, 1)])

    def predict(self, rows):
        odds = 4.0 * (np.abs(rows - self.means[0]) - np.abs(rows - self.means[1])).ravel()
        chance = 1 / (1 + np.exp(-odds))
        return np.stack([1 - chance, chance], axis=1)


@pytest.fixture
def made():
    labels = np.arange(200) % 2
    rows = labels[:, None] * 4.0 + np.random.default_rng(0).normal(scale=0.3, size=(200, 1))
    wrong = np.isin(np.arange(200), [10, 51, 120])
    pool = Pool(rows=rows, labels=np.where(wrong, 1 - labels, labels), classes=2, category_counts=(0,))
    return pool, wrong


@pytest.mark.parametrize("repeats", [1, 3])
def test_contradicted_rows_teach_the_first_time_only(made, repeats):
    pool, wrong = made
    models = []

    def learner(rows, labels, seed):
        models.append(Means(rows, labels))
        return models[-1]

    chances = out_of_fold(pool, learner, folds=4, repeats=repeats, seed=0)
    assert np.allclose(chances.sum(axis=1), 1)
    learnt = [np.isin(pool.rows[wrong], model.rows).sum() for model in models]
    assert sum(learnt[:4]) == 9  # three rows, each in three of four folds
    assert not any(learnt[4:])
    assert len(models) == 4 * repeats


def test_most_of_a_class_teaches_even_if_all_of_it_is_contradicted(made):
    pool, _ = made
    sizes = []

    def learner(rows, labels, seed):
        sizes.append((labels == 1).sum())
        return Means(rows, 1 - labels)

    out_of_fold(pool, learner, folds=2, repeats=2, seed=0)
    assert min(sizes[2:]) >= 0.6 * min(sizes[:2])
