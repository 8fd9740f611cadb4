import numpy as np
import pytest

from hauberk.models import Link, apply_link, compile_ensemble, leaves, margins, scores
from hauberk.models.assemble import Form, Tree, assemble
from hauberk.models.errors import BadEnsemble, NoTrees, WrongRows
from hauberk.testing.ensembles import random_ensemble

FORM = Form(
    base=np.array([0.5]),
    precision=np.dtype(np.float32),
    sum_dtype=np.dtype(np.float32),
    average=False,
    link=Link.LOGISTIC,
    width=2,
)


def stump(threshold=1.0, *, codes=None, missing_left=True, feature=0):
    return Tree(
        feature=np.array([feature, -1, -1]),
        threshold=np.array([threshold, 0.0, 0.0]),
        left=np.array([1, -1, -1]),
        right=np.array([2, -1, -1]),
        missing_left=np.array([missing_left, False, False]),
        value=np.array([[9.0], [1.0], [-1.0]]),
        left_codes={} if codes is None else {0: np.array(codes)},
    )


def test_a_number_goes_left_below_the_threshold():
    ensemble = assemble([stump()], FORM, where="")
    just_below = float(np.nextafter(np.float32(1), np.float32(0)))
    rows = np.array([[just_below, 0], [1.0, 0], [np.nan, 0], [1 - 1e-12, 0]])
    assert margins(ensemble, rows)[:, 0].tolist() == [1.5, -0.5, 1.5, -0.5]  # the last rounds to 1 in float32


def test_listed_codes_go_left_and_all_others_right():
    ensemble = assemble([stump(codes=[0, 63, 64, 127], missing_left=False)], FORM, where="")
    codes = [0, 63, 64, 127, 1, 126, 128, 10**9, -1, np.nan]
    rows = np.array([[code, 0.0] for code in codes])
    assert margins(ensemble, rows)[:, 0].tolist() == [1.5] * 4 + [-0.5] * 6


def test_a_single_leaf_is_a_tree():
    leaf = Tree(
        feature=np.array([-1]),
        threshold=np.zeros(1),
        left=np.array([-1]),
        right=np.array([-1]),
        missing_left=np.zeros(1, dtype=bool),
        value=np.array([[0.25]]),
        left_codes={},
    )
    ensemble = assemble([leaf, stump()], FORM, where="")
    assert margins(ensemble, np.array([[0.0, 0.0]])).tolist() == [[1.75]]
    assert leaves(ensemble, np.array([[0.0, 0.0]])).tolist() == [[0, 2]]


def test_infinite_thresholds_become_the_largest_number():
    ensemble = assemble([stump(np.inf), stump(-np.inf)], FORM, where="")
    rows = np.array([[3e38, 0.0], [-3e38, 0.0], [np.nan, 0.0]])
    assert margins(ensemble, rows)[:, 0].tolist() == [0.5, 0.5, 2.5]


@pytest.mark.parametrize(
    "rows",
    [np.zeros((2, 3)), np.zeros(2), np.zeros((2, 2), dtype=int), np.array([[np.inf, 0]]), np.array([[1e39, 0]])],
)
def test_what_is_no_row_is_refused(rows):
    with pytest.raises(WrongRows):
        margins(assemble([stump()], FORM, where=""), rows)


def test_no_rows_give_no_margins():
    ensemble = assemble([stump()], FORM, where="")
    assert margins(ensemble, np.empty((0, 2))).shape == (0, 1)
    assert scores(ensemble, np.empty((0, 2))).shape == (0, 2)
    assert leaves(ensemble, np.empty((0, 2))).shape == (0, 1)


def test_the_input_is_left_alone_and_float32_is_welcome():
    ensemble = random_ensemble(np.random.default_rng(0))
    rows = np.random.default_rng(1).normal(size=(30, 4)).astype(np.float32)
    rows.setflags(write=False)
    traversal = compile_ensemble(ensemble)
    np.testing.assert_array_equal(traversal.margins(rows), traversal.margins(rows.astype(np.float64)))


def test_links():
    margin = np.array([[0.0], [800.0], [-800.0], [1e-9]])
    logistic = apply_link(Link.LOGISTIC, margin)
    assert logistic[:3].tolist() == [[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]]
    assert logistic[3, 1] > 0.5
    softmax = apply_link(Link.SOFTMAX, np.array([[1000.0, 1000.0, -1000.0]]))
    assert softmax.tolist() == [[0.5, 0.5, 0.0]]
    assert apply_link(Link.IDENTITY, margin) is margin


def test_what_is_no_tree_is_refused():
    circle = stump()
    circle.left[0] = 0
    with pytest.raises(NoTrees, match="circle"):
        assemble([circle], FORM, where="")
    with pytest.raises(NoTrees, match="at least one"):
        assemble([], FORM, where="")
    with pytest.raises(NoTrees, match="category codes"):
        assemble([stump(codes=[1 << 20])], FORM, where="")
    with pytest.raises(BadEnsemble):
        assemble([stump(feature=2)], FORM, where="")
