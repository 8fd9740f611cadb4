import numpy as np
import pytest

from hauberk.attack.evasion.leaves import MISSING, cells_of, leaf_boxes, members, select_trees
from hauberk.models import leaves
from hauberk.testing.ensembles import random_ensemble, rows_on_thresholds


def boxes_that_hold(boxes, rows):
    """(L, n) whether each row lies in each box, by looking at every column."""
    held = np.ones((len(boxes.value), len(rows)), bool)
    for column in boxes.columns:
        cells = cells_of(column, rows[:, column.column], boxes.precision)
        held[column.leaf] &= members(column, cells)[column.shape]
    return held


@pytest.mark.parametrize("precision", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(6))
def test_a_row_lies_in_the_box_of_the_leaf_that_it_reaches_and_in_no_other(seed, precision):
    rng = np.random.default_rng(seed)
    ensemble = random_ensemble(rng, trees=6, depth=5, width=4, categorical=(1,), precision=precision)
    rows = rng.normal(size=(200, 4))
    rows = np.concatenate([rows, rows_on_thresholds(ensemble, rows, rng)])
    rows[:, 1] = rng.integers(-2, 140, len(rows)) + rng.choice([0.0, 0.5], len(rows))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    boxes = leaf_boxes(ensemble)
    held = boxes_that_hold(boxes, rows)
    assert (np.add.reduceat(held, boxes.start, axis=0) == 1).all()
    numbers = np.flatnonzero(ensemble.feature < 0)
    reached = leaves(ensemble, rows)
    for row in range(len(rows)):
        assert np.array_equal(numbers[held[:, row]], reached[row])


def test_cells_follow_the_precision_of_the_ensemble():
    ensemble = random_ensemble(np.random.default_rng(0), trees=3, width=2)
    column = leaf_boxes(ensemble).columns[0]
    edge = column.edges[0]
    just_below = np.nextafter(edge, -np.inf)  # float64; the cast to float32 takes it onto the threshold
    assert cells_of(column, np.array([edge, just_below, np.nan]), np.dtype(np.float32)).tolist() == [1, 1, MISSING]
    assert cells_of(column, np.array([edge, just_below]), np.dtype(np.float64)).tolist() == [1, 0]


def test_selecting_trees_keeps_their_boxes():
    rng = np.random.default_rng(3)
    ensemble = random_ensemble(rng, trees=5, width=3, categorical=(2,))
    rows = rng.normal(size=(50, 3))
    boxes = leaf_boxes(ensemble)
    chosen = np.array([True, False, True, False, True])
    part = select_trees(boxes, chosen)
    kept = np.repeat(chosen, np.diff(np.append(boxes.start, len(boxes.value))))
    assert np.array_equal(boxes_that_hold(part, rows), boxes_that_hold(boxes, rows)[kept])
    assert np.array_equal(part.value, boxes.value[kept])
    assert select_trees(boxes, np.ones(5, bool)) is boxes


def test_a_tree_of_one_leaf_asks_nothing():
    ensemble = random_ensemble(np.random.default_rng(0), trees=2, depth=0, width=2)
    boxes = leaf_boxes(ensemble)
    assert boxes.columns == ()
    assert boxes.start.tolist() == [0, 1]
