import numpy as np
import pytest

from hauberk.attack import QUICK, STANDARD, certified_radius, certify_trees, minimal_perturbation
from hauberk.attack.errors import WrongSamples
from hauberk.attack.evasion.ball import Norm
from hauberk.attack.evasion.contest import contests
from hauberk.attack.evasion.field import make_field
from hauberk.attack.evasion.judge import make_judge
from hauberk.attack.evasion.tree_exact import exact_distance
from hauberk.data import ball_reach
from hauberk.models import Link, TreeEnsemble, margins, open_model
from hauberk.testing.ensembles import random_ensemble


@pytest.fixture(scope="module")
def ranges(cancer):
    width = cancer[2].shape[1]
    return {"scale": np.ones(width), "low": np.zeros(width), "high": np.ones(width)}


def test_certificate_exact_attack(cancer, ranges):
    _, model, rows, labels = cancer
    radius = certified_radius(model.trees, rows, labels, **ranges)
    found = minimal_perturbation(model.trees, rows, labels, **ranges)
    assert (radius <= found.certified).all()
    assert (found.certified <= found.distance).all()
    assert ((found.distance - found.certified) < 2e-3 * found.distance).all()  # proved minimal, every one
    for row in range(6):
        contest = next(c for c in contests(model.trees, labels) if c.label == labels[row])
        ball = ball_reach(rows[[row]], found.distance[row] * 1.01, low=ranges["low"], high=ranges["high"])
        exact = exact_distance(contest, make_field(contest.boxes, rows[[row]], ball), ranges["scale"], margin=-1e-6)
        assert radius[row] <= exact.upper + 1e-6
        assert found.certified[row] <= exact.upper + 1e-6
        assert exact.lower <= found.distance[row] + 1e-6
        assert abs(exact.upper - found.distance[row]) < 2e-3 * found.distance[row]


def test_every_row_flips_the_library_at_the_distance_that_is_told(cancer, ranges):
    classifier, model, rows, labels = cancer
    for effort in (QUICK, STANDARD):
        found = minimal_perturbation(model.trees, rows, labels, effort=effort, **ranges)
        assert (classifier.predict(found.rows.astype(np.float32)) != labels).all()
        assert np.allclose(np.abs(found.rows - rows).max(axis=1), found.distance, rtol=0, atol=1e-12)
        assert ((found.rows >= 0) & (found.rows <= 1)).all()
    quick = minimal_perturbation(model.trees, rows, labels, effort=QUICK, **ranges)
    assert (found.distance <= quick.distance).all()


def test_no_row_inside_the_radius_flips(cancer, ranges):
    _, model, rows, labels = cancer
    radius = certified_radius(model.trees, rows, labels, **ranges)
    rng = np.random.default_rng(0)
    for _ in range(200):
        step = rng.choice([-1.0, 1.0], rows.shape) * (1 - 1e-9) * radius[:, None]
        changed = np.clip(rows + step * rng.choice([1.0, 1.0, rng.random()], rows.shape), 0, 1)
        assert (model.predict(changed).argmax(axis=1) == labels).all()


def test_the_radius_is_where_the_certificate_ends(cancer, ranges):
    _, model, rows, labels = cancer
    radius = certified_radius(model.trees, rows, labels, level=0, **ranges)
    for factor, holds in ((0.999, True), (1.001, False)):
        balls = [ball_reach(rows[[row]], radius[row] * factor, low=ranges["low"], high=ranges["high"]) for row in
                 range(len(rows))]  # fmt: skip
        proved = [
            bool(certify_trees(model.trees, rows[[row]], labels[[row]], ball, effort=QUICK).certified[0])
            for row, ball in enumerate(balls)
        ]
        assert all(proved) if holds else not any(proved)


def test_units_and_ranges(cancer, ranges):
    _, model, rows, labels = cancer
    plain = certified_radius(model.trees, rows, labels, **ranges)
    halved = certified_radius(model.trees, rows, labels, **(ranges | {"scale": ranges["scale"] / 2}))
    assert np.allclose(halved, 2 * plain)
    still = certified_radius(model.trees, rows, labels, **(ranges | {"scale": ranges["scale"] * 0}))
    assert np.isinf(still).all()
    wrong = certified_radius(model.trees, rows, 1 - labels, **ranges)
    assert (wrong == 0).all()
    found = minimal_perturbation(model.trees, rows, 1 - labels, **ranges)
    assert (found.distance == 0).all()
    held = minimal_perturbation(model.trees, rows, labels, **(ranges | {"scale": ranges["scale"] * 0}))
    assert np.isinf(held.distance).all()
    assert np.isinf(held.certified).all()
    with pytest.raises(WrongSamples):
        certified_radius(model.trees, rows[:0], labels[:0], **ranges)
    with pytest.raises(WrongSamples):
        certified_radius(model.trees, rows, labels, **(ranges | {"low": np.zeros(2)}))


def test_missing_values_and_three_classes():
    rng = np.random.default_rng(8)
    ensemble = random_ensemble(rng, trees=12, depth=4, width=4, outputs=3, link=Link.SOFTMAX, categorical=(1,))
    rows = rng.normal(size=(40, 4))
    rows[rng.random(rows.shape) < 0.15] = np.nan
    labels = make_judge(ensemble, None).classes(rows)
    ranges = {"scale": np.array([1.0, 0.0, 1.0, 2.0]), "low": np.full(4, -3.0), "high": np.full(4, 3.0)}
    found = minimal_perturbation(ensemble, rows, labels, **ranges)
    radius = certified_radius(ensemble, rows, labels, **ranges)
    assert (radius <= found.certified).all()
    assert (found.certified <= found.distance).all()
    some = np.isfinite(found.distance)
    assert some.sum() > 10
    assert (make_judge(ensemble, None).classes(found.rows)[some] != labels[some]).all()
    assert np.array_equal(np.isnan(found.rows), np.isnan(rows))


# What a hostile reader of the certificate found: each of these rows falls, and was once certified for ever.


@pytest.mark.parametrize("norm", Norm)
def test_a_value_below_the_normal_range_is_cast_up_to_its_threshold(norm):
    tree = pytest.importorskip("sklearn.tree")
    grid = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1.0]] * 5 + [[1, -1.0]] * 5)
    model = tree.DecisionTreeClassifier(random_state=0).fit(grid, ((grid[:, 0] < 0) | (grid[:, 1] > 0)).astype(int))
    row = np.array([[8e-46, 1.0]])
    assert model.predict(row)[0] != model.predict([[8e-46, -1.0]])[0]
    found = minimal_perturbation(
        open_model(model).trees,
        row,
        model.predict(row),
        scale=np.array([0.0, 1.0]),
        low=-np.ones(2),
        high=np.ones(2),
        norm=norm,
    )
    assert found.certified[0] <= 1.0


def two_sums():
    """A tree of equal leaves, too large for a second tree's difference: class 1 below 0, and a tie at and above it."""
    return TreeEnsemble(
        feature=np.array([0, -1, -1, -1], np.int32),
        threshold=np.zeros(4),
        left=np.array([1, -1, -1, -1], np.int32),
        right=np.array([2, -1, -1, -1], np.int32),
        missing_left=np.zeros(4, bool),
        category_words=np.zeros((4, 0), np.uint64),
        categorical=np.zeros(4, bool),
        value=np.array([[0, 0], [0, 0], [1e17, 1e17], [0, 1.0]]),
        roots=np.array([0, 3], np.int32),
        base=np.zeros(2),
        precision=np.dtype(np.float64),
        sum_dtype=np.dtype(np.float64),
        average=False,
        link=Link.SOFTMAX,
        width=1,
    )


@pytest.mark.parametrize("norm", Norm)
def test_two_sums_of_equal_margin_may_round_to_another_answer(norm):
    ensemble, row, label = two_sums(), np.array([[-1.0]]), np.array([1])
    assert margins(ensemble, np.array([[-1.0], [1.0]])).argmax(axis=1).tolist() == [1, 0]
    ends = {"scale": np.ones(1), "low": -np.ones(1), "high": np.ones(1)}
    assert minimal_perturbation(ensemble, row, label, norm=norm, **ends).certified[0] <= 1.0
    reach = ball_reach(row, 1.5, low=ends["low"], high=ends["high"])
    assert not certify_trees(ensemble, row, label, reach).certified[0]


@pytest.mark.parametrize("size", [1e200, 1e308])
def test_numbers_whose_distances_overflow_are_refused(cancer, ranges, size):
    _, model, rows, labels = cancer
    with pytest.raises(WrongSamples) as told:
        minimal_perturbation(model.trees, rows * size, labels, norm=Norm.L2, **ranges)
    assert "rescale" in told.value.hint


def test_trees_that_say_nothing_are_certified_for_ever():
    ensemble = pytest.importorskip("sklearn.ensemble")
    rows, labels = np.random.default_rng(0).random((60, 2)), np.arange(60) % 3
    for model in (
        ensemble.GradientBoostingClassifier(n_estimators=2, min_samples_leaf=31).fit(rows, labels),
        ensemble.GradientBoostingClassifier(n_estimators=2).fit(np.zeros((60, 2)), labels),
    ):
        answers = model.predict(rows[:5])
        ends = {"scale": np.ones(2), "low": -np.ones(2), "high": np.ones(2)}
        found = minimal_perturbation(open_model(model).trees, rows[:5], answers, **ends)
        assert np.isinf(found.certified).all()
