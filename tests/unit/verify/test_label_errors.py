"""Label errors: found where they were planted, few where none were, on real data and by hand."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hauberk.data import CsvOptions, encode_labels, encode_rows, infer_schema, make_dataset, read_table
from hauberk.verify import label_findings, rank_label_errors, stratified_folds
from hauberk.verify.errors import BadScores, TooFewRows

DATA = Path(os.environ.get("HAUBERK_DATA", Path(__file__).parents[3] / ".." / "shared" / "data"))
NAMES = (
    "age workclass fnlwgt education education_num marital_status occupation relationship race sex capital_gain "
    "capital_loss hours_per_week native_country income"
)


def boosted(rows, labels, test_rows):
    """60 trees of depth 4, as in the docstring of `rank_label_errors`."""
    xgboost = pytest.importorskip("xgboost")
    options = {"max_depth": 4, "eta": 0.1, "objective": "binary:logistic", "nthread": 1, "seed": 0}
    booster = xgboost.train(options, xgboost.DMatrix(rows, labels), num_boost_round=60)
    positive = booster.predict(xgboost.DMatrix(test_rows)).astype(np.float64)
    return np.stack([1 - positive, positive], axis=1)


@pytest.fixture(scope="module")
def breast_cancer():
    datasets = pytest.importorskip("sklearn.datasets")
    rows, labels = datasets.load_breast_cancer(return_X_y=True)
    return rows, labels.astype(np.int64)


@pytest.fixture(scope="module")
def adult():
    path = DATA / "adult" / "adult.data.gz"
    if not path.exists():
        pytest.skip("HAUBERK_DATA holds no adult/adult.data.gz")
    table = read_table(path, csv=CsvOptions(columns=tuple(NAMES.split()), null=("", "?")))
    dataset = make_dataset(table, infer_schema(table, target="income"))
    chosen = np.random.default_rng(0).permutation(dataset.rows)[:8000]
    return encode_rows(dataset)[chosen], encode_labels(dataset)[chosen]


def flipped(labels, share: float, *, seed: int = 0):
    random = np.random.default_rng(seed)
    planted = np.zeros(labels.size, bool)
    planted[random.choice(labels.size, round(share * labels.size), replace=False)] = True
    return np.where(planted, 1 - labels, labels), planted


def auroc(score, planted) -> float:
    """Mann-Whitney U by ranks; margins do not tie."""
    ranks = np.empty(score.size)
    ranks[np.argsort(score, kind="stable")] = np.arange(1, score.size + 1)
    hits = planted.sum()
    return (ranks[planted].sum() - hits * (hits + 1) / 2) / (hits * (score.size - hits))


def figures(rows, labels, share: float):
    noisy, planted = flipped(labels, share)
    ranking = rank_label_errors(rows, noisy, boosted, folds=5, seed=0)
    suspicious = ranking.suspicious
    precision_at_k = planted[ranking.order[: planted.sum()]].mean()
    return (
        auroc(ranking.margin, planted),
        precision_at_k,
        planted[suspicious].mean(),
        suspicious[planted].mean(),
        suspicious.mean(),
    )


def test_planted_flips_of_breast_cancer_are_found(breast_cancer) -> None:
    area, at_k, precision, recall, _ = figures(*breast_cancer, 0.05)
    assert area >= 0.97
    assert at_k >= 0.75
    assert precision >= 0.85
    assert recall >= 0.75


def test_planted_flips_of_adult_are_found(adult) -> None:
    """Anchor (GBDT, 5,000 rows, one seed): AUROC .936, precision at k .636; cut of confident learning .320 and .744."""
    area, at_k, precision, recall, share = figures(*adult, 0.05)
    assert area >= 0.90
    assert at_k >= 0.55
    assert precision >= 0.60
    assert recall >= 0.50
    assert share <= 0.06


def test_without_an_attack_few_rows_are_suspicious(breast_cancer, adult) -> None:
    for (rows, labels), most in ((breast_cancer, 0.01), (adult, 0.03)):
        ranking = rank_label_errors(rows, labels, boosted, folds=5, seed=0)
        assert ranking.suspicious.mean() <= most
    (finding,) = label_findings(ranking, named=5)
    assert finding.count == ranking.suspicious.sum()


def test_the_share_of_suspicious_rows_follows_the_attack(adult) -> None:
    shares = [figures(*adult, share)[4] for share in (0.01, 0.1)]
    assert shares[1] > 2 * shares[0]


def by_table(scores):
    """A `fit_predict` that looks scores up by the row's only value."""

    def fit_predict(rows, labels, test_rows):
        return scores[test_rows[:, 0].astype(int)]

    return fit_predict


SCORES = np.array([[0.9, 0.1], [0.2, 0.8], [0.95, 0.05], [0.1, 0.9], [0.3, 0.7], [0.6, 0.4], [0.8, 0.2], [0.0, 1.0]])
LABELS = np.array([0, 1, 1, 1, 1, 0, 0, 0])


def test_the_ranking_by_hand() -> None:
    ranking = rank_label_errors(np.arange(8.0)[:, None], LABELS, by_table(SCORES), folds=2, seed=0)
    given = SCORES[np.arange(8), LABELS]
    np.testing.assert_allclose(ranking.margin[:7], np.log((1 - given[:7]) / given[:7]))
    assert ranking.margin[7] == pytest.approx(12 * np.log(10))
    np.testing.assert_array_equal(ranking.order, [7, 2, 5, 4, 1, 6, 0, 3])
    np.testing.assert_allclose(ranking.thresholds, [given[LABELS == 0].mean(), given[LABELS == 1].mean()])
    # Means .575 and .6125: row 7 (0 against 1.0) and row 2 (.05 against .95) pass both thresholds, row 5 none.
    np.testing.assert_array_equal(np.flatnonzero(ranking.suspicious), [2, 7])
    np.testing.assert_array_equal(ranking.proposed, 1 - LABELS)
    (finding,) = label_findings(ranking, named=1)
    assert (finding.code, finding.rows, finding.count) == ("verify.labels.suspicious", (7,), 2)


def test_nothing_suspicious_gives_no_finding() -> None:
    sure = np.eye(2)[LABELS] * 0.9 + 0.05
    ranking = rank_label_errors(np.arange(8.0)[:, None], LABELS, by_table(sure), folds=2, seed=0)
    assert not ranking.suspicious.any()
    assert label_findings(ranking) == ()


def test_no_row_is_judged_by_a_model_that_has_seen_it() -> None:
    rows, labels = np.arange(40.0)[:, None], np.arange(40) % 4
    seen: list[np.ndarray] = []

    def watch(train, train_labels, test):
        assert not np.isin(test, train).any()
        assert len(train) == len(train_labels)
        np.testing.assert_array_equal(train_labels, labels[train[:, 0].astype(int)])
        seen.append(test[:, 0])
        return np.full((len(test), 4), 0.25)

    told: list[float] = []

    def progress(done: float, total: float, what: str = "") -> None:
        told.append(done)

    rank_label_errors(rows, labels, watch, folds=5, seed=3, progress=progress)
    assert sorted(np.concatenate(seen)) == list(rows[:, 0])
    assert told == [1, 2, 3, 4, 5]


def test_folds_are_stratified_even_and_seeded() -> None:
    labels = np.random.default_rng(0).choice(3, 103, p=[0.7, 0.2, 0.1])
    fold = stratified_folds(labels, folds=5, seed=1)
    for label in range(3):
        sizes = np.bincount(fold[labels == label], minlength=5)
        assert sizes.max() - sizes.min() <= 1
    sizes = np.bincount(fold)
    assert sizes.max() - sizes.min() <= 1
    np.testing.assert_array_equal(fold, stratified_folds(labels, folds=5, seed=1))
    assert (fold != stratified_folds(labels, folds=5, seed=2)).any()


def test_the_same_seed_gives_the_same_ranking(breast_cancer) -> None:
    rows, labels = breast_cancer
    one, two, other = (rank_label_errors(rows, labels, boosted, folds=3, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.margin, two.margin)
    assert (one.margin != other.margin).any()


@pytest.mark.parametrize(
    ("labels", "folds"),
    [([], 2), ([0, 0, 0, 0], 2), ([0, 1, 1, 1], 2), ([0, 0, 2, 2], 2), ([0, 1, 0, 1], 1), ([-1, 0, 1, 1], 2)],
)
def test_too_few_rows(labels: list[int], folds: int) -> None:
    with pytest.raises(TooFewRows):
        stratified_folds(np.array(labels, np.int64), folds=folds, seed=0)


@pytest.mark.parametrize(
    "scores",
    [np.zeros((8, 2)), np.full((8, 2), np.nan), np.tile([1.5, -0.5], (8, 1)), np.full((8, 3), 1 / 3), np.ones(8)],
)
def test_scores_that_are_no_probabilities(scores) -> None:
    with pytest.raises(BadScores):
        rank_label_errors(np.arange(8.0)[:, None], LABELS, by_table(scores), folds=2, seed=0)


def test_the_anchored_data_are_what_we_think(adult) -> None:
    rows, labels = adult
    assert rows.shape == (8000, 14)
    assert 0.22 < labels.mean() < 0.26
    assert pa.array(labels).null_count == 0
