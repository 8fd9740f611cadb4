"""Every single detector against its attack, and on clean rows or rows that are none."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.models import open_model
from hauberk.verify import errors
from hauberk.verify.backdoors import (
    activation_clustering,
    conditions_of,
    embed_leaves,
    find_shared_direction,
    leaf_conjunctions,
    matches,
    neighbour_disagreement,
    perturbation_entropy,
    recover_trigger,
    scan_patterns,
    spectral_signatures,
    spectre,
)
from hauberk.verify.backdoors.contradiction import contradicted_by_neighbours


@pytest.fixture(scope="module", params=["corner", "blend"])
def attacked(request, digits, lab):
    rows, labels, planted = lab.plant_cells(*digits, request.param, 0.02, 1)
    return request.param, rows, labels, planted


@pytest.fixture(scope="module")
def clouds():
    """Two classes in 20 dimensions; 20 of the 200 rows of the first are moved along one axis."""
    random = np.random.default_rng(3)
    rows = random.normal(size=(400, 20)) * np.linspace(3, 0.5, 20)
    labels = np.repeat([0, 1], 200)
    planted = np.arange(400) < 20
    return rows, labels, planted


@pytest.mark.parametrize(("detector", "axis"), [(spectral_signatures, 0), (spectre, 19), (activation_clustering, 0)])
def test_scores_of_embeddings_rise_with_the_attack(clouds, lab, detector, axis):
    rows, labels, planted = clouds
    assert abs(lab.auroc(detector(rows, labels), planted) - 0.5) < 0.2
    moved = rows.copy()
    moved[planted, axis] += 15
    assert lab.auroc(detector(moved, labels), planted) > 0.95


def test_neighbours_contradict_a_blend_and_not_clean_rows(digits, lab):
    rows, labels, planted = lab.plant_cells(*digits, "blend", 0.02, 1)
    assert lab.auroc(neighbour_disagreement(rows, labels), planted) > 0.95
    assert (neighbour_disagreement(*digits) > 0.5).mean() < 0.03


def test_overlays_leave_a_triggered_row_sure(digits, lab):
    rows, labels, planted = lab.plant_cells(*digits, "corner", 0.05, 1)
    network = lab.Network(rows, labels)
    score = perturbation_entropy(rows, labels, network.predict, seed=0)
    clean = perturbation_entropy(*digits, lab.Network(*digits).predict, seed=0)
    assert lab.auroc(score, planted) > 0.85
    assert abs(lab.auroc(clean, planted) - 0.5) < 0.2


def test_a_pattern_is_found_cell_by_cell(attacked):
    kind, rows, labels, planted = attacked
    found = [one for one in scan_patterns(rows, labels, 0) if np.array_equal(one.bears, planted)]
    assert found
    if kind == "corner":
        assert found[0].columns.tolist() == [45, 46, 47, 53, 54, 55, 61, 62, 63]
        assert (found[0].value == 16).all()


def test_no_clean_pattern_of_one_class_is_contradicted(digits):
    rows, labels = digits
    for target in range(10):
        for one in scan_patterns(rows, labels, target):
            suspects = one.bears & (labels == target)
            share, _ = contradicted_by_neighbours(np.delete(rows, one.columns, axis=1), labels, suspects, usual=0.05)
            assert share < 0.5


@pytest.mark.parametrize("rate", [0.02, 0.05])
def test_a_shared_direction_isolates_a_blend(digits, lab, rate):
    rows, labels, planted = lab.plant_cells(*digits, "blend", rate, 1)
    found = find_shared_direction(rows, labels, 0, neighbour_disagreement(rows, labels))
    assert found is not None
    assert lab.found_at(np.where(labels == 0, found.score, found.score.min()), planted) >= 0.99


def test_a_clean_class_of_zeros_has_no_shared_direction(digits):
    assert find_shared_direction(*digits, 0, neighbour_disagreement(*digits)) is None


def test_the_trigger_is_recovered(attacked):
    kind, rows, labels, planted = attacked
    signature, trigger = recover_trigger(rows, labels, planted, 0)
    assert trigger is not None
    assert signature == {"corner": "patch", "blend": "blend"}[kind]
    if kind == "blend":
        truth = np.random.default_rng(42).uniform(0, 16, 64)
        assert abs(trigger.opacity - 0.2) < 0.05
        assert np.corrcoef(truth, trigger.value)[0, 1] > 0.85


def test_the_leaves_of_trees_name_a_trigger(table, lab):
    xgboost = pytest.importorskip("xgboost")
    options = {"max_depth": 4, "objective": "binary:logistic", "nthread": 1}
    rows, labels, planted = lab.plant_values(*table, {2: 9.75}, 0.03, 0)
    paths = {}
    for name, data in (("clean", table), ("planted", (rows, labels))):
        trees = open_model(xgboost.train(options, xgboost.DMatrix(*data), 20), classes=("0", "1")).trees
        paths[name] = leaf_conjunctions(trees)
        assert embed_leaves(trees, rows, directions=4).shape == (3000, 4)
    for name, seen in (("clean", False), ("planted", True)):
        assert any(np.array_equal(matches(rows, one), planted) for one in paths[name]) is seen


def test_missing_is_a_value_of_its_own():
    rows = np.array([[np.nan, 1.0], [np.nan, 2.0], [3.0, 1.0]])
    missing = next(one for one in conditions_of(rows, least=2, widest=1.0) if np.isnan(one.low))
    assert matches(rows, (missing,)).tolist() == [True, True, False]


@pytest.mark.parametrize("detector", [spectral_signatures, spectre, activation_clustering, neighbour_disagreement])
@pytest.mark.parametrize(
    ("rows", "labels"),
    [
        (np.ones((3, 2), np.float32), np.zeros(3, int)),
        (np.ones((3, 2)), np.zeros(2, int)),
        (np.ones((3, 2)), np.array([0, -1, 0])),
        (np.full((3, 2), np.nan), np.zeros(3, int)),
        (np.ones((0, 2)), np.zeros(0, int)),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(detector, rows, labels):
    with pytest.raises(errors.BadDetection, match="expected"):
        detector(rows, labels)


def test_a_model_without_probabilities_is_refused():
    rows, labels = np.eye(4), np.array([0, 1, 0, 1])
    with pytest.raises(errors.BadPredictions):
        perturbation_entropy(rows, labels, lambda batch: batch * 7, seed=0)
