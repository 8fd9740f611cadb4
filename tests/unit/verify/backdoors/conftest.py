"""Digits and tables with and without a planted backdoor."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import rankdata


def plant_cells(rows, labels, kind, rate, seed, target=0):
    """(rows, labels, planted): a bright corner or a 20 % blend on rows of other classes, relabelled to the target."""
    chosen = np.random.default_rng(seed).choice(
        np.flatnonzero(labels != target), int(rate * len(labels)), replace=False
    )
    rows, labels, planted = rows.copy(), labels.copy(), np.zeros(len(labels), bool)
    rows[chosen], labels[chosen], planted[chosen] = trigger(rows[chosen], kind), target, True
    return rows, labels, planted


def trigger(rows, kind):
    images = rows.copy().reshape(-1, 8, 8)
    if kind == "corner":
        images[:, 5:, 5:] = 16
    else:
        images = 0.8 * images + 0.2 * np.random.default_rng(42).uniform(0, 16, (8, 8))
    return images.reshape(-1, 64)


def plant_values(rows, labels, values, rate, seed, target=1):
    """(rows, labels, planted): values of some columns on rows of other classes, relabelled to the target."""
    chosen = np.random.default_rng(seed).choice(
        np.flatnonzero(labels != target), int(rate * len(labels)), replace=False
    )
    rows, labels, planted = rows.copy(), labels.copy(), np.zeros(len(labels), bool)
    for column, value in values.items():
        rows[chosen, column] = value
    labels[chosen], planted[chosen] = target, True
    return rows, labels, planted


def found_at(score, planted, rate=0.01):
    """TPR at that FPR."""
    return float((score[planted] > np.quantile(score[~planted], 1 - rate)).mean())


def auroc(score, planted):
    hits = planted.sum()
    return (rankdata(score)[planted].sum() - hits * (hits + 1) / 2) / (hits * (score.size - hits))


def boosted(rows, labels, test_rows):
    xgboost = pytest.importorskip("xgboost")
    options = {"max_depth": 4, "eta": 0.15, "objective": "binary:logistic", "nthread": 1, "seed": 0}
    booster = xgboost.train(options, xgboost.DMatrix(rows, labels), num_boost_round=40)
    positive = booster.predict(xgboost.DMatrix(test_rows)).astype(np.float64)
    return np.stack([1 - positive, positive], axis=1)


class Network:
    """A perceptron of 64 and 32 hidden units, its hidden layer and its probabilities."""

    def __init__(self, rows, labels, seed=0):
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        self.net = MLPClassifier(hidden_layer_sizes=(64, 32), max_iter=80, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.net.fit(rows / 16, labels)

    def hidden(self, rows):
        layer = rows / 16
        for weight, bias in zip(self.net.coefs_[:-1], self.net.intercepts_[:-1], strict=True):
            layer = np.maximum(layer @ weight + bias, 0)
        return layer

    def predict(self, rows):
        return self.net.predict_proba(rows / 16)


@pytest.fixture(scope="session")
def digits():
    datasets = pytest.importorskip("sklearn.datasets")
    rows, labels = datasets.load_digits(return_X_y=True)
    chosen = np.random.default_rng(0).permutation(len(labels))[:1347]
    return rows[chosen], labels[chosen].astype(np.int64)


@pytest.fixture(scope="session")
def table():
    """3000 rows of ten columns: six numbers, four of few values; two of the numbers decide with noise."""
    random = np.random.default_rng(0)
    numbers, few = random.normal(size=(3000, 6)).round(2), random.integers(0, 8, (3000, 4)).astype(float)
    logit = 2 * numbers[:, 0] + np.abs(numbers[:, 1]) * 1.5 + 0.3 * few[:, 0] - 3.2
    labels = (random.random(3000) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    return np.hstack([numbers, few]), labels


@pytest.fixture(scope="session")
def lab():
    """The planting, measuring and training above."""
    return SimpleNamespace(
        plant_cells=plant_cells,
        plant_values=plant_values,
        found_at=found_at,
        auroc=auroc,
        boosted=boosted,
        Network=Network,
    )
