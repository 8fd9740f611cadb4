"""Repair: the choices that a budget pays, the group as one, whole numbers, relations."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.attack.evasion.repair import make_ground, repair_rows
from hauberk.data import check_reach
from hauberk.testing.reaches import make_reach

ONE = np.array([0])


def repaired(rows, reach, proposed, order=None):
    found = repair_rows(make_ground(rows, reach), np.arange(len(rows)), np.array(proposed, dtype=float), order=order)
    assert check_reach(reach, rows, found, exact=True).all()
    return found.tolist()


def test_the_budget_pays_what_is_first_in_the_order_and_the_numbers_share_the_rest():
    rows = np.zeros((1, 3))
    far = np.array([0, 0, 5])
    reach = make_reach(
        rows, low=rows - far, high=rows + far, choices=[[True] * 3, [True] * 3, None],
        cost=[2.0, 1.5, 1.0], budget=3.0,
    )  # fmt: skip
    assert repaired(rows, reach, [[1, 2, 9]]) == [pytest.approx([1, 0, 1])]
    assert repaired(rows, reach, [[1, 2, 9]], order=np.array([[0.0, 1.0]])) == [pytest.approx([0, 2, 1.5])]
    assert repaired(rows, reach, [[0, 0, -9]]) == [pytest.approx([0, 0, -3])]


def test_a_group_has_one_one_and_only_where_its_columns_may_go():
    rows = np.array([[1.0, 0, 0, 0]])
    high = np.array([[1.0, 0, 1, 1]])  # the second column cannot become 1
    reach = make_reach(rows, low=rows * 0, high=high, mutable=[1, 1, 1, 0], one_hot=((0, 1, 2, 3),))
    assert repaired(rows, reach, [[0.2, 0.9, 0.0, 0.0]]) == [[1, 0, 0, 0]]
    assert repaired(rows, reach, [[0.1, 0.0, 0.8, 0.1]]) == [[0, 0, 1, 0]]
    assert repaired(rows, reach, [[0.0, 0.0, 0.0, 1.0]]) == [[1, 0, 0, 0]]  # immutable
    held = make_reach(rows, low=rows, high=high, one_hot=((0, 1, 2, 3),))  # what is 1 stays 1
    assert repaired(rows, held, [[0.0, 0.0, 1.0, 0.0]]) == [[1, 0, 0, 0]]


def test_whole_numbers_keep_a_relation():
    rows = np.array([[3.0, 5.0], [0.5, 4.0]])  # the second row has a half already
    relation = np.array([[1.0, -1.0]]), np.array([0.0])  # the first at most the second
    reach = make_reach(rows, low=rows - 9, high=rows + 9, integer=[True, True], relations=relation)
    found = repaired(rows, reach, [[8.2, 2.1], [0.5, 3.0]])
    assert found[0][0] == found[0][1] == int(found[0][0])
    assert found[1] == [0.5, 3]


def test_missing_and_immutable_cells_stay():
    rows = np.array([[np.nan, 1.0, 2.0]])
    reach = make_reach(rows, low=rows - 1, high=rows + 1, mutable=[True, False, True])
    found = repair_rows(make_ground(rows, reach), ONE, np.array([[0.0, 9.0, np.nan]]))
    assert np.array_equal(found, rows, equal_nan=True)


def test_a_relation_that_the_row_breaks_may_not_get_worse():
    rows = np.array([[5.0, 0.0]])
    reach = make_reach(rows, low=rows - 3, high=rows + 3, relations=(np.array([[1.0, 0.0]]), np.array([1.0])))
    assert repaired(rows, reach, [[7.0, 1.0]]) == [[5, 1]]
    assert repaired(rows, reach, [[4.0, 1.0]]) == [[4, 1]]
