from dataclasses import replace

import numpy as np
import pytest

from hauberk.models import Link, verify_ensemble
from hauberk.models.errors import BadEnsemble
from hauberk.testing.ensembles import random_ensemble


def made():
    return random_ensemble(np.random.default_rng(5), trees=3, depth=3, categorical=(1,))


def with_entry(name, place, value):
    array = getattr(made(), name).copy()
    array[place] = value
    return replace(made(), **{name: array})


def inner_node(ensemble, *, categorical=False):
    return int(np.flatnonzero((ensemble.feature >= 0) & (ensemble.categorical == categorical))[0])


def leaf_node(ensemble):
    return int(np.flatnonzero(ensemble.feature < 0)[0])


def faults():
    e = made()
    inner, sets, leaf = inner_node(e), inner_node(e, categorical=True), leaf_node(e)
    second = int(e.roots[1])
    yield "cycle", with_entry("left", inner, inner)
    yield "child before its parent", with_entry("right", int(e.right[0]), 0)
    yield "child in another tree", with_entry("right", 0, second + 1)
    yield "child out of range", with_entry("left", inner, len(e.feature))
    yield "shared child", with_entry("right", inner, int(e.left[inner]))
    yield "leaf with a child", with_entry("left", leaf, leaf + 1)
    yield "inner node without children", with_entry("left", inner, -1)
    yield "feature out of range", with_entry("feature", inner, e.width)
    yield "feature below -1", with_entry("feature", leaf, -2)
    yield "root missing", replace(e, roots=e.roots[1:])
    yield "roots not ascending", replace(e, roots=e.roots[[0, 2, 1]])
    yield "root of a part", with_entry("roots", 1, second - 1)
    yield "no trees", replace(e, roots=e.roots[:0])
    yield "threshold not float32", with_entry("threshold", inner, 0.1)
    yield "threshold infinite", with_entry("threshold", inner, np.inf)
    yield "threshold beyond float32", with_entry("threshold", inner, 1e300)
    yield "value not float32", with_entry("value", leaf, 0.1)
    yield "value NaN", with_entry("value", leaf, np.nan)
    yield "value at an inner node", with_entry("value", inner, 1.0)
    yield "base not float32", replace(e, base=np.array([0.1]))
    yield "categorical leaf", with_entry("categorical", leaf, True)
    yield "bits at a numeric split", with_entry("category_words", inner, np.uint64(1))
    yield "no words", replace(e, category_words=e.category_words[:, :0])
    yield "words for nothing", replace(random_ensemble(np.random.default_rng(1)), category_words=e.category_words)
    yield "short array", replace(e, missing_left=e.missing_left[1:])
    yield "wrong type", replace(e, threshold=e.threshold.astype(np.float32))
    yield "wrong precision", replace(e, precision=np.dtype(np.float16))
    yield "two logits", replace(e, base=np.zeros(2), value=np.zeros((len(e.feature), 2)))
    yield "softmax of one", replace(e, link=Link.SOFTMAX)
    yield "no features", replace(e, width=0)
    assert sets >= 0


@pytest.mark.parametrize(("fault", "ensemble"), list(faults()))
def test_each_fault_is_refused(fault, ensemble):
    with pytest.raises(BadEnsemble):
        verify_ensemble(ensemble)


def test_a_well_formed_one_is_given_back():
    ensemble = made()
    assert verify_ensemble(ensemble) is ensemble
