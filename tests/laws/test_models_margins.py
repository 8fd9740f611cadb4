"""The margins of an ensemble are the library's, bit for bit, also on rows that sit on every threshold."""

import warnings
from dataclasses import replace

import lightgbm
import numpy as np
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import ensemble as forests
from sklearn import tree as trees
from threadpoolctl import threadpool_limits

from hauberk.models import HasTrees, leaves, margins, open_model, scores
from hauberk.models.assemble import strict_threshold
from hauberk.testing.ensembles import random_ensemble, rows_on_thresholds

CATEGORIES = (2, 3)
TINY = float(np.float32(1e-35))  # what LightGBM takes for zero


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    with threadpool_limits(1):
        yield


def data(seed, *, classes, missing=True, count=1200):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, 5))
    rows[:, 2], rows[:, 3] = rng.integers(0, 90, count), rng.integers(2, 9, count)
    rows[:, 4] = rng.choice([-1.0, -2.0, 0.0, 0.0, 1.0, TINY, -TINY, 2 * TINY, -2 * TINY], count)
    value = rows[:, 0] + (rows[:, 2] % 3 == 0) + (rows[:, 1] > 0) + (rows[:, 4] == 0) + rng.normal(size=count)
    labels = value if not classes else np.digitize(value, [1.0, 2.5][: classes - 1])
    if missing:
        rows[rng.random(rows.shape) < 0.05] = np.nan
    return rows, labels


def probes(ensemble, rows, seed, *, missing=True):
    """Training rows, foreign rows with unknown codes, and rows on every threshold with foreign codes."""
    rng = np.random.default_rng(seed)
    foreign = rng.normal(size=(500, rows.shape[1])) * 3
    edges = rows_on_thresholds(ensemble, rows, rng)
    assert len(edges) > 50
    for made in (foreign, edges):
        made[:, 2], made[:, 3] = rng.integers(-2, 400, len(made)), rng.integers(-1, 12, len(made))
        if missing:
            made[rng.random(made.shape) < 0.02] = np.nan
    return np.concatenate([rows, foreign, edges])


def xgboost_model(rows, labels, classes, **parameters):
    kinds = ["c" if column in CATEGORIES else "q" for column in range(rows.shape[1])]
    matrix = xgboost.DMatrix(rows, labels, feature_types=kinds, enable_categorical=True)
    objective = {0: "reg:squarederror", 2: "binary:logistic", 3: "multi:softprob"}[classes]
    parameters = {"objective": objective, "max_depth": 5, "seed": 3, "nthread": 1, "verbosity": 0} | parameters
    if classes == 3:
        parameters["num_class"] = 3
    return xgboost.train(parameters, matrix, 15), kinds


@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize(
    "parameters",
    [
        {"max_cat_to_onehot": 1},
        {"max_cat_to_onehot": 1000},
        {"booster": "dart", "rate_drop": 0.4},
        {"num_parallel_tree": 3, "subsample": 0.6, "base_score": 0.3},
    ],
    ids=["partition", "one-hot", "dart", "forest"],
)
def test_xgboost(classes, parameters):
    rows, labels = data(1, classes=classes)
    booster, kinds = xgboost_model(rows, labels, classes, **parameters)
    model = open_model(booster)
    assert isinstance(model, HasTrees)
    tested = probes(model.trees, rows, 2)
    matrix = xgboost.DMatrix(tested, feature_types=kinds, enable_categorical=True)
    raw = booster.predict(matrix, output_margin=True).reshape(len(tested), -1)
    assert model.trees.categorical.any()
    np.testing.assert_array_equal(margins(model.trees, tested), raw)
    library = booster.predict(matrix).reshape(len(tested), -1)
    np.testing.assert_allclose(model.predict(tested)[:, -library.shape[1] :], library, rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"zero_as_missing": True, "num_leaves": 60, "min_data_in_leaf": 3},
        {"use_missing": False},
        {"boosting": "dart"},
        {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6},
    ],
    ids=["plain", "zero-missing", "no-missing", "dart", "rf"],
)
def test_lightgbm(classes, parameters):
    rows, labels = data(4, classes=classes)
    objective = {0: "regression", 2: "binary", 3: "multiclass"}[classes]
    parameters = {"num_leaves": 12, "verbose": -1, "num_threads": 1, "cat_smooth": 1, "seed": 1} | parameters
    parameters |= {"objective": objective, "min_data_per_group": 5} | ({"num_class": 3} if classes == 3 else {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        booster = lightgbm.train(parameters, lightgbm.Dataset(rows, labels, categorical_feature=list(CATEGORIES)), 15)
    model = open_model(booster)
    if classes == 3 and parameters.get("boosting") == "rf":
        assert not isinstance(model, HasTrees)
        assert "is not the margin" in model.note
        return
    tested = probes(model.trees, rows, 5)
    near_zero = np.random.default_rng(6).random(len(tested)) < 0.3
    tested[near_zero, 4] = np.random.default_rng(7).choice([0.0, TINY, -TINY, 2 * TINY, -1e-300], near_zero.sum())
    raw = booster.predict(tested, raw_score=True).reshape(len(tested), -1)
    assert model.trees.categorical.any()
    np.testing.assert_array_equal(margins(model.trees, tested), raw / 15 if model.trees.average else raw)
    library = booster.predict(tested).reshape(len(tested), -1)
    np.testing.assert_allclose(model.predict(tested)[:, -library.shape[1] :], library, rtol=1e-12, atol=1e-15)


def sklearn_models(classes, *, missing):
    kind = "Classifier" if classes else "Regressor"
    yield getattr(trees, f"DecisionTree{kind}")(max_depth=6, random_state=0)
    yield getattr(forests, f"RandomForest{kind}")(7, max_depth=8, random_state=0)
    yield getattr(forests, f"ExtraTrees{kind}")(7, max_depth=8, random_state=0)
    histogram = getattr(forests, f"HistGradientBoosting{kind}")
    yield histogram(max_iter=10, categorical_features=list(CATEGORIES), random_state=0)
    yield histogram(max_iter=10, random_state=0)
    if missing:
        return
    boosting = getattr(forests, f"GradientBoosting{kind}")
    yield boosting(n_estimators=10, random_state=0, learning_rate=0.3)
    yield boosting(n_estimators=10, random_state=0, init="zero", subsample=0.5)
    if classes == 2:
        yield boosting(n_estimators=10, random_state=0, loss="exponential")


def sklearn_margins(estimator, tested):
    if hasattr(estimator, "decision_function"):
        factor = 2.0 if estimator.loss == "exponential" else 1.0
        raw = estimator.decision_function(tested) * factor
    elif hasattr(estimator, "predict_proba"):
        raw = estimator.predict_proba(tested)
    else:
        raw = estimator.predict(tested)
    return raw.reshape(len(tested), -1)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("classes", [0, 2, 3])
def test_sklearn(classes, missing):
    rows, labels = data(8, classes=classes, missing=missing)
    for estimator in sklearn_models(classes, missing=missing):
        estimator.fit(rows, labels)
        model = open_model(estimator)
        tested = probes(model.trees, rows, 9, missing=missing)
        np.testing.assert_array_equal(margins(model.trees, tested), sklearn_margins(estimator, tested), str(estimator))
        library = estimator.predict_proba(tested) if classes else estimator.predict(tested).reshape(-1, 1)
        np.testing.assert_allclose(model.predict(tested), library, rtol=1e-12, atol=1e-12)


def test_a_planted_precision_fault_is_seen():
    """A walk that compares in float64, or takes `<=` for `<`, must fail beside the thresholds or on them."""
    rows, labels = data(10, classes=2)
    booster, kinds = xgboost_model(rows, labels, 2)
    ensemble = open_model(booster).trees
    tested = rows_on_thresholds(ensemble, rows, np.random.default_rng(11))
    near = tested + np.where(np.isnan(tested), 0.0, np.abs(tested) * 1e-9)  # float64 rows beside float32 thresholds
    matrix = xgboost.DMatrix(near, feature_types=kinds, enable_categorical=True)
    raw = booster.predict(matrix, output_margin=True).reshape(-1, 1)
    np.testing.assert_array_equal(margins(ensemble, near), raw)
    wide = replace(ensemble, precision=np.dtype(np.float64))
    assert (margins(wide, near) != raw).any()
    raw = booster.predict(xgboost.DMatrix(tested, feature_types=kinds, enable_categorical=True), output_margin=True)
    np.testing.assert_array_equal(margins(ensemble, tested)[:, 0], raw)
    closed = np.nextafter(ensemble.threshold.astype(np.float32), np.float32(np.inf)).astype(np.float64)
    assert (margins(replace(ensemble, threshold=closed), tested)[:, 0] != raw).any()


def test_a_planted_order_fault_is_seen():
    rows, labels = data(12, classes=2)
    booster, _ = xgboost_model(rows, labels, 2)
    ensemble = open_model(booster).trees
    wide = replace(ensemble, sum_dtype=np.dtype(np.float64))
    assert (margins(wide, rows) != margins(ensemble, rows)).any()


def walk(ensemble, row):
    """The definition of the normal form, one row and one node at a time."""
    total = ensemble.base.astype(ensemble.sum_dtype)
    for root in ensemble.roots:
        node = int(root)
        while ensemble.feature[node] >= 0:
            x = ensemble.precision.type(row[ensemble.feature[node]])
            if np.isnan(x):
                left = bool(ensemble.missing_left[node])
            elif ensemble.categorical[node]:
                words, code = ensemble.category_words[node], int(x)
                left = 0 <= code < 64 * len(words) and bool(int(words[code // 64]) >> code % 64 & 1)
            else:
                left = bool(x < ensemble.threshold[node])
            node = int(ensemble.left[node] if left else ensemble.right[node])
        total = total + ensemble.value[node].astype(ensemble.sum_dtype)
    return (total / len(ensemble.roots) if ensemble.average else total).astype(np.float64)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from([(), (1,), (0, 3)]),
    st.integers(0, 6),
    st.booleans(),
)
def test_the_walk_is_its_definition(seed, precision, categorical, depth, average):
    rng = np.random.default_rng(seed)
    ensemble = random_ensemble(
        rng, depth=depth, categorical=categorical, outputs=2, link="softmax", average=average, precision=precision
    )
    rows = rng.integers(-9, 10, size=(9, 4)) / 4
    rows[:, list(categorical)] = rng.integers(-3, 140, size=(9, len(categorical)))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    np.testing.assert_array_equal(margins(ensemble, rows), [walk(ensemble, row) for row in rows])


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_rows_do_not_know_of_each_other(seed):
    rng = np.random.default_rng(seed)
    ensemble = random_ensemble(rng, trees=40, categorical=(2,))
    rows = rng.normal(size=(9000, 4))  # more than one block of rows
    order = rng.permutation(len(rows))
    np.testing.assert_array_equal(margins(ensemble, rows[order]), margins(ensemble, rows)[order])
    np.testing.assert_array_equal(leaves(ensemble, rows[order]), leaves(ensemble, rows)[order])
    np.testing.assert_array_equal(margins(ensemble, rows[17:18]), margins(ensemble, rows)[17:18])
    assert (ensemble.feature[leaves(ensemble, rows[:50])] == -1).all()
    np.testing.assert_allclose(scores(ensemble, rows).sum(axis=1), 1.0, rtol=0, atol=1e-15)


@given(st.floats(allow_nan=False), st.sampled_from([np.float32, np.float64]), st.data())
def test_strict_threshold(threshold, precision, draw):
    """`x < strict(t)` iff `x <= t`, on the numbers of the precision around the threshold."""
    dtype = np.dtype(precision)
    limit = np.finfo(dtype).max
    strict = float(np.clip(strict_threshold(np.array([threshold]), dtype)[0], -limit, limit))
    with np.errstate(over="ignore", under="ignore"):
        centre = np.clip(threshold, -limit, limit).astype(dtype)
        around = [centre, np.nextafter(centre, dtype.type(-np.inf)), np.nextafter(centre, dtype.type(np.inf))]
    around.append(dtype.type(draw.draw(st.floats(allow_nan=False, allow_infinity=False, width=dtype.itemsize * 8))))
    for x in around:
        if abs(x) < limit:
            assert (float(x) < strict) == (float(x) <= threshold), (x, threshold, strict)
