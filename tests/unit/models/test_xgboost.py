import json

import numpy as np
import pytest
import xgboost

from hauberk.models import HasTrees, Kind, margins, open_model, parse_model, require_width, serialise_model
from hauberk.models.adapters.xgboost import CLASSES_ATTRIBUTE
from hauberk.models.errors import BadModelFile, NoTrees, NotSealable, UnknownModel, WrongColumns, WrongRows

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(400, 3))
LABELS = (ROWS[:, 0] + ROWS[:, 1] ** 2 + RNG.normal(size=400) > 0.5).astype(int)
NAMES = ["age", "job", "hours"]
QUIET = {"nthread": 1, "verbosity": 0}


def booster(objective="binary:logistic", rounds=5, labels=LABELS, **parameters):
    matrix = xgboost.DMatrix(ROWS, labels, feature_names=NAMES)
    return xgboost.train(QUIET | {"objective": objective} | parameters, matrix, rounds)


def library_margins(live, rows=ROWS):
    return live.predict(xgboost.DMatrix(rows, feature_names=NAMES), output_margin=True).reshape(len(rows), -1)


@pytest.mark.parametrize("form", ["ubj", "json"])
def test_bytes_give_the_same_model(form):
    live = booster()
    model = parse_model(bytes(live.save_raw(form)), Kind.XGBOOST, classes=("no", "yes"))
    assert (model.classes, model.names, model.width) == (("no", "yes"), tuple(NAMES), 3)
    np.testing.assert_array_equal(model.predict(ROWS), open_model(live).predict(ROWS))
    kind, data = serialise_model(model)
    np.testing.assert_array_equal(parse_model(data, kind).predict(ROWS), model.predict(ROWS))


def test_labels_travel_in_the_booster():
    live = booster()
    live.set_attr(**{CLASSES_ATTRIBUTE: '["no", "yes"]'})
    kind, data = serialise_model(open_model(live))
    assert parse_model(data, kind).classes == ("no", "yes")
    for wrong in ("[1]", "{", '"no"'):
        live.set_attr(**{CLASSES_ATTRIBUTE: wrong})
        with pytest.raises(BadModelFile):
            open_model(live)


@pytest.mark.parametrize("base_score", [1e-6, 0.1, 0.5, 0.999999])
@pytest.mark.parametrize(
    "objective",
    [
        "binary:logistic",
        "binary:logitraw",
        "reg:logistic",
        "reg:squarederror",
        "reg:absoluteerror",
        "reg:pseudohubererror",
        "reg:squaredlogerror",
    ],
)
def test_base_scores_are_read_as_the_objective_means_them(base_score, objective):
    live = booster(objective, base_score=base_score)
    assert len(open_model(live).trees.roots) == 5
    np.testing.assert_array_equal(margins(open_model(live).trees, ROWS), library_margins(live))


def test_a_base_score_a_class():
    live = booster("multi:softprob", labels=LABELS + (ROWS[:, 2] > 1), num_class=3)
    model = open_model(live)
    assert len(set(model.trees.base.tolist())) == 3
    np.testing.assert_array_equal(margins(model.trees, ROWS), library_margins(live))


def test_early_stopping_counts_for_wrappers_only():
    noise = np.random.default_rng(1).integers(0, 2, 400)
    wrapper = xgboost.XGBClassifier(n_estimators=60, early_stopping_rounds=3, learning_rate=1.0, **QUIET)
    wrapper.fit(ROWS[:200], noise[:200], eval_set=[(ROWS[200:], noise[200:])], verbose=False)
    used = wrapper.best_iteration + 1
    assert used < wrapper.get_booster().num_boosted_rounds()
    model = open_model(wrapper)
    assert len(model.trees.roots) == used
    np.testing.assert_allclose(model.predict(ROWS), wrapper.predict_proba(ROWS), atol=1e-6)
    assert len(open_model(wrapper.get_booster()).trees.roots) == wrapper.get_booster().num_boosted_rounds()
    kind, data = serialise_model(model)
    np.testing.assert_array_equal(parse_model(data, kind).predict(ROWS), model.predict(ROWS))


def test_a_file_of_a_wrapper_that_stopped_early(tmp_path):
    noise = np.random.default_rng(1).integers(0, 2, 400)
    wrapper = xgboost.XGBClassifier(n_estimators=60, early_stopping_rounds=3, learning_rate=1.0, **QUIET)
    wrapper.fit(ROWS[:200], noise[:200], eval_set=[(ROWS[200:], noise[200:])], verbose=False)
    wrapper.save_model(tmp_path / "model.ubj")
    model = parse_model((tmp_path / "model.ubj").read_bytes(), "xgboost")
    np.testing.assert_array_equal(model.predict(ROWS), open_model(wrapper).predict(ROWS))


@pytest.mark.parametrize(
    "maker", [xgboost.XGBClassifier, xgboost.XGBRegressor, xgboost.XGBRFClassifier, xgboost.XGBRFRegressor]
)
def test_wrappers(maker):
    wrapper = maker(n_estimators=8, **QUIET).fit(ROWS, LABELS)
    model = open_model(wrapper)
    library = wrapper.predict_proba(ROWS) if model.classes else wrapper.predict(ROWS).reshape(-1, 1)
    np.testing.assert_allclose(model.predict(ROWS), library, atol=1e-6)
    assert isinstance(model, HasTrees)


def test_linear_boosters_predict_without_trees():
    model = open_model(booster(booster="gblinear"))
    assert not isinstance(model, HasTrees)
    assert "gblinear" in model.note
    assert model.predict(ROWS).shape == (400, 2)
    with pytest.raises(NotSealable, match="gblinear"):
        serialise_model(model)
    with pytest.raises(NoTrees, match="gblinear"):
        parse_model(bytes(booster(booster="gblinear").save_raw("ubj")), "xgboost")


@pytest.mark.parametrize("objective", ["count:poisson", "reg:gamma", "reg:tweedie"])
def test_other_links_predict_without_trees(objective):
    live = booster(objective, labels=LABELS + 0.5)
    model = open_model(live)
    assert not isinstance(model, HasTrees)
    assert objective in model.note
    np.testing.assert_allclose(
        model.predict(ROWS)[:, 0], live.predict(xgboost.DMatrix(ROWS, feature_names=NAMES)), rtol=1e-6
    )
    kind, data = serialise_model(model)
    np.testing.assert_array_equal(parse_model(data, kind).predict(ROWS), model.predict(ROWS))


def test_vector_leaves_predict_without_trees():
    parameters = {"num_class": 3, "multi_strategy": "multi_output_tree", "tree_method": "hist"}
    live = booster("multi:softprob", labels=LABELS + (ROWS[:, 2] > 1), **parameters)
    model = open_model(live)
    assert not isinstance(model, HasTrees)
    assert "vector leaves" in model.note
    np.testing.assert_allclose(model.predict(ROWS), live.predict(xgboost.DMatrix(ROWS, feature_names=NAMES)), atol=1e-6)


def test_no_trees_are_no_ensemble():
    assert "got none" in open_model(booster(rounds=0)).note
    with pytest.raises(NoTrees, match="got none"):
        parse_model(bytes(booster(rounds=0).save_raw("ubj")), "xgboost")


def test_other_missing_values_are_refused():
    wrapper = xgboost.XGBClassifier(n_estimators=2, missing=0.0, **QUIET).fit(ROWS, LABELS)
    with pytest.raises(UnknownModel, match="missing=0"):
        open_model(wrapper)


@pytest.mark.parametrize("objective", ["binary:hinge", "survival:cox"])
def test_objectives_without_scores_are_refused(objective):
    with pytest.raises(UnknownModel, match=objective):
        open_model(booster(objective, labels=LABELS + 1 if objective == "survival:cox" else LABELS))


def test_columns():
    model = open_model(booster())
    require_width(model, NAMES)
    with pytest.raises(WrongColumns, match="missing job; unexpected work"):
        require_width(model, ["age", "work", "hours"])


def test_truncated_and_foreign_json_are_refused():
    data = bytes(booster().save_raw("ubj"))
    for bad in (data[: len(data) // 2], b'{"learner":1}', json.dumps({"version": [3, 2, 0]}).encode()):
        with pytest.raises(BadModelFile):
            parse_model(bad, Kind.XGBOOST)


def test_a_wrapper_before_fit_is_refused():
    with pytest.raises(UnknownModel, match="XGBClassifier before fit"):
        open_model(xgboost.XGBClassifier())


def test_numbers_beyond_float32_are_refused():
    rows = ROWS[:4].copy()
    rows[2, 1] = -1e300
    with pytest.raises(WrongRows, match="row 2, column 1"):
        open_model(booster()).predict(rows)
