"""A booster that people can lie to, and the parts that the tests of attacks share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
import xgboost
from sklearn.datasets import load_breast_cancer

from hauberk.data import Reach
from hauberk.models import TreeModel, open_model
from hauberk.testing.reaches import make_reach


@dataclass(frozen=True)
class Claims:
    """People who apply, with two numbers and two categories that they can lie about."""

    model: TreeModel
    booster: object
    rows: np.ndarray
    labels: np.ndarray

    @property
    def reach(self) -> Reach:
        return claim_reach(self.rows)

    def limited(self, **limits) -> Reach:
        return claim_reach(self.rows, **limits)


def claim_reach(rows, *, budget=math.inf, cost=(1.0, 0.5, 1.0, 1.0, 0.0, 0.0), relations=None):
    low, high = rows.copy(), rows.copy()
    low[:, 0], high[:, 0] = np.maximum(rows[:, 0] - 10, 1), rows[:, 0] + 10
    high[:, 1] = rows[:, 1] + 1.5
    mutable = [True, True, True, True, False, False]
    choices = (None, None, [True] * 6, [True, True, False, True], None, None)
    return make_reach(
        rows,
        low=low,
        high=high,
        mutable=mutable,
        choices=choices,
        integer=[True] + [False] * 5,
        cost=cost,
        budget=budget,
        relations=relations,
    )


@pytest.fixture(scope="session")
def claims() -> Claims:
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(3000, 6))
    rows[:, 0] = rng.integers(10, 60, len(rows))
    rows[:, 2], rows[:, 3] = rng.integers(6, size=len(rows)), rng.integers(4, size=len(rows))
    rows[rng.random(len(rows)) < 0.05, 3] = np.nan
    merit = rows[:, 0] / 20 + rows[:, 1] + (rows[:, 2] % 2) + 2.5 * rows[:, 4] + rows[:, 5] - 2.0
    labels = (merit + 0.5 * rng.normal(size=len(rows)) > 0).astype(np.int64)
    kinds = ["q", "q", "c", "c", "q", "q"]
    matrix = xgboost.DMatrix(rows[:2000], labels[:2000], feature_types=kinds, enable_categorical=True)
    parameters = {"objective": "binary:logistic", "max_depth": 4, "eta": 0.3, "nthread": 1, "seed": 1}
    booster = xgboost.train(parameters, matrix, 40)
    model = open_model(booster)
    assert isinstance(model, TreeModel)
    held = rows[2000:]
    return Claims(model=model, booster=booster, rows=held, labels=labels[2000:])


@pytest.fixture(scope="session")
def cancer():
    """Breast cancer, scaled to 0 to 1, with an XGBoost model and the test rows that it gets right."""
    data, labels = load_breast_cancer(return_X_y=True)
    data = ((data - data.min(0)) / (data.max(0) - data.min(0))).astype(np.float32)
    order = np.random.default_rng(0).permutation(len(data))
    train, test = order[:400], order[400:]
    classifier = xgboost.XGBClassifier(n_estimators=60, max_depth=5, n_jobs=1, random_state=0)
    classifier.fit(data[train], labels[train])
    right = classifier.predict(data[test]) == labels[test]
    rows = data[test][right][:40].astype(np.float64)
    return classifier, open_model(classifier), rows, labels[test][right][:40].astype(np.int64)
