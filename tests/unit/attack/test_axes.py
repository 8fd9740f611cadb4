import numpy as np
import pytest

from hauberk.attack.evasion.field import batches, make_field
from hauberk.attack.evasion.leaves import MISSING, cells_of, leaf_boxes
from hauberk.data import check_reach
from hauberk.testing.ensembles import random_ensemble
from hauberk.testing.reaches import make_reach, random_reach, random_rows


def random_field(seed, *, budget=False, group=()):
    rng = np.random.default_rng(seed)
    ensemble = random_ensemble(rng, trees=6, depth=4, width=6, categorical=(1,))
    rows = random_rows(rng, 30, width=6, categorical=(1,), integer=(2,), group=group)
    reach = random_reach(rng, rows, categorical=(1,), integer=(2,), group=group, budget=budget)
    return make_field(leaf_boxes(ensemble), rows, reach), reach


@pytest.mark.parametrize("seed", range(8))
def test_every_point_of_an_axis_is_within_reach_and_in_its_cell_and_costs_what_it_says(seed):
    field, reach = random_field(seed, budget=seed % 2 == 0, group=(3, 4) if seed % 3 else ())
    number = np.array([choices is None for choices in reach.choices])
    for axis in field.axes:
        index, cells = np.nonzero(axis.allowed)
        changed = field.rows[index]
        changed[:, list(axis.columns)] = axis.points[index, cells]
        # The cell of a point may be let in for its rounding although the point itself is over the budget.
        within = axis.cost[index, cells] <= reach.budget
        assert within.any()
        assert check_reach(reach.rows(index), field.rows[index], changed)[within].all()
        old = field.rows[index]
        step = np.where(number, np.abs(changed - old), (changed != old) & ~np.isnan(old))
        assert np.allclose(axis.cost[index, cells], np.nan_to_num(step) @ reach.cost)
        if len(axis.columns) == 1:
            values = axis.points[index, cells, 0]
            assert np.array_equal(cells_of(axis.boxes, values, np.dtype(np.float32)), cells)


def test_an_unmoved_row_is_in_its_own_cell_for_nothing():
    field, _ = random_field(1)
    for axis in field.axes:
        here = np.flatnonzero(axis.own != MISSING)
        assert (axis.cost[here, axis.own[here]] == 0).all()
        assert np.array_equal(axis.points[here, axis.own[here]], field.rows[here][:, list(axis.columns)])


def test_a_row_without_a_value_has_nowhere_to_go():
    field, _ = random_field(2)
    gone = [np.isnan(field.rows[:, axis.columns[0]]) for axis in field.axes]
    assert any(mask.any() for mask in gone)
    for axis, mask in zip(field.axes, gone, strict=True):
        assert not axis.allowed[mask].any()
        assert (axis.low[mask] == MISSING).all()


def test_whole_numbers_have_no_point_in_a_cell_without_one():
    ensemble = random_ensemble(np.random.default_rng(4), trees=9, depth=4, width=1)  # edges at quarters
    rows = np.array([[0.0]])
    reach = make_reach(rows, low=rows - 2, high=rows + 2, integer=[True])
    axis = make_field(leaf_boxes(ensemble), rows, reach).axes[0]
    points = axis.points[0, axis.allowed[0], 0]
    assert len(points) < axis.boxes.cells
    assert set(points) <= {-2.0, -1.0, 0.0, 1.0, 2.0}


def test_a_group_moves_as_one_and_keeps_to_what_its_columns_may():
    ensemble = random_ensemble(np.random.default_rng(4), trees=9, depth=4, width=3)
    rows = np.array([[1.0, 0, 0], [0, 1, 0], [0.25, 0.25, 0]])
    free = make_reach(rows, low=np.zeros((3, 3)), high=np.ones((3, 3)), one_hot=((0, 1, 2),), cost=[1.0, 2.0, 4.0])
    axis = make_field(leaf_boxes(ensemble), rows, free).axes[0]
    assert axis.columns == (0, 1, 2)
    assert axis.allowed[:, :3].all()
    assert axis.cost[0, :3].tolist() == [0, 3, 5]
    assert axis.allowed[:, 3].tolist() == [False, False, True]  # the pattern that only the third row has
    held = make_reach(rows, low=np.zeros((3, 3)), high=np.ones((3, 3)), one_hot=((0, 1, 2),), mutable=[1, 1, 0])
    axis = make_field(leaf_boxes(ensemble), rows, held).axes[0]
    assert not axis.allowed[:, 2].any()


def test_what_costs_more_than_the_budget_is_no_part_of_the_field():
    ensemble = random_ensemble(np.random.default_rng(4), trees=9, depth=4, width=2)
    rows = np.zeros((1, 2))
    wide = {"low": rows - 2, "high": rows + 2, "cost": [1.0, 1.0]}
    narrow = make_field(leaf_boxes(ensemble), rows, make_reach(rows, budget=0.5, **wide))
    for axis in narrow.axes:
        assert np.abs(axis.points[0, axis.allowed[0]]).max() <= 0.5000001
        assert np.abs(axis.points[0, axis.allowed[0]]).max() >= 0.25


def test_a_relation_closes_the_cells_that_can_never_obey_it():
    ensemble = random_ensemble(np.random.default_rng(4), trees=9, depth=4, width=2)
    rows = np.zeros((1, 2))
    relation = (np.array([[1.0, -1.0]]), np.array([0.5]))  # the first at most a half above the second
    reach = make_reach(rows, low=rows - 2, high=np.array([[2.0, 0.25]]), relations=relation)
    axis = make_field(leaf_boxes(ensemble), rows, reach).axes[0]
    points = axis.points[0, axis.allowed[0], 0]
    assert points.min() == -2
    assert 0.25 < points.max() <= 0.75 + 1e-6


def test_columns_that_no_tree_asks_about_have_no_axis():
    ensemble = random_ensemble(np.random.default_rng(0), trees=1, depth=1, width=5)
    rows = np.zeros((2, 5))
    field = make_field(leaf_boxes(ensemble), rows, make_reach(rows, low=rows - 1, high=rows + 1))
    assert len(field.axes) == 1
    assert field.fixed == ()


def test_batches_cover_all_rows_once_in_order():
    boxes = leaf_boxes(random_ensemble(np.random.default_rng(0), trees=200, depth=8, width=2))
    index = np.arange(30_000)[::2]
    parts = list(batches(boxes, np.array([True, False]), index))
    assert len(parts) > 1
    assert np.array_equal(np.concatenate(parts), index)
