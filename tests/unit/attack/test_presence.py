import numpy as np
import pytest

from hauberk.attack.evasion.leaves import MISSING, leaf_boxes, members
from hauberk.attack.evasion.presence import choice_bits, everywhere, keep, range_bits, unpack
from hauberk.testing.ensembles import random_ensemble


@pytest.fixture(params=[0, 1], ids=["numbers", "categories"])
def column(request):
    ensemble = random_ensemble(np.random.default_rng(7), trees=8, depth=5, width=2, categorical=(1,))
    return leaf_boxes(ensemble).columns[request.param]


@pytest.mark.parametrize("rows", [1, 8, 29])
def test_bits_say_which_ranges_touch_which_shapes(column, rows):
    rng = np.random.default_rng(rows)
    ends = np.sort(rng.integers(column.cells, size=(2, rows)), axis=0).astype(np.int32)
    ends[:, rng.random(rows) < 0.2] = MISSING
    found = unpack(range_bits(column, ends[0], ends[1]), rows)
    for row, (low, high) in enumerate(ends.T):
        cells = np.array([MISSING]) if low == MISSING else np.arange(low, high + 1)
        assert np.array_equal(found[:, row], members(column, cells).any(axis=1))


def test_bits_say_which_choices_touch_which_shapes(column):
    rng = np.random.default_rng(1)
    allowed = rng.random((21, column.cells)) < 0.1
    own = rng.integers(column.cells, size=21).astype(np.int32)
    allowed[np.arange(21), own] = True
    own[5], allowed[5] = MISSING, False
    found = unpack(choice_bits(column, own, allowed), 21)
    inside = members(column, np.arange(column.cells))
    for row in range(21):
        wanted = column.missing if row == 5 else (inside & allowed[row]).any(axis=1)
        assert np.array_equal(found[:, row], wanted)


def test_keeping_clears_the_leaves_that_a_column_closes(column):
    low = np.zeros(3, np.int32)
    alive = everywhere(column.leaf.max() + 2, 3)
    keep(alive, column, range_bits(column, low, low))
    cleared = unpack(alive, 3)
    assert cleared[-1].all()
    assert np.array_equal(cleared[column.leaf], members(column, low)[column.shape])
