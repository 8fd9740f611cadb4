"""Views are weighed by flips of the kind that the data seem to hold."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.models import open_model
from hauberk.verify import Pool, rank_rows
from hauberk.verify.blend import OneWay, find_one_way, plant_flips

xgboost = pytest.importorskip("xgboost")
load_digits = pytest.importorskip("sklearn.datasets").load_digits


def learner(rows, labels, seed):
    options = {"max_depth": 3, "eta": 0.3, "objective": "multi:softprob", "num_class": 10, "nthread": 1, "seed": seed}
    model = xgboost.train(options, xgboost.DMatrix(rows, labels), num_boost_round=15)
    return open_model(model, classes=tuple("0123456789"))


@pytest.fixture(scope="module")
def digits():
    rows, labels = load_digits(return_X_y=True)
    return Pool(rows=rows, labels=labels.astype(np.int64), classes=10, category_counts=(0,) * rows.shape[1])


def test_flips_that_go_one_way_are_weighed_by_flips_that_do(digits):
    threes = np.flatnonzero(digits.labels == 3)
    planted = np.isin(np.arange(len(digits.labels)), np.random.default_rng(0).permutation(threes)[:80])
    found = rank_rows(digits.with_labels(np.where(planted, 4, digits.labels)), learner, folds=4, q=0.2, seed=0)
    assert planted[found.order[:80]].mean() > 0.9


@pytest.mark.parametrize("one_way", [None, OneWay(true=3, given=4)])
def test_the_way_of_the_flips_is_found(digits, one_way):
    labels, planted = plant_flips(digits.labels, 10, seed=1, one_way=one_way)
    noise = np.random.default_rng(2).random(labels.size)
    proposed = np.where(planted, digits.labels, (labels + 1 + np.arange(labels.size) % 9) % 10)
    assert find_one_way(planted + noise, labels, proposed, 10) == one_way


def test_of_two_classes_no_way_is_found():
    given = (np.arange(400) % 4 == 0).astype(np.int64)
    assert find_one_way(given.astype(float), given, 1 - given, 2) is None


def test_most_of_a_class_stays():
    labels = np.repeat([0, 1, 2], [400, 20, 30])
    flipped, planted = plant_flips(labels, 3, seed=0, one_way=OneWay(true=1, given=2))
    assert planted.sum() == 9
    assert (flipped[planted] == 2).all()
    assert (labels[planted] == 1).all()
