from dataclasses import replace

import numpy as np
import pytest

from hauberk.attack import STANDARD, attack_trees, search_queries
from hauberk.attack.errors import NotAttackable, WrongSamples
from hauberk.data import check_reach
from hauberk.models import open_function
from hauberk.testing.reaches import make_reach

QUERIES = 60


def drawn_at_random(claims, rng):
    rows, reach = claims.rows, claims.reach
    drawn = rows.copy()
    drawn[:, 0] = np.floor(reach.low[:, 0] + rng.random(len(rows)) * (reach.high[:, 0] - reach.low[:, 0] + 1))
    drawn[:, 1] = reach.low[:, 1] + rng.random(len(rows)) * (reach.high[:, 1] - reach.low[:, 1])
    drawn[:, 2] = rng.integers(6, size=len(rows))
    choice = rng.choice([0.0, 1.0, 3.0], len(rows))
    drawn[:, 3] = np.where(np.isnan(rows[:, 3]), np.nan, choice)
    assert check_reach(reach, rows, drawn, exact=True).all()
    return drawn


def test_it_beats_drawing_at_random_and_not_the_white_box(claims):
    found = search_queries(
        claims.model, claims.rows, claims.labels, claims.reach, effort=replace(STANDARD, queries=QUERIES)
    )
    assert found.queries.max() <= QUERIES
    rng = np.random.default_rng(0)
    chance = claims.model.predict(claims.rows).argmax(axis=1) != claims.labels
    for _ in range(QUERIES - 1):
        chance |= claims.model.predict(drawn_at_random(claims, rng)).argmax(axis=1) != claims.labels
    box = attack_trees(claims.model.trees, claims.rows, claims.labels, claims.reach)
    truth = box.adversarial.success
    assert truth.sum() - found.success.sum() < (truth.sum() - chance.sum()) / 3
    assert not (found.success & ~truth).any()
    assert not (found.success & box.certified).any()


def test_rows_are_valid_and_fool_the_model(claims):
    relations = (np.array([[0.1, 1.0, 0, 0, 0, 0]]), np.array([4.0]))
    reach = claims.limited(budget=3.0, relations=relations)
    found = search_queries(claims.model, claims.rows, claims.labels, reach, effort=replace(STANDARD, queries=80))
    assert check_reach(reach, claims.rows, found.rows, exact=True).all()
    answers = claims.model.predict(found.rows).argmax(axis=1)
    assert np.array_equal(answers != claims.labels, found.success)
    right = claims.model.predict(claims.rows).argmax(axis=1) == claims.labels
    assert (found.success & right).sum() > 20
    assert (found.cost <= 3.0 + 1e-9).all()


def test_labels_alone_are_enough_to_find_some(claims):
    def decide(rows):
        return np.eye(2)[claims.model.predict(rows).argmax(axis=1)]

    model = open_function(decide, classes=("no", "yes"), width=6)
    part = np.arange(300)
    found = search_queries(model, claims.rows[part], claims.labels[part], claims.reach.rows(part), seed=3)
    clean = decide(claims.rows[part]).argmax(axis=1) != claims.labels[part]
    assert (found.success & ~clean).sum() > 30


def test_one_hot_groups_move_as_one():
    rows = np.column_stack([np.eye(4)[np.arange(200) % 4], np.linspace(-1, 1, 200)])

    def decide(batch):
        yes = np.clip(0.5 + batch[:, 4] / 4 - 0.4 * batch[:, 2] + 0.1 * batch[:, 3], 0, 1)
        return np.column_stack([1 - yes, yes])

    model = open_function(decide, classes=("no", "yes"), width=5)
    labels = decide(rows).argmax(axis=1)
    low, high = rows.copy(), rows.copy()
    low[:, :4], high[:, :4] = 0, 1
    reach = make_reach(rows, low=low, high=high, mutable=[1, 1, 1, 1, 0], one_hot=((0, 1, 2, 3),))
    found = search_queries(model, rows, labels, reach, effort=replace(STANDARD, queries=40))
    assert (found.rows[:, :4].sum(axis=1) == 1).all()
    third = np.eye(5)[2] * [1, 1, 1, 1, 0]
    down = decide(np.column_stack([np.tile(third[:4], (200, 1)), rows[:, 4]])).argmax(axis=1)
    assert np.array_equal(found.success[labels == 1], down[labels == 1] == 0)


def test_a_goal_and_the_same_seed(claims):
    runs = [
        search_queries(
            claims.model,
            claims.rows,
            claims.labels,
            claims.reach,
            goal=1,
            effort=replace(STANDARD, queries=30),
            seed=seed,
        )
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(runs[0].rows, runs[1].rows, equal_nan=True)
    assert not np.array_equal(runs[0].rows, runs[2].rows, equal_nan=True)
    assert not runs[0].success[claims.labels == 1].any()
    assert (claims.model.predict(runs[0].rows).argmax(axis=1)[runs[0].success] == 1).all()


def test_open_ends_are_searched_as_far_as_the_data_go():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(100, 2))

    def decide(batch):
        yes = 1 / (1 + np.exp(-(batch[:, 0] - 1.5)))
        return np.column_stack([1 - yes, yes])

    model = open_function(decide, classes=("no", "yes"), width=2)
    labels = decide(rows).argmax(axis=1)
    reach = make_reach(rows, low=np.full((100, 2), -np.inf), high=np.full((100, 2), np.inf))
    found = search_queries(model, rows, labels, reach, effort=replace(STANDARD, queries=60))
    assert found.success.all()
    assert np.isfinite(found.rows).all()


def test_what_does_not_fit_is_refused(claims):
    with pytest.raises(WrongSamples):
        search_queries(claims.model, claims.rows[:0], claims.labels[:0], claims.reach.rows(np.arange(0)))
    value = open_function(lambda rows: rows[:, :1], classes=(), width=6)
    with pytest.raises(NotAttackable):
        search_queries(value, claims.rows, claims.labels, claims.reach)
