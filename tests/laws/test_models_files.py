"""Altered model files end in one of our errors or in a model that keeps its word; the process stays up."""

import contextlib

import lightgbm
import numpy as np
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.core.errors import HauberkError
from hauberk.models import HasTrees, parse_model, verify_ensemble

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(300, 4))
ROWS[:, 2] = RNG.integers(0, 9, 300)
LABELS = (ROWS[:, 0] + (ROWS[:, 2] == 3) > 0).astype(int)


def booster():
    kinds = ["q", "q", "c", "q"]
    matrix = xgboost.DMatrix(ROWS, LABELS, feature_types=kinds, enable_categorical=True)
    return xgboost.train({"objective": "binary:logistic", "nthread": 1, "verbosity": 0}, matrix, 3)


def text():
    parameters = {"objective": "binary", "verbose": -1, "num_threads": 1, "min_data_per_group": 5}
    return lightgbm.train(parameters, lightgbm.Dataset(ROWS, LABELS, categorical_feature=[2]), 3).model_to_string()


FILES = {
    "ubj": ("xgboost", bytes(booster().save_raw("ubj"))),
    "json": ("xgboost", bytes(booster().save_raw("json"))),
    "text": ("lightgbm", text().encode()),
}
EDIT = st.tuples(st.integers(0, 2**31), st.integers(0, 4), st.binary(max_size=4))


@pytest.mark.parametrize("name", FILES)
@settings(deadline=None, max_examples=150)
@given(edits=st.lists(EDIT, min_size=1, max_size=3))
def test_altered_files(name, edits):
    kind, whole = FILES[name]
    data = bytearray(whole)
    for place, cut, put in edits:
        place %= len(data)
        data[place : place + cut] = put
    with contextlib.suppress(HauberkError):
        model = parse_model(bytes(data), kind)
        if isinstance(model, HasTrees):
            verify_ensemble(model.trees)
        assert model.predict(np.zeros((2, model.width))).shape == (2, max(len(model.classes), 1))


@pytest.mark.parametrize("name", FILES)
def test_cut_files(name):
    kind, whole = FILES[name]
    end = len(whole) if name != "text" else whole.index(b"end of trees")  # what follows the trees is not read
    for size in np.linspace(0, end - 1, 60).astype(int):
        with pytest.raises(HauberkError):
            parse_model(whole[:size], kind)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"num_class":"0"', b'"num_class":"999999999"'),
        (b'"num_feature":"4"', b'"num_feature":"1"'),
        (b'"num_nodes":"', b'"num_nodes":"9'),
        (b'"left_children":[1', b'"left_children":[-7'),
        (b'"left_children":[1', b'"left_children":[0'),
        (b'"right_children":[2', b'"right_children":[1'),
        (b'"tree_info":[0', b'"tree_info":[350'),
        (b'"categories":[', b'"categories":[-4,'),
        (b'"categories_segments":[', b'"categories_segments":[77,'),
        (b'"categories_sizes":[', b'"categories_sizes":[9'),
        (b'"split_type":[', b'"split_type":[0,'),
        (b'"split_type":[0', b'"split_type":[1'),
        (b'"base_score":"[', b'"base_score":"[nan,'),
        (b'"iteration_indptr":[0', b'"iteration_indptr":[1'),
        (b'"name":"gbtree"', b'"name":"tree"'),
        (b'"name":"binary:logistic"', b'"name":"binary:hinge"'),
    ],
)
def test_each_fault_of_a_document_is_refused(old, new):
    kind, whole = FILES["json"]
    assert old in whole
    with pytest.raises(HauberkError):
        parse_model(whole.replace(old, new), kind)
