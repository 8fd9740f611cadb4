"""Label flips: within budget, seeded, and each with its harm."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.attack.errors import BadBudget, BadPoison
from hauberk.attack.poison import (
    Labelled,
    find_region,
    flip_class,
    flip_random,
    flip_region,
    flip_surest,
    measure_nearness,
    surrogate_scores,
    weakest_class,
)

NO, YES = 0, 1


def error(model, data):
    return float((model(data.rows).argmax(axis=1) != data.labels).mean())


def is_part(smaller, larger):
    return bool((larger.touched | ~smaller.touched).all())


@pytest.fixture(scope="module")
def scores(shop):
    return surrogate_scores(shop.fit, shop.train, seed=0)


@pytest.fixture(scope="module")
def flips(shop, scores):
    nearness = measure_nearness(shop.train.rows, np.array([f.kind == "category" for f in shop.schema.inputs]))
    anchor = shop.test.rows[int(np.flatnonzero(shop.test.labels == NO)[0])]
    region = find_region(shop.train, nearness, anchor, share=0.1)
    return {
        "random": lambda share, seed: flip_random(shop.train, share=share, seed=seed),
        "class": lambda share, seed: flip_class(shop.train, victim=YES, goal=NO, share=share, seed=seed),
        "surest": lambda share, _: flip_surest(shop.train, scores, share=share),
        "weakest": lambda share, _: flip_surest(shop.train, scores, share=share, victim=NO),
        "region": lambda share, _: flip_region(shop.train, region, goal=YES, share=share),
    }


@pytest.mark.parametrize("name", ["random", "class", "surest", "weakest", "region"])
def test_only_labels_change_within_the_budget(shop, flips, name):
    before = shop.train.labels.copy()
    small, large = flips[name](0.01, 5), flips[name](0.05, 5)
    for poison, most in ((small, 12), (large, 60)):
        assert 0 < poison.count <= most
        assert poison.changes == poison.count
        assert not poison.moved.any()
        np.testing.assert_array_equal(poison.data.rows, shop.train.rows)
        np.testing.assert_array_equal(poison.data.labels != shop.train.labels, poison.touched)
    assert small.count == 12
    assert is_part(small, large)
    np.testing.assert_array_equal(flips[name](0.01, 5).data.labels, small.data.labels)
    np.testing.assert_array_equal(shop.train.labels, before)


@pytest.mark.parametrize("name", ["random", "class"])
def test_another_seed_draws_other_rows(flips, name):
    assert (flips[name](0.05, 1).touched != flips[name](0.05, 2).touched).any()


def test_a_class_is_turned_into_the_other(shop, flips):
    poison = flips["class"](0.2, 0)
    assert set(shop.train.labels[poison.touched]) == {YES}
    assert set(poison.data.labels[poison.touched]) == {NO}
    clean, bad = shop.fit(shop.train, 0), shop.fit(poison.data, 0)
    mine = shop.test.labels == YES
    turned = [float((model(shop.test.rows[mine]).argmax(axis=1) == NO).mean()) for model in (clean, bad)]
    assert turned[1] > turned[0] + 0.2


def test_sure_rows_harm_more_than_random_ones(shop, flips, scores):
    share = 0.15
    victim = weakest_class(shop.fit, shop.train, scores, share=share, seed=0)
    sure = flip_surest(shop.train, scores, share=share, victim=victim)
    random = [error(shop.fit(flips["random"](share, seed).data, 0), shop.test) for seed in range(3)]
    clean, harmed = error(shop.fit(shop.train, 0), shop.test), error(shop.fit(sure.data, 0), shop.test)
    assert harmed > clean + 0.05
    assert harmed > max(random) + 0.02


def test_a_region_is_turned_and_the_rest_is_not(shop, flips):
    nearness = measure_nearness(shop.train.rows, np.array([f.kind == "category" for f in shop.schema.inputs]))
    anchor = shop.test.rows[int(np.flatnonzero(shop.test.labels == NO)[0])]
    region = find_region(shop.train, nearness, anchor, share=0.1)
    poison = flips["region"](0.5, 0)
    inside = region.holds(shop.train.rows)
    assert inside.sum() == pytest.approx(120, abs=2)
    np.testing.assert_array_equal(poison.touched, inside & (shop.train.labels != YES))
    clean, bad = shop.fit(shop.train, 0), shop.fit(poison.data, 0)
    near = region.holds(shop.test.rows) & (shop.test.labels == NO)
    turned = [float((model(shop.test.rows[near]).argmax(axis=1) == YES).mean()) for model in (clean, bad)]
    assert turned[1] > turned[0] + 0.4
    far = ~region.holds(shop.test.rows)
    beyond = Labelled(rows=shop.test.rows[far], labels=shop.test.labels[far], classes=2)
    assert error(bad, beyond) < error(clean, beyond) + 0.06


def test_more_than_a_class_or_region_has_leaves_the_rest_of_the_budget(shop):
    rare = Labelled(rows=shop.train.rows, labels=(np.arange(1200) < 9).astype(np.int64), classes=2)
    poison = flip_class(rare, victim=1, goal=0, share=0.5, seed=0)
    assert poison.count == 8
    assert (poison.data.labels == 1).sum() == 1


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.5, float("nan"), float("inf"), 1e-6])
@pytest.mark.parametrize("name", ["random", "class", "surest", "region"])
def test_a_bad_budget_is_refused(flips, name, share):
    with pytest.raises(BadBudget) as caught:
        flips[name](share, 0)
    document = caught.value.document()
    assert document["code"] == "ATTACK-121"
    assert document["expected"]
    assert document["got"] == str(share)
    assert document["hint"]


def test_bad_classes_and_shapes_are_refused(shop, scores):
    with pytest.raises(BadPoison, match="class code from 0 to 1, got 2"):
        flip_class(shop.train, victim=0, goal=2, share=0.1, seed=0)
    with pytest.raises(BadPoison, match="another class"):
        flip_class(shop.train, victim=1, goal=1, share=0.1, seed=0)
    with pytest.raises(BadPoison, match="scores"):
        flip_surest(shop.train, scores[:-1], share=0.1)
    with pytest.raises(BadPoison, match="a label for each"):
        Labelled(rows=shop.train.rows, labels=shop.train.labels[1:], classes=2)
    with pytest.raises(BadPoison, match="codes of two"):
        Labelled(rows=shop.train.rows, labels=shop.train.labels, classes=1)


def test_no_class_may_vanish(shop):
    few = Labelled(rows=shop.train.rows[:40], labels=np.repeat([0, 1], [39, 1]), classes=2)
    with pytest.raises(BadBudget):
        flip_class(few, victim=1, goal=0, share=0.5, seed=0)
    with pytest.raises(BadBudget, match="none of class"):
        flip_surest(few, np.tile([0.1, 0.9], (40, 1)), share=0.025)


def test_surrogate_scores_are_out_of_fold(shop):
    """Labels that nothing explains: whoever has learnt a row by heart would be right on it."""
    random = np.random.default_rng(0)
    noise = Labelled(rows=random.normal(size=(300, 9)), labels=random.integers(0, 2, 300), classes=2)
    noise.rows[:, [0, 6, 7, 8]] = 0

    scores = surrogate_scores(shop.fit, noise, seed=0)
    assert scores.shape == (300, 2)
    assert abs((scores.argmax(axis=1) == noise.labels).mean() - 0.5) < 0.12
    with pytest.raises(BadPoison, match="rows of each class"):
        surrogate_scores(shop.fit, Labelled(rows=noise.rows[:3], labels=np.array([0, 0, 1]), classes=2), seed=0)
