import numpy as np
import pytest

from hauberk.harden.errors import BadHardening, TooFewRows
from hauberk.harden.folds import divide_rows
from hauberk.harden.held_out import hold_out


@pytest.mark.parametrize("share", [0.2, 0.25, 0.5, 0.1])
def test_every_fold_has_its_share_of_every_class(share):
    labels = np.random.default_rng(0).choice([0, 1, 2], 1003, p=[0.7, 0.25, 0.05])
    fold = divide_rows(labels, share, seed=1)
    assert set(fold) == set(range(round(1 / share)))
    for code in range(3):
        counts = np.bincount(fold[labels == code])
        assert counts.max() - counts.min() <= 1


def test_folds_repeat_by_seed():
    labels = np.random.default_rng(0).integers(0, 2, 200)
    np.testing.assert_array_equal(divide_rows(labels, 0.2, seed=1), divide_rows(labels, 0.2, seed=1))
    assert (divide_rows(labels, 0.2, seed=1) != divide_rows(labels, 0.2, seed=2)).any()


def test_a_class_of_two_rows_is_trained_on_whatever_the_fold():
    labels = np.array([0] * 20 + [1, 1])
    fold = divide_rows(labels, 0.5, seed=0)
    assert set(fold[labels == 1]) == {0, 1}


@pytest.mark.parametrize("labels", [[], [0, 0, 0, 0, 0, 1], [0, 0, 1, 1]])
def test_too_few_rows(labels):
    with pytest.raises(TooFewRows):
        divide_rows(np.array(labels, dtype=np.int64), 0.2, seed=0)


@pytest.mark.parametrize("share", [0, -0.1, 0.6, float("nan")])
def test_bad_share(share):
    with pytest.raises(BadHardening):
        divide_rows(np.array([0, 0, 1, 1] * 5), share, seed=0)


def test_no_class_is_held_out_whole_by_a_group_of_several():
    labels, groups = np.array([0] * 20 + [1] * 10), np.array([1] * 10 + [2] * 10 + [1] * 10)
    for seed in range(50):
        held = hold_out(labels, share=0.1, seed=seed, groups=groups)
        assert set(labels[~held]) == {0, 1}
        assert held.any()
