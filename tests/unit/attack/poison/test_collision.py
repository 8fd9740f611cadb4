"""Rows that keep their true labels and are moved towards the row that is to be decided wrongly."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.attack.errors import BadBudget, BadPoison
from hauberk.attack.poison import Labelled, collide_features, find_region, measure_nearness
from hauberk.attack.poison.stampable import valid_changes

NO, YES = 0, 1


@pytest.fixture(scope="module")
def nearness(shop):
    return measure_nearness(shop.train.rows, np.array([f.kind == "category" for f in shop.schema.inputs]))


@pytest.fixture(scope="module")
def targets(shop):
    decided = shop.fit(shop.train, 0)(shop.test.rows).argmax(axis=1)
    return shop.test.rows[(shop.test.labels == NO) & (decided == NO)][:12]


@pytest.mark.parametrize("step", [0.3, 0.5, 0.9, 1.0])
def test_labels_and_schema_stay_and_rows_come_nearer(shop, nearness, targets, step):
    poison = collide_features(shop.train, shop.schema, nearness, targets=targets[:1], goal=YES, share=0.03, step=step)
    assert 0 < poison.count <= 36
    assert poison.changes == 2 * poison.count
    np.testing.assert_array_equal(poison.data.labels, shop.train.labels)
    assert set(shop.train.labels[poison.touched]) == {YES}
    assert valid_changes(shop.schema, shop.train.rows, poison.data.rows).all()
    before, after = (
        nearness.distance(rows[poison.touched], targets[0]) for rows in (shop.train.rows, poison.data.rows)
    )
    assert (after < before).all()
    whole = [place for place, feature in enumerate(shop.schema.inputs) if feature.kind == "integer"]
    np.testing.assert_array_equal(poison.data.rows[:, whole], np.round(poison.data.rows[:, whole]))


def test_it_turns_its_targets(shop, nearness, targets):
    clean = shop.fit(shop.train, 0)(targets).argmax(axis=1)
    poison = collide_features(shop.train, shop.schema, nearness, targets=targets, goal=YES, share=0.1, step=1.0)
    bad = shop.fit(poison.data, 0)(targets).argmax(axis=1)
    assert (clean == YES).sum() == 0
    assert (bad == YES).mean() >= 0.5


def test_the_budget_is_dealt_to_all_targets_and_no_row_is_taken_twice(shop, nearness, targets):
    poison = collide_features(shop.train, shop.schema, nearness, targets=targets[:5], goal=YES, share=0.05, step=1.0)
    copies = [int((nearness.distance(poison.data.rows[poison.touched], target) < 0.5).sum()) for target in targets[:5]]
    assert poison.count == 60
    assert min(copies) >= 5


def test_what_cannot_be_moved_is_refused(shop, nearness, targets):
    with pytest.raises(BadPoison, match="step above 0"):
        collide_features(shop.train, shop.schema, nearness, targets=targets, goal=YES, share=0.1, step=1.5)
    with pytest.raises(BadPoison, match="rows of 9 values"):
        collide_features(shop.train, shop.schema, nearness, targets=targets[:, :4], goal=YES, share=0.1)
    with pytest.raises(BadPoison, match="class code"):
        collide_features(shop.train, shop.schema, nearness, targets=targets, goal=9, share=0.1)
    alike = Labelled(rows=np.repeat(targets[:1], 9, axis=0), labels=np.arange(9) % 2, classes=2)
    with pytest.raises(BadBudget):
        collide_features(alike, shop.schema, nearness, targets=targets[:1], goal=YES, share=0.5)


def test_distance_counts_categories_and_gaps_as_one():
    rows = np.array([[0.0, 0.0], [1.0, 1.0], [np.nan, 0.0], [10.0, 0.0]])
    nearness = measure_nearness(np.array([[0.0, 0.0], [10.0, 3.0], [5.0, 1.0]]), np.array([False, True]))
    found = nearness.distance(rows, np.array([0.0, 0.0]))
    scale = nearness.scale[0]
    np.testing.assert_allclose(found, [0, np.hypot(1 / scale, 1), 1, 10 / scale])
    assert nearness.scale[1] == 1
    flat = measure_nearness(np.full((4, 1), 7.0), np.array([False]))
    assert flat.distance(np.array([[9.0]]), np.array([7.0])).tolist() == [2.0]


def test_a_region_holds_its_share(shop, nearness, targets):
    region = find_region(shop.train, nearness, targets[0], share=0.05)
    assert region.holds(shop.train.rows).sum() == pytest.approx(60, abs=1)
    assert region.holds(targets[:1]).all()
    for share in (0.0, 1.5, float("nan")):
        with pytest.raises(BadPoison, match="region"):
            find_region(shop.train, nearness, targets[0], share=share)
    with pytest.raises(BadPoison, match="anchor"):
        find_region(shop.train, nearness, targets[0][:3], share=0.1)
