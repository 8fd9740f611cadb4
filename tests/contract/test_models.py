"""Every adapter keeps the contract of `Model`, by the kit of `hauberk.testing.models`."""

import lightgbm
import numpy as np
import pytest
import xgboost
from skl2onnx import to_onnx
from sklearn import ensemble, linear_model, tree
from threadpoolctl import threadpool_limits

from hauberk.models import (
    HasTrees,
    LibraryModel,
    open_ensemble,
    open_function,
    open_model,
    parse_model,
    serialise_model,
)
from hauberk.testing.ensembles import random_ensemble
from hauberk.testing.models import check_model

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(300, 4))
LABELS = np.digitize(ROWS[:, 0] + ROWS[:, 1] ** 2, [0.5, 2.0])
BINARY = (LABELS > 0).astype(int)
FLOAT32 = 1e-6  # matrix products of another size round otherwise


@pytest.fixture(autouse=True)
def _one_thread():
    with threadpool_limits(1):
        yield


def xgboost_model(objective, labels, **parameters):
    parameters = {"objective": objective, "nthread": 1, "verbosity": 0} | parameters
    return open_model(xgboost.train(parameters, xgboost.DMatrix(ROWS, labels), 6))


def lightgbm_model(objective, labels, **parameters):
    parameters = {"objective": objective, "num_threads": 1, "verbose": -1} | parameters
    return open_model(lightgbm.train(parameters, lightgbm.Dataset(ROWS, labels), 6))


def logistic(rows):
    likely = 1 / (1 + np.exp(-rows[:, 0]))
    return np.column_stack([1 - likely, likely])


def converted():
    estimator = linear_model.LogisticRegression().fit(ROWS, LABELS)
    return parse_model(to_onnx(estimator, ROWS[:1].astype(np.float32)).SerializeToString(), "onnx")


def resealed(model):
    kind, data = serialise_model(model)
    return parse_model(data, kind)


MODELS = {
    "xgboost binary": (lambda: xgboost_model("binary:logistic", BINARY), 0.0),
    "xgboost classes": (lambda: xgboost_model("multi:softprob", LABELS, num_class=3), 0.0),
    "xgboost values": (lambda: xgboost_model("reg:squarederror", ROWS[:, 1]), 0.0),
    "xgboost dart": (lambda: xgboost_model("binary:logistic", BINARY, booster="dart", rate_drop=0.5), 0.0),
    "xgboost linear": (lambda: xgboost_model("binary:logistic", BINARY, booster="gblinear"), FLOAT32),
    "xgboost poisson": (lambda: xgboost_model("count:poisson", BINARY), 0.0),
    "xgboost resealed": (lambda: resealed(xgboost_model("binary:logistic", BINARY)), 0.0),
    "lightgbm binary": (lambda: lightgbm_model("binary", BINARY), 0.0),
    "lightgbm classes": (lambda: lightgbm_model("multiclass", LABELS, num_class=3), 0.0),
    "lightgbm values": (lambda: lightgbm_model("regression", ROWS[:, 1]), 0.0),
    "lightgbm linear leaves": (lambda: lightgbm_model("binary", BINARY, linear_tree=True), 0.0),
    "lightgbm resealed": (lambda: resealed(lightgbm_model("binary", BINARY)), 0.0),
    "sklearn tree": (lambda: open_model(tree.DecisionTreeClassifier(max_depth=5).fit(ROWS, LABELS)), 0.0),
    "sklearn forest": (lambda: open_model(ensemble.RandomForestRegressor(9).fit(ROWS, ROWS[:, 1])), 0.0),
    "sklearn boosting": (
        lambda: open_model(ensemble.GradientBoostingClassifier(n_estimators=5).fit(ROWS, LABELS)),
        0.0,
    ),
    "sklearn histogram": (
        lambda: open_model(ensemble.HistGradientBoostingClassifier(max_iter=5).fit(ROWS, BINARY)),
        0.0,
    ),
    "sklearn linear": (lambda: open_model(linear_model.LogisticRegression().fit(ROWS, LABELS)), 1e-12),
    "sklearn resealed": (lambda: resealed(open_model(ensemble.ExtraTreesClassifier(9).fit(ROWS, LABELS))), 0.0),
    "onnx": (converted, FLOAT32),
    "function": (lambda: open_function(logistic, classes=("no", "yes"), width=4), 1e-12),
    "ensemble": (
        lambda: open_ensemble(random_ensemble(np.random.default_rng(1), trees=30), classes=("no", "yes")),
        0.0,
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_contract(name):
    make, tolerance = MODELS[name]
    assert check_model(make(), ROWS[:40], tolerance=tolerance) == ()


class Faulty:
    """A model with one fault after the other."""

    classes = ("no", "yes")
    width = 4

    def __init__(self, fault):
        self.fault = fault
        self.calls = 0

    def predict(self, rows):
        self.calls += 1
        if self.fault != "refusals":
            open_function(logistic, classes=self.classes, width=4).predict(rows)
        out = logistic(rows.reshape(-1, rows.shape[-1]).copy())
        match self.fault:
            case "sum":
                out = out * 1.1
            case "shape":
                out = out[:, :1]
            case "order":
                out = np.sort(out, axis=0)
            case "batch":
                out = out if len(rows) > 1 else out[:, ::-1]
            case "mutation" if rows.flags.writeable:
                rows += 1
            case "repeat" if self.calls % 2:
                out = out[:, ::-1]
        return out


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ("sum", {"sum"}),
        ("shape", {"shape", "sum"}),
        ("order", {"order", "batch"}),
        ("batch", {"batch"}),
        ("mutation", {"mutation"}),
        ("refusals", {"width", "dimensions", "infinity"}),
        ("repeat", {"repeat"}),
    ],
)
def test_the_kit_finds_planted_faults(fault, codes):
    found = {
        finding.code.rpartition(".")[2] for finding in check_model(Faulty(fault), ROWS[:40].copy(), tolerance=1e-12)
    }
    assert codes & found, found


def test_the_kit_finds_trees_of_another_model():
    model = open_ensemble(random_ensemble(np.random.default_rng(1)), classes=("no", "yes"))

    class Pretender:
        classes, width = model.classes, model.width
        trees = random_ensemble(np.random.default_rng(2))

        def predict(self, rows):
            return model.predict(rows)

    assert isinstance(Pretender(), HasTrees)
    assert not isinstance(Pretender(), LibraryModel)
    assert [finding.code for finding in check_model(Pretender(), ROWS[:40])] == ["testing.models.trees"]
