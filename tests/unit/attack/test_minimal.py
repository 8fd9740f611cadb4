import numpy as np
import pytest

from hauberk.attack import QUICK, STANDARD, certified_radius, certify_trees, minimal_perturbation
from hauberk.attack.errors import WrongSamples
from hauberk.attack.evasion.contest import contests
from hauberk.attack.evasion.field import make_field
from hauberk.attack.evasion.judge import make_judge
from hauberk.attack.evasion.tree_exact import exact_distance
from hauberk.data import ball_reach
from hauberk.models import Link
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
