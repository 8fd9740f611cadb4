import gzip
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hauberk.models import TrainingSet, fit_booster, margins, open_model, parse_model, require_width, serialise_model
from hauberk.models.errors import BadTraining


def training(classes=2, count=600, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, 3))
    rows[:, 2] = rng.integers(0, 6, count)
    value = rows[:, 0] - rows[:, 1] + 2 * (rows[:, 2] == 3) + rng.normal(size=count)
    rows[rng.random(rows.shape) < 0.05] = np.nan
    return TrainingSet(
        rows=rows,
        labels=np.digitize(value, [0.0, 2.0][: classes - 1]).astype(np.int64),
        weight=np.ones(count),
        names=("age", "debt [EUR]", "job"),
        categorical=np.array([False, False, True]),
        category_counts=(0, 0, 6),
        monotone=np.zeros(3, dtype=np.int8),
        classes=("low", "middle", "high")[:classes],
        seed=7,
    )


@pytest.mark.parametrize("classes", [2, 3])
def test_it_learns_and_keeps_labels_and_names(classes):
    given = training(classes)
    model = open_model(fit_booster(given, trees=30, depth=3))
    require_width(model, given.names)
    assert model.classes == given.classes
    assert (model.predict(given.rows).argmax(axis=1) == given.labels).mean() > 0.7
    kind, data = serialise_model(model)
    again = parse_model(data, kind)
    assert (again.classes, again.names) == (given.classes, given.names)
    np.testing.assert_array_equal(again.predict(given.rows), model.predict(given.rows))


def test_the_same_seed_gives_the_same_bytes():
    given = training()
    one = fit_booster(given, trees=10).save_raw("ubj")
    assert one == fit_booster(given, trees=10).save_raw("ubj")
    assert one != fit_booster(training(seed=1), trees=10).save_raw("ubj")


def test_monotone_holds_for_every_row():
    given = replace(training(), monotone=np.array([1, -1, 0], dtype=np.int8))
    trees = open_model(fit_booster(given, trees=40)).trees
    for column, sign in ((0, 1), (1, -1)):
        rows = np.repeat(given.rows[:50], 40, axis=0)
        rows[:, column] = np.tile(np.linspace(-4, 4, 40), 50)
        steps = np.diff(margins(trees, rows)[:, 0].reshape(50, 40), axis=1)
        assert (sign * steps >= 0).all()
    free = open_model(fit_booster(training(), trees=40)).trees
    assert (np.diff(margins(free, rows)[:, 0].reshape(50, 40), axis=1) > 0).any()


def test_weights_count():
    given = training()
    heavy = replace(given, weight=np.where(given.labels == 1, 50.0, 1.0))
    share = open_model(fit_booster(given, trees=20)).predict(given.rows)[:, 1].mean()
    assert open_model(fit_booster(heavy, trees=20)).predict(given.rows)[:, 1].mean() > share + 0.1


def test_one_hot_splits_name_one_category():
    given = training()
    trees = open_model(fit_booster(given, trees=10, one_hot=100)).trees
    words = trees.category_words[trees.categorical, 0]
    assert len(words)
    assert all(int(word).bit_count() == 1 for word in words)


@pytest.mark.parametrize(
    "change",
    [
        {"rows": np.empty((0, 3)), "labels": np.empty(0, dtype=np.int64), "weight": np.empty(0)},
        {"labels": np.zeros(600, dtype=np.int64)},
        {"labels": np.full(600, 2)},
        {"labels": np.full(600, -1)},
        {"labels": np.zeros(3, dtype=np.int64)},
        {"weight": np.full(600, np.nan)},
        {"weight": np.full(600, -1.0)},
        {"rows": np.full((600, 3), np.inf)},
        {"rows": np.full((600, 3), [1e300, 0.0, 0.0])},
        {"rows": np.full((600, 3), 6.0)},
        {"rows": np.full((600, 3), 0.5)},
        {"rows": np.full((600, 3), -1.0)},
        {"monotone": np.array([0, 0, 1], dtype=np.int8)},
        {"classes": ("only",)},
    ],
)
def test_unusable_training_sets_are_refused(change):
    with pytest.raises(BadTraining):
        fit_booster(replace(training(), **change))


def test_three_classes_have_no_direction():
    with pytest.raises(BadTraining, match="age"):
        fit_booster(replace(training(3), monotone=np.array([1, 0, 0], dtype=np.int8)))


NUMBERS = (0, 2, 4, 10, 11, 12)


def adult(path, categories=None):
    text = gzip.decompress(path.read_bytes()).decode()
    lines = [line.split(", ") for line in text.splitlines() if line.count(",") == 14]
    found = categories or {
        column: sorted({line[column] for line in lines} - {"?"}) for column in range(14) if column not in NUMBERS
    }
    rows = np.full((len(lines), 14), np.nan)
    for column in range(14):
        if column in NUMBERS:
            rows[:, column] = [float(line[column]) for line in lines]
        else:
            codes = {name: code for code, name in enumerate(found[column])}
            rows[:, column] = [codes.get(line[column], np.nan) for line in lines]
    return rows, np.array([line[14].startswith(">50K") for line in lines]).astype(np.int64), found


def test_adult_census_income():
    folder = Path(os.environ.get("HAUBERK_DATA", "../shared/data")) / "adult"
    if not folder.is_dir():
        pytest.skip(f"no Adult census data in {folder}; set HAUBERK_DATA")
    rows, labels, categories = adult(folder / "adult.data.gz")
    tested, truth, _ = adult(folder / "adult.test.gz", categories)
    assert (len(rows), len(tested)) == (32561, 16281)
    given = TrainingSet(
        rows=rows,
        labels=labels,
        weight=np.ones(len(rows)),
        names=tuple(f"column {column}" for column in range(14)),
        categorical=np.array([column not in NUMBERS for column in range(14)]),
        category_counts=tuple(len(categories.get(column, ())) for column in range(14)),
        monotone=np.zeros(14, dtype=np.int8),
        classes=("<=50K", ">50K"),
        seed=7,
    )
    model = open_model(fit_booster(given))
    assert (model.predict(tested).argmax(axis=1) == truth).mean() > 0.87
