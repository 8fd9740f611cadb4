"""What training gets out of the data, and what the user's training function may give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeRegressor

from hauberk.data import FeatureOverride, Role, infer_schema, make_dataset
from hauberk.flows.datasets import load_datasets
from hauberk.flows.errors import BadTrainFunction
from hauberk.flows.functions import load_function
from hauberk.flows.harden import chosen_model, harden_system, plain_model
from hauberk.flows.project import open_project
from hauberk.flows.training import train_by, training_set
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


TOML = """
[system]
name = "x"
[data]
train = "train.parquet"
test = "train.parquet"
target = "y"
[data.features.w]
role = "weight"
[model]
trees = 5
"""
HALVES = {"a": [0.0, 1.0] * 60, "y": ["no", "yes", "yes", "no"] * 30, "w": [9, 9, 1, 1] * 28 + [0] * 8}


def project_in(folder, settings):
    parquet.write_table(pa.table(HALVES), folder / "train.parquet")
    (folder / "hauberk.toml").write_text(TOML + settings)
    return open_project(folder)


def test_weights_have_the_mean_1_and_rows_of_weight_0_are_left_out(tmp_path):
    with project_in(tmp_path, "") as project:
        data = load_datasets(tmp_path, project.configuration, seed=0).train
    training = training_set(data, seed=0)
    np.testing.assert_allclose(training.weight, np.array([9, 9, 1, 1] * 28) / 5)
    assert training.names == ("a",)
    assert len(training.rows) == len(training.labels) == 112
    plain = replace(data, schema=replace(data.schema, features=tuple(map(ignoring, data.schema.features))))
    np.testing.assert_array_equal(training_set(plain, seed=0).weight, np.ones(120))


def ignoring(feature):
    return replace(feature, role=Role.IGNORED) if feature.role is Role.WEIGHT else feature


@pytest.mark.parametrize("large", [1e-300, 1e308])
def test_only_the_ratios_of_weights_matter(large):
    table = pa.table({"a": [1.0, 2.0, 3.0], "y": ["n", "y", "n"], "w": [large, large / 2, large / 2]})
    schema = infer_schema(table, target="y", overrides={"w": FeatureOverride(role=Role.WEIGHT)})
    np.testing.assert_allclose(training_set(make_dataset(table, schema), seed=0).weight, [1.5, 0.75, 0.75])


@pytest.mark.parametrize("adversarial", ["true", "false"])
def test_the_booster_learns_what_weighs_more(tmp_path, adversarial):
    with project_in(tmp_path, f"[harden]\nadversarial = {adversarial}\n") as project:
        data = load_datasets(tmp_path, project.configuration, seed=0)
        hardened = harden_system(project, data)
        for model in (plain_model(project, hardened, data), chosen_model(project, hardened, data)):
            yes = model.predict(np.array([[0.0], [1.0]]))[:, 1]
            assert yes[0] < 0.4
            assert yes[1] > 0.6


def test_a_training_function_is_given_the_weights(tmp_path):
    source = "import numpy, sklearn.tree\ndef fit(it):\n    numpy.save({!r}, it.weight)\n"
    source += "    return sklearn.tree.DecisionTreeClassifier(max_depth=1).fit(it.rows, it.labels)\n"
    (tmp_path / "train.py").write_text(source.format(str(tmp_path / "weight.npy")))
    settings = 'train = "train.py:fit"\n[harden]\nadversarial = false\n'
    with project_in(tmp_path, settings) as project:
        harden_system(project, load_datasets(tmp_path, project.configuration, seed=0))
    np.testing.assert_allclose(np.load(tmp_path / "weight.npy"), np.array([9, 9, 1, 1] * 28) / 5)
