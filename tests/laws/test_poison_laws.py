"""Laws of poisoning: never over budget, more budget takes the same rows and more, what is untouched is untouched."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hauberk.attack.errors import BadBudget
from hauberk.attack.poison import (
    Labelled,
    TableTrigger,
    find_region,
    flip_class,
    flip_random,
    flip_region,
    flip_surest,
    measure_nearness,
    plant_backdoor,
    plant_clean_label,
)

ATTACKS = ("random", "class", "surest", "region", "backdoor", "clean-label")
FEW = settings(max_examples=60, deadline=None)


@st.composite
def tables(draw):
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    rows, classes = draw(st.integers(6, 80)), draw(st.integers(2, 4))
    values = random.integers(0, 9, (rows, 3)).astype(np.float64)
    values[random.random(values.shape) < draw(st.sampled_from([0.0, 0.1]))] = np.nan
    return Labelled(rows=values, labels=random.integers(0, classes, rows), classes=classes)


def make(name, train, share, seed):
    trigger = TableTrigger(columns=np.array([0, 2]), values=np.array([3.0, 11.0]))
    if name == "random":
        return flip_random(train, share=share, seed=seed)
    if name == "class":
        return flip_class(train, victim=0, goal=1, share=share, seed=seed)
    if name == "surest":
        scores = np.random.default_rng(seed).random((len(train.labels), train.classes))
        return flip_surest(train, scores, share=share)
    if name == "region":
        nearness = measure_nearness(train.rows, np.array([False, True, False]))
        return flip_region(train, find_region(train, nearness, train.rows[0], share=0.5), goal=1, share=share)
    if name == "backdoor":
        return plant_backdoor(train, trigger, goal=1, share=share, seed=seed)
    return plant_clean_label(train, trigger, goal=1, share=share, seed=seed)


def made(name, train, share, seed):
    try:
        return make(name, train, share, seed)
    except BadBudget:
        return None


@FEW
@pytest.mark.parametrize("name", ATTACKS)
@given(train=tables(), share=st.floats(0.01, 0.99), seed=st.integers(0, 99))
def test_the_budget_holds_and_the_rest_stays(name, train, share, seed):
    rows, labels = train.rows.copy(), train.labels.copy()
    poison = made(name, train, share, seed)
    assume(poison is not None)
    assert 1 <= poison.count <= math.floor(share * len(labels) + 1e-6)
    assert poison.count <= poison.changes <= 2 * poison.count
    np.testing.assert_array_equal(poison.data.rows[~poison.touched], rows[~poison.touched])
    np.testing.assert_array_equal(poison.data.labels[~poison.touched], labels[~poison.touched])
    assert set(np.unique(poison.data.labels)) >= set(np.unique(labels))
    np.testing.assert_array_equal(train.rows, rows)
    np.testing.assert_array_equal(train.labels, labels)


@FEW
@pytest.mark.parametrize("name", ATTACKS)
@given(train=tables(), shares=st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99)), seed=st.integers(0, 99))
def test_more_budget_takes_the_same_rows_and_more(name, train, shares, seed):
    small, large = (made(name, train, share, seed) for share in sorted(shares))
    assume(small is not None and large is not None)
    assert (large.touched | ~small.touched).all()
    np.testing.assert_array_equal(large.data.rows[small.touched], small.data.rows[small.touched])
    np.testing.assert_array_equal(large.data.labels[small.touched], small.data.labels[small.touched])
