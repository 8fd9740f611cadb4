from dataclasses import replace

import numpy as np
import pytest

from hauberk.models import TrainingSet, fit_booster, margins, open_model
from hauberk.models.errors import BadTraining, UnknownModel
from hauberk.models.grow import grow_booster


def blobs(classes, seed=0):
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, 300)
    rows = np.column_stack([labels + random.normal(0, 1, 300), random.normal(size=300), random.integers(0, 4, 300)])
    return TrainingSet(
        rows=rows, labels=labels, weight=np.ones(300), names=("a", "b<1", "c"), categorical=np.array([0, 0, 1], bool),
        category_counts=(0, 0, 4), monotone=np.zeros(3, np.int8), classes=tuple("xyz"[:classes]), seed=1,
    )  # fmt: skip


@pytest.mark.parametrize("classes", [2, 3])
def test_adds_to_what_it_keeps(classes):
    training = blobs(classes)
    start = fit_booster(training, trees=6)
    frozen = bytes(start.save_raw("ubj"))
    before, after = open_model(start), open_model(grow_booster(start, training, trees=4, depth=2))
    assert bytes(start.save_raw("ubj")) == frozen
    outputs = 1 if classes == 2 else classes
    assert len(after.trees.roots) == 10 * outputs
    kept = len(before.trees.feature)
    np.testing.assert_array_equal(after.trees.value[:kept], before.trees.value)
    assert after.classes == training.classes
    assert after.names == training.names

    def loss(model):
        return -np.log(model.predict(training.rows)[np.arange(300), training.labels]).mean()

    assert loss(after) < loss(before)


def test_repeats_and_joins():
    training = blobs(2)
    start = fit_booster(training, trees=3)
    whole = grow_booster(start, training, trees=4, l2=2.0)
    halves = grow_booster(grow_booster(start, training, trees=2, l2=2.0), training, trees=2, l2=2.0)
    trees = open_model(whole).trees, open_model(halves).trees
    np.testing.assert_array_equal(margins(trees[0], training.rows), margins(trees[1], training.rows))


def test_penalty_and_direction_count():
    training = blobs(2)
    start = fit_booster(training, trees=3)

    def shift(**settings):
        grown = open_model(grow_booster(start, settings.pop("training", training), trees=5, **settings))
        return margins(grown.trees, training.rows) - margins(open_model(start).trees, training.rows)

    assert np.abs(shift(l2=200.0)).max() < np.abs(shift(l2=1.0)).max()
    falling = replace(training, monotone=np.array([-1, 0, 0], np.int8))
    order = np.argsort(training.rows[:, 0])
    line = np.column_stack([training.rows[order, 0], np.zeros(300), np.zeros(300)])
    grown = grow_booster(start, falling, trees=5)
    steps = margins(open_model(grown).trees, line) - margins(open_model(start).trees, line)
    assert (np.diff(steps[:, 0]) <= 1e-5).all()


def test_wrappers_are_continued_from_their_best_iteration():
    import xgboost

    training = replace(blobs(2), categorical=np.zeros(3, bool), category_counts=(0, 0, 0))
    wrapper = xgboost.XGBClassifier(n_estimators=40, early_stopping_rounds=2)
    other = blobs(2, seed=9)
    wrapper.fit(training.rows, training.labels, eval_set=[(other.rows, other.labels)], verbose=False)
    assert wrapper.best_iteration < 38
    assert grow_booster(wrapper, training, trees=3).num_boosted_rounds() == wrapper.best_iteration + 4


def test_what_cannot_be_continued():
    import xgboost

    training = blobs(2)
    start = fit_booster(training, trees=2)
    with pytest.raises(UnknownModel):
        grow_booster(object(), training, trees=1)
    with pytest.raises(UnknownModel, match="3 classes"):
        grow_booster(start, blobs(3), trees=1)
    squared = xgboost.train({}, xgboost.DMatrix(training.rows, training.labels), num_boost_round=1)
    with pytest.raises(UnknownModel, match="squarederror"):
        grow_booster(squared, training, trees=1)
    with pytest.raises(BadTraining, match="3 columns"):
        grow_booster(start, replace(training, rows=training.rows[:, :2]), trees=1)
    with pytest.raises(BadTraining):
        grow_booster(start, replace(training, labels=training.labels + 5), trees=1)
