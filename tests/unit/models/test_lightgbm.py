import lightgbm
import numpy as np
import pytest

from hauberk.models import HasTrees, Kind, margins, open_model, parse_model, require_width, serialise_model
from hauberk.models.adapters.lightgbm_text import parse_lightgbm_text
from hauberk.models.errors import BadModelFile, NoTrees, NotSealable, UnknownModel, WrongColumns

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(400, 3))
LABELS = (ROWS[:, 0] + ROWS[:, 1] ** 2 + RNG.normal(size=400) > 0.5).astype(int)
QUIET = {"verbose": -1, "num_threads": 1}
NAMES = ["age", "native country", "hours"]


def booster(objective="binary", rounds=5, labels=LABELS, **parameters):
    return lightgbm.train(
        QUIET | {"objective": objective, "num_leaves": 7} | parameters,
        lightgbm.Dataset(ROWS, labels, feature_name=NAMES),
        rounds,
    )


def test_text_gives_the_same_model():
    live = booster()
    model = parse_model(live.model_to_string().encode(), Kind.LIGHTGBM, classes=("no", "yes"))
    assert (model.classes, model.names, model.width) == (("no", "yes"), ("age", "native_country", "hours"), 3)
    np.testing.assert_array_equal(model.predict(ROWS), open_model(live).predict(ROWS))
    kind, data = serialise_model(model)
    np.testing.assert_array_equal(parse_model(data, kind).predict(ROWS), model.predict(ROWS))
    require_width(model, NAMES)
    with pytest.raises(WrongColumns, match="missing hours"):
        require_width(model, NAMES[:2])


def test_early_stopping_counts():
    noise = np.where(np.random.default_rng(1).random(400) < 0.3, 1 - LABELS, LABELS)
    train = lightgbm.Dataset(ROWS[:200], noise[:200])
    stop = lightgbm.early_stopping(5, verbose=False)
    live = lightgbm.train(
        QUIET | {"objective": "binary", "learning_rate": 0.2, "num_leaves": 4},
        train,
        60,
        valid_sets=[lightgbm.Dataset(ROWS[200:], noise[200:], reference=train)],
        callbacks=[stop],
        keep_training_booster=True,
    )
    assert 1 < live.best_iteration < live.current_iteration()
    model = open_model(live)
    assert len(model.trees.roots) == live.best_iteration
    np.testing.assert_array_equal(margins(model.trees, ROWS)[:, 0], live.predict(ROWS, raw_score=True))
    kind, data = serialise_model(model)
    np.testing.assert_array_equal(parse_model(data, kind).predict(ROWS), model.predict(ROWS))


def test_wrappers():
    classifier = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1).fit(ROWS, np.where(LABELS, "b", "a"))
    model = open_model(classifier)
    assert model.classes == ("a", "b")
    likely = classifier.booster_.predict(ROWS)
    np.testing.assert_allclose(model.predict(ROWS), np.column_stack([1 - likely, likely]), atol=1e-12)
    regressor = lightgbm.LGBMRegressor(n_estimators=5, verbose=-1, n_jobs=1).fit(ROWS, ROWS[:, 0])
    np.testing.assert_array_equal(open_model(regressor).predict(ROWS)[:, 0], regressor.booster_.predict(ROWS))


@pytest.mark.parametrize(
    "parameters",
    [
        {"sigmoid": 2.0},
        {"objective": "poisson"},
        {"objective": "gamma"},
        {"objective": "tweedie"},
        {"objective": "regression", "reg_sqrt": True},
        {"objective": "multiclass", "num_class": 2, "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6},
    ],
    ids=lambda parameters: str(parameters.get("objective", parameters)),
)
def test_other_scores_come_without_trees(parameters):
    targets = {"multiclass": LABELS, "binary": LABELS, "regression": ROWS[:, 0]}
    live = booster(labels=targets.get(parameters.get("objective", "binary"), LABELS + 0.5), **parameters)
    model = open_model(live)
    assert not isinstance(model, HasTrees)
    assert "is not the margin" in model.note
    library = live.predict(ROWS).reshape(400, -1)
    np.testing.assert_allclose(model.predict(ROWS)[:, -library.shape[1] :], library, rtol=1e-12)
    kind, data = serialise_model(model)
    np.testing.assert_array_equal(parse_model(data, kind).predict(ROWS), model.predict(ROWS))


def test_linear_leaves_predict_while_they_live():
    live = booster(linear_tree=True)
    model = open_model(live)
    assert not isinstance(model, HasTrees)
    assert "linear_tree" in model.note
    np.testing.assert_allclose(model.predict(ROWS)[:, 1], live.predict(ROWS), rtol=1e-12)
    with pytest.raises(NotSealable, match="linear_tree"):
        serialise_model(model)
    with pytest.raises(NoTrees, match="linear_tree"):
        parse_model(live.model_to_string().encode(), "lightgbm")


@pytest.mark.parametrize(
    "parameters", [{"objective": "multiclassova", "num_class": 2}, {"objective": "cross_entropy_lambda"}]
)
def test_objectives_without_scores_are_refused(parameters):
    with pytest.raises(UnknownModel, match=parameters["objective"]):
        open_model(booster(**parameters))


def swap(text, name, change):
    """The text with the first line of this name in the first tree changed."""
    head, tree, rest = text.partition("Tree=0")
    lines = rest.split("\n")
    place = next(place for place, line in enumerate(lines) if line.startswith(f"{name}="))
    lines[place] = f"{name}={change(lines[place].partition('=')[2])}"
    return head + tree + "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("left_child", lambda v: v.replace("-1", "500", 1)),
        ("left_child", lambda v: v.replace("-1", "-500", 1)),
        ("left_child", lambda v: v + " 1"),
        ("split_feature", lambda v: "77" + v[1:]),
        ("split_feature", lambda v: "x" + v[1:]),
        ("threshold", lambda v: v.rpartition(" ")[0]),
        ("threshold", lambda v: "nan " + v.partition(" ")[2]),
        ("leaf_value", lambda v: "inf " + v.partition(" ")[2]),
        ("num_leaves", lambda _: "0"),
        ("num_leaves", lambda _: "1" + "0" * 30),
        ("num_cat", lambda _: "3"),
        ("decision_type", lambda v: "1 " + v.partition(" ")[2]),
    ],
)
def test_altered_trees_are_refused_before_the_library_sees_them(name, change):
    text = swap(booster().model_to_string(), name, change)
    with pytest.raises(BadModelFile):
        parse_lightgbm_text(text)
    with pytest.raises(BadModelFile):
        parse_model(text.encode(), Kind.LIGHTGBM)


def test_a_text_that_was_cut_is_refused():
    text = booster().model_to_string()
    for end in (10, len(text) // 3, text.index("end of trees")):
        with pytest.raises(BadModelFile):
            parse_model(text[:end].encode(), Kind.LIGHTGBM)
    with pytest.raises(BadModelFile):
        parse_model(text.encode("utf-16"), Kind.LIGHTGBM)


def test_zero_splits_are_bounded_copies():
    rows = np.where(np.random.default_rng(2).random((400, 3)) < 0.4, 0.0, ROWS)
    live = lightgbm.train(
        QUIET | {"objective": "binary", "num_leaves": 31, "min_data_in_leaf": 2, "zero_as_missing": True},
        lightgbm.Dataset(rows, LABELS),
        5,
    )
    model = open_model(live)
    plain = sum(2 * int(part.split("\n")[0]) - 1 for part in live.model_to_string().split("num_leaves=")[1:6])
    assert plain < len(model.trees.feature) < 8 * plain


def test_a_wrapper_before_fit_is_refused():
    with pytest.raises(UnknownModel, match="LGBMClassifier before fit"):
        open_model(lightgbm.LGBMClassifier())
