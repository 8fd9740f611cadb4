"""Whatever is proposed or asked, what comes out is within reach; each law fails when its repair is taken away."""

from __future__ import annotations

import collections
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.attack import QUICK, search_queries
from hauberk.attack.evasion import query_search
from hauberk.attack.evasion.repair import make_ground, repair_rows
from hauberk.data import check_reach
from hauberk.models import open_function, open_torch
from hauberk.testing.reaches import random_reach, random_rows

SEEDS = st.integers(0, 2**32 - 1)
COUNT, WIDTH = 8, 7
FEW = replace(QUICK, queries=30)


class World:
    """Rows of every kind of column and what can be made of them."""

    def __init__(self, seed, *, missing=True):
        self.rng = rng = np.random.default_rng(seed)
        kinds = {
            "categorical": (1,) if rng.random() < 0.6 else (),
            "integer": (2, 5) if rng.random() < 0.6 else (),
            "group": (3, 4, 6) if rng.random() < 0.5 else (),
        }
        self.rows = random_rows(rng, COUNT, width=WIDTH, missing=0.1 if missing else 0.0, **kinds)
        count = int(rng.integers(3))
        self.reach = random_reach(rng, self.rows, budget=bool(rng.random() < 0.6), relations=count, **kinds)
        self.labels = rng.integers(2, size=COUNT)
        self.weights = rng.normal(size=(2, WIDTH, 5))

    def scores(self, rows):
        hidden = np.maximum(np.nan_to_num(rows) @ self.weights[0], 0.0)
        yes = 1 / (1 + np.exp(-np.clip(hidden @ self.weights[1, 0] - 1, -30, 30)))
        return np.column_stack([1 - yes, yes])

    def allowed(self, made):
        return check_reach(self.reach, self.rows, made, exact=True).all()


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_anything_is_repaired_and_what_is_within_reach_stays(seed):
    world = World(seed)
    ground, everyone, rng = make_ground(world.rows, world.reach), np.arange(COUNT), world.rng
    proposed = np.nan_to_num(world.rows) + rng.normal(size=world.rows.shape) * rng.choice([0.1, 1, 10, 1e6])
    proposed[rng.random(proposed.shape) < 0.05] = np.nan
    made = repair_rows(ground, everyone, proposed, order=rng.random((COUNT, len(ground.choices))))
    assert world.allowed(made)
    again = repair_rows(ground, everyone, made)
    assert np.allclose(again, made, rtol=1e-9, atol=1e-6, equal_nan=True)
    assert np.array_equal(repair_rows(ground, everyone, world.rows), world.rows, equal_nan=True)


def unmended(_ground, _index, proposed, **_others):
    """The planted fault: a repair that repairs nothing."""
    return proposed


def search_is_valid(seed):
    world = World(seed)
    model = open_function(world.scores, classes=("no", "yes"), width=WIDTH)
    found = search_queries(model, world.rows, world.labels, world.reach, effort=FEW, seed=seed % 1000)
    answers = world.scores(found.rows).argmax(axis=1)
    assert np.array_equal(found.success, answers != world.labels)
    assert world.allowed(found.rows)
    assert (found.queries <= FEW.queries).all()


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_the_search_stays_within_reach(seed):
    search_is_valid(seed)


def test_the_law_of_the_search_can_fail(monkeypatch):
    monkeypatch.setattr(query_search, "repair_rows", unmended)
    with pytest.raises(AssertionError):
        collections.deque(map(search_is_valid, range(60)), maxlen=0)


def network_is_valid(seed):
    torch = pytest.importorskip("torch")
    from hauberk.attack.evasion.torch_constrained import attack_constrained

    world = World(seed, missing=False)
    module = torch.nn.Sequential(torch.nn.Linear(WIDTH, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))
    with torch.no_grad():
        for weight in module.parameters():
            weight[:] = torch.from_numpy(world.rng.normal(size=tuple(weight.shape)))
    model = open_torch(module, classes=("no", "yes"), shape=(WIDTH,))
    found = attack_constrained(model, world.rows, world.labels, world.reach, effort=QUICK, seed=seed % 1000)
    assert np.array_equal(found.success, model.predict(found.rows).argmax(axis=1) != world.labels)
    assert world.allowed(found.rows)
    still = ~world.reach.mutable
    assert np.array_equal(found.rows[:, still], world.rows[:, still])


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_the_gradient_attack_stays_within_reach(seed):
    network_is_valid(seed)


def test_the_law_of_the_gradient_attack_can_fail(monkeypatch):
    pytest.importorskip("torch")
    from hauberk.attack.evasion import torch_constrained

    monkeypatch.setattr(torch_constrained, "repair_rows", unmended)
    with pytest.raises(AssertionError):
        collections.deque(map(network_is_valid, range(60)), maxlen=0)
