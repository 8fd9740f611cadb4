import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from hauberk.models import (
    HasTrees,
    Kind,
    open_function,
    open_model,
    parse_model,
    serialise_model,
)
from hauberk.models.errors import BadModelFile, NotSealable, UnknownModel

ROWS = np.random.default_rng(0).normal(size=(60, 3))
LABELS = (ROWS[:, 0] > 0).astype(int)


class Lookalike:
    """Says that it comes from a library that it does not come from."""

    __module__ = "xgboost.core"


@pytest.mark.parametrize("thing", [object(), "model.ubj", Lookalike(), lambda rows: rows, None])
def test_unknown_things_are_refused(thing):
    with pytest.raises(UnknownModel) as caught:
        open_model(thing)
    assert "open_function" in caught.value.hint


def test_a_model_is_given_back():
    model = open_function(lambda rows: rows[:, 0], classes=(), width=3)
    assert open_model(model) is model


def test_a_subclass_is_known():
    class Own(DecisionTreeClassifier):
        pass

    assert isinstance(open_model(Own().fit(ROWS, LABELS)), HasTrees)


def test_unknown_kinds_and_foreign_bytes_are_refused():
    with pytest.raises(UnknownModel, match="pickle"):
        parse_model(b"", "pickle")
    for kind in (Kind.XGBOOST, Kind.LIGHTGBM, Kind.ONNX):
        for data in (b"", b"\x80\x04K\x01.", b"{}", b"{ garbage", b"tree\n", bytes(100)):
            with pytest.raises(BadModelFile):
                parse_model(data, kind)


def test_what_has_no_file_cannot_be_sealed():
    with pytest.raises(NotSealable):
        serialise_model(open_function(lambda rows: rows[:, 0], classes=(), width=3))

    class Bare:
        classes, width = (), 3

        def predict(self, rows):
            return rows[:, :1]

    with pytest.raises(NotSealable):
        serialise_model(Bare())


def test_labels_are_taken_over():
    estimator = DecisionTreeClassifier().fit(ROWS, np.where(LABELS, "rich", "poor"))
    assert open_model(estimator).classes == ("poor", "rich")
    assert open_model(estimator, classes=("p", "r")).classes == ("p", "r")
    with pytest.raises(UnknownModel, match="2 classes"):
        open_model(estimator, classes=("p", "r", "s"))
    kind, data = serialise_model(open_model(estimator, classes=("p", "r")))
    assert (kind, parse_model(data, kind).classes) == (Kind.ENSEMBLE, ("p", "r"))


def test_another_estimator_becomes_onnx():
    estimator = LogisticRegression().fit(ROWS, np.where(LABELS, "rich", "poor"))
    model = open_model(estimator)
    kind, data = serialise_model(model)
    again = parse_model(data, kind)
    assert (kind, again.classes, isinstance(again, HasTrees)) == (Kind.ONNX, ("poor", "rich"), False)
    np.testing.assert_allclose(again.predict(ROWS), model.predict(ROWS), atol=1e-6)
    assert serialise_model(again) == (Kind.ONNX, data)


def test_the_import_loads_no_library():
    code = "import sys, hauberk.models; print(sorted(set(sys.argv) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code, "xgboost", "lightgbm", "sklearn", "onnxruntime"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
