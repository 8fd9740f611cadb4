"""The libraries themselves are fooled by what the attack makes of their models, and never where it was certified."""

from __future__ import annotations

import csv
import gzip
import io
import os
from pathlib import Path

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from hauberk.attack import attack_trees, evaluate_evasion
from hauberk.data import ball_reach, check_reach
from hauberk.models import HasTrees, TrainingSet, fit_booster, open_model
from hauberk.testing.reaches import make_reach

pytestmark = pytest.mark.foreign

MAKERS = {
    "xgboost": lambda: xgboost.XGBClassifier(n_estimators=25, max_depth=4, n_jobs=1, random_state=0),
    "lightgbm": lambda: lightgbm.LGBMClassifier(
        n_estimators=25, num_leaves=15, n_jobs=1, random_state=0, verbosity=-1, deterministic=True
    ),
    "forest": lambda: RandomForestClassifier(20, max_depth=6, n_jobs=1, random_state=0),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=25, random_state=0),
    "histogram": lambda: HistGradientBoostingClassifier(max_iter=25, max_leaf_nodes=15, random_state=0),
    "tree": lambda: DecisionTreeClassifier(max_depth=6, random_state=0),
}


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    with threadpool_limits(1):
        yield


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", sorted(MAKERS))
def test_the_library_agrees_with_every_verdict(name, classes):
    if classes == 2:
        data, labels = load_breast_cancer(return_X_y=True)
        data = (data - data.min(0)) / (data.max(0) - data.min(0))
    else:
        data, labels = make_classification(600, 8, n_informative=5, n_classes=3, n_clusters_per_class=1, random_state=0)
    # Both sides are trained and asked through float32, which the casts of all libraries leave alone.
    data = data.astype(np.float32).astype(np.float64)
    library = MAKERS[name]().fit(data[:400], labels[:400])
    model = open_model(library)
    assert isinstance(model, HasTrees)
    rows, wanted = data[400:500], labels[400:500].astype(np.int64)
    reach = ball_reach(rows, 0.08 if classes == 2 else 0.25)
    verdict = attack_trees(model.trees, rows, wanted, reach)
    exact = bool(model.trees.precision == np.float64)
    changed = verdict.adversarial.rows
    assert check_reach(reach, rows, changed, exact=exact).all()
    assert np.array_equal(library.predict(changed) != wanted, verdict.adversarial.success)
    right = library.predict(rows) == wanted
    assert (verdict.adversarial.success & right).any()
    rng = np.random.default_rng(0)
    sure = np.flatnonzero(verdict.certified)
    assert right[sure].all()
    for _ in range(40):
        drawn = reach.low[sure] + rng.random((len(sure), 1)) ** 0.3 * (reach.high - reach.low)[sure] * rng.integers(
            0, 2, (len(sure), rows.shape[1])
        )
        assert (library.predict(np.clip(drawn, reach.low[sure], reach.high[sure])) == wanted[sure]).all()


COLUMNS = 14
NUMBERS = {0, 2, 4, 10, 11, 12}


def census():
    folder = Path(os.environ.get("HAUBERK_DATA", Path(__file__).parents[2] / "../shared/data")) / "adult"
    if not folder.is_dir():
        pytest.skip("the census data are not there: set HAUBERK_DATA")
    parts = {}
    for name in ("adult.data", "adult.test"):
        with gzip.open(folder / f"{name}.gz", "rt") as file:
            lines = csv.reader(io.StringIO(file.read()), skipinitialspace=True)
            parts[name] = [[cell.strip().rstrip(".") for cell in line] for line in lines if len(line) == 15]
    codes = []
    for at in range(COLUMNS):
        texts = set() if at in NUMBERS else {row[at] for row in parts["adult.data"]} - {"?"}
        codes.append({text: code for code, text in enumerate(sorted(texts))})

    def encode(lines):
        rows = [
            [float(line[at]) if at in NUMBERS else codes[at].get(line[at], np.nan) for at in range(COLUMNS)]
            for line in lines
        ]
        return np.array(rows, dtype=float), np.array([line[14] == ">50K" for line in lines], dtype=np.int64)

    return encode(parts["adult.data"]), encode(parts["adult.test"]), [len(each) for each in codes]


def test_census_rows_are_decided_and_the_lies_work_on_the_booster():
    (train, known), (test, wanted), counts = census()
    categorical = np.array([count > 0 for count in counts])
    training = TrainingSet(
        rows=train,
        labels=known,
        weight=np.ones(len(train)),
        names=tuple(f"c{at}" for at in range(COLUMNS)),
        categorical=categorical,
        category_counts=tuple(counts),
        monotone=np.zeros(COLUMNS, np.int8),
        classes=("refused", "approved"),
        seed=0,
    )
    booster = fit_booster(training, trees=150, depth=6)
    model = open_model(booster)
    rows, labels = test[:2500], wanted[:2500]
    low, high = rows.copy(), rows.copy()
    low[:, 12] = np.minimum(np.maximum(rows[:, 12] - 10, 1), rows[:, 12])
    high[:, 12], high[:, 10] = np.minimum(rows[:, 12] + 10, 99), np.maximum(rows[:, 10], 5100)
    mutable = np.isin(np.arange(COLUMNS), [1, 6, 10, 12])
    reach = make_reach(
        rows,
        low=low,
        high=high,
        mutable=mutable.tolist(),
        integer=(~categorical).tolist(),
        choices=[[bool(mutable[at])] * counts[at] if counts[at] else None for at in range(COLUMNS)],
    )
    result = evaluate_evasion(model, rows, labels, reach, seed=0)
    assert result.trusted
    robustness = result.robustness
    assert robustness.certified is not None
    assert robustness.clean.value > 0.85
    assert robustness.attacked.value < 0.2
    assert robustness.open_rows < 0.01 * len(rows)
    assert check_reach(reach, rows, result.rows).all()
    matrix = xgboost.DMatrix(
        result.rows,
        feature_names=list(booster.feature_names),
        feature_types=list(booster.feature_types),
        enable_categorical=True,
    )
    answers = (booster.predict(matrix) > 0.5).astype(np.int64)
    assert np.array_equal(answers != labels, result.beaten | ~result.correct)
