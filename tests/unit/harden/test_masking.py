import math
from functools import partial

import numpy as np
import pytest

from hauberk.data import Adversary, Direction, Feature, Kind, Schema, resolve_reach
from hauberk.harden.masking import blank, find_masking

RANDOM = np.random.default_rng(0)


def masking_of(values, adversary, **feature):
    schema = Schema(features=(Feature(name="x", kind=Kind.NUMBER, adversary=adversary, **feature),))
    rows = np.array(values, dtype=float)[:, None]
    resolve = partial(resolve_reach, schema)
    return find_masking(rows, resolve(rows), resolve)


def test_upward_number_is_flattened_to_the_bound_and_kept_above():
    masking = masking_of([0, 3, 10, 10.5, 40, math.nan], Adversary(mutable=True, direction=Direction.UP, high=10))
    assert masking.flat.tolist() == [True]
    assert masking.open.tolist() == [False]
    np.testing.assert_array_equal(masking.rows[:, 0], [10, 10, 10, 10.5, 40, math.nan])


def test_downward_number_is_flattened_to_its_low_end():
    masking = masking_of([0, 3, 10, 40], Adversary(mutable=True, direction=Direction.DOWN, low=5))
    np.testing.assert_array_equal(masking.rows[:, 0], [0, 3, 5, 5])


@pytest.mark.parametrize(
    "adversary",
    [
        Adversary(mutable=True, within=3),
        Adversary(mutable=True, direction=Direction.UP, within=3),
        Adversary(mutable=True, low=0, high=10),
        Adversary(mutable=True, direction=Direction.UP),
        Adversary(mutable=True, direction=Direction.UP, high=100),
    ],
    ids=["sliding", "sliding up", "both ways", "without end", "everything is one class"],
)
def test_other_numbers_stay_open(adversary):
    masking = masking_of([0, 3, 10, 40], adversary)
    assert masking.flat.tolist() == [False]
    assert masking.open.tolist() == [True]
    np.testing.assert_array_equal(masking.rows[:, 0], [0, 3, 10, 40])


def test_immutable_feature_is_neither_flat_nor_open():
    masking = masking_of([0, 3], Adversary())
    assert not masking.flat.any()
    assert not masking.open.any()


def test_categories_are_open(case):
    task = case.task()
    masking = find_masking(task.training.rows, task.reach, task.resolve)
    assert masking.flat.tolist() == [False, False, False, True, False]
    assert masking.open.tolist() == [False, False, True, False, True]
    untouched = np.array([0, 1, 2, 4])
    np.testing.assert_array_equal(masking.rows[:, untouched], task.training.rows[:, untouched])


def test_blank_changes_its_columns_only():
    rows = np.array([[1.0, 2.0], [3.0, math.nan]])
    np.testing.assert_array_equal(blank(rows, np.array([False, True])), [[1, 0], [3, 0]])
    assert rows[0, 1] == 2
