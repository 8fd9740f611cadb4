import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from hauberk.models import HasTrees, Kind, margins, open_model, parse_model, require_width, serialise_model
from hauberk.models.errors import NotSealable, UnknownModel, WrongColumns, WrongRows

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(300, 3))
LABELS = (ROWS[:, 0] + ROWS[:, 1] ** 2 > 0.5).astype(int)


@pytest.fixture(autouse=True)
def _one_thread():
    with threadpool_limits(1):
        yield


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeClassifier(max_depth=4),
        DecisionTreeRegressor(max_depth=4),
        RandomForestClassifier(5),
        GradientBoostingClassifier(n_estimators=5),
        HistGradientBoostingClassifier(max_iter=5),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_trees_are_sealed_as_our_ensemble(estimator):
    model = open_model(estimator.fit(ROWS, LABELS))
    kind, data = serialise_model(model)
    again = parse_model(data, kind)
    assert (kind, again.classes) == (Kind.ENSEMBLE, model.classes)
    assert isinstance(again, HasTrees)
    np.testing.assert_array_equal(again.predict(ROWS), model.predict(ROWS))
    assert serialise_model(again) == (kind, data)


@pytest.mark.parametrize("estimator", [LinearRegression(), make_pipeline(StandardScaler(), LogisticRegression())])
def test_other_estimators_predict_and_are_sealed_as_onnx(estimator):
    model = open_model(estimator.fit(ROWS, LABELS))
    assert not isinstance(model, HasTrees)
    assert model.note == ""
    kind, data = serialise_model(model)
    np.testing.assert_allclose(parse_model(data, kind).predict(ROWS), model.predict(ROWS), atol=1e-5)


def test_what_skl2onnx_does_not_know_cannot_be_sealed():
    class Own(LogisticRegression):
        pass

    with pytest.raises(NotSealable, match="Own"):
        serialise_model(open_model(Own().fit(ROWS, LABELS)))


def test_an_initial_estimator_hides_the_trees():
    estimator = GradientBoostingClassifier(n_estimators=3, init=LogisticRegression()).fit(ROWS, LABELS)
    model = open_model(estimator)
    assert not isinstance(model, HasTrees)
    assert "constant initial estimator" in model.note
    np.testing.assert_array_equal(model.predict(ROWS), estimator.predict_proba(ROWS))


def test_another_link_hides_the_trees():
    estimator = HistGradientBoostingRegressor(max_iter=3, loss="poisson").fit(ROWS, LABELS)
    model = open_model(estimator)
    assert "poisson" in model.note
    np.testing.assert_array_equal(model.predict(ROWS)[:, 0], estimator.predict(ROWS))


def test_codes_far_apart_and_unknown_ones():
    rows, rng = ROWS.copy(), np.random.default_rng(1)
    rows[:, 1] = rng.choice([3, 70, 200, np.nan], 300)
    labels = (rows[:, 1] == 70) | (rng.random(300) < 0.1)
    estimator = HistGradientBoostingClassifier(max_iter=5, categorical_features=[1]).fit(rows, labels)
    probe = rows.copy()
    probe[:, 1] = rng.choice([3, 70, 200, np.nan, 0, 1, 2, 71, 500, -1], 300)
    model = open_model(estimator)
    assert model.trees.categorical.any()
    np.testing.assert_array_equal(margins(model.trees, probe)[:, 0], estimator.decision_function(probe))


def test_fractions_are_no_codes():
    rows = ROWS.copy()
    rows[:, 1] = np.random.default_rng(1).choice([0.5, 1.5, 2.5], 300)
    estimator = HistGradientBoostingClassifier(max_iter=2, categorical_features=[1]).fit(rows, LABELS)
    assert "categories as codes" in open_model(estimator).note


@pytest.mark.parametrize(
    ("estimator", "word"),
    [
        (DecisionTreeClassifier(), "before fit"),
        (LinearSVC().fit(ROWS, LABELS), "LinearSVC"),
        (KMeans(2, n_init=1, random_state=0), "before fit"),
        (DecisionTreeClassifier().fit(ROWS, np.stack([LABELS, LABELS], axis=1)), "2 targets"),
    ],
)
def test_what_gives_no_scores_is_refused(estimator, word):
    with pytest.raises(UnknownModel, match=word):
        open_model(estimator)


def test_missing_values_that_it_does_not_take():
    model = open_model(LogisticRegression().fit(ROWS, LABELS))
    rows = ROWS[:2].copy()
    rows[0, 0] = np.nan
    with pytest.raises(WrongRows, match="NaN"):
        model.predict(rows)


def test_names():
    estimator = DecisionTreeClassifier().fit(ROWS, LABELS)
    estimator.feature_names_in_ = np.array(["age", "job", "hours"], dtype=object)
    model = open_model(estimator)
    assert model.predict(ROWS).shape == (300, 2)  # without scikit-learn's warning on names, which would be an error
    require_width(model, ["age", "job", "hours"])
    with pytest.raises(WrongColumns, match="missing job"):
        require_width(model, ["age", "hours"])
