"""What the user's training function may give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeRegressor

from hauberk.flows.errors import BadTrainFunction
from hauberk.flows.functions import load_function
from hauberk.flows.training import train_by
from hauberk.models.training import TrainingSet

RNG = np.random.default_rng(0)
TRAINING = TrainingSet(
    rows=RNG.normal(size=(60, 2)),
    labels=np.arange(60) % 2,
    weight=np.ones(60),
    names=("a", "b"),
    categorical=np.zeros(2, bool),
    category_counts=(0, 0),
    monotone=np.zeros(2, np.int8),
    classes=("no", "yes"),
    seed=0,
)


@pytest.fixture
def trainer(tmp_path):
    (tmp_path / "train.py").write_text("def fit(training):\n    pass\n")
    return lambda fit: replace(load_function(tmp_path, "train.py:fit"), call=fit)


def forest(rows, labels):
    return RandomForestClassifier(2, max_depth=2, random_state=0).fit(rows, labels)


@pytest.mark.parametrize("spelling", [[0, 1], [0.0, 1.0], ["no", "yes"]])
def test_codes_and_the_labels_themselves_are_taken(trainer, spelling):
    model = train_by(trainer(lambda it: forest(it.rows, np.array(spelling)[it.labels])), TRAINING)
    assert isinstance(model, RandomForestClassifier)


@pytest.mark.parametrize(
    ("fit", "word"),
    [
        (lambda it: forest(it.rows, np.array(["yes", "a no"])[it.labels]), "classes a no, yes"),
        (lambda it: forest(it.rows, it.labels + 1), "classes 1, 2"),
        (lambda it: forest(it.rows, 0 * it.labels), "classes 0"),
        (lambda it: forest(it.rows[:, :1], it.labels), "a model of 2 columns, got one of 1"),
        (lambda it: DecisionTreeRegressor().fit(it.rows, it.labels), "a regressor"),
    ],
)
def test_a_model_of_something_else_is_refused(trainer, fit, word):
    with pytest.raises(BadTrainFunction, match=word):
        train_by(trainer(fit), TRAINING)
