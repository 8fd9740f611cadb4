"""scikit-learn: any fitted classifier with probabilities and any regressor with one target; trees where they are."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from hauberk.models.adapters.ensemble_file import render_tree_model
from hauberk.models.adapters.sklearn_histogram import read_histogram_trees
from hauberk.models.adapters.sklearn_onnx import convert_to_onnx
from hauberk.models.adapters.sklearn_trees import read_boosted_trees, read_forest_trees
from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.errors import NoTrees, UnknownModel, WrongRows
from hauberk.models.libraries import import_library
from hauberk.models.library_model import Kind, LibraryModel, with_trees
from hauberk.models.link import apply_link
from hauberk.models.protocols import Matrix, Scores

__all__ = ["knows_sklearn", "open_sklearn"]

_WHERE = "scikit-learn model"


def knows_sklearn(model: object) -> bool:
    """Whether `model` is a live scikit-learn estimator; imports nothing."""
    library = sys.modules.get("sklearn.base")
    return library is not None and isinstance(model, library.BaseEstimator)


def open_sklearn(model: Any, *, classes: tuple[str, ...] = ()) -> LibraryModel:
    """The model of a fitted estimator.

    Args:
        model: The live object; it is neither changed nor copied.
        classes: Labels in the order of `classes_`; taken from the model where they are empty.

    Raises:
        UnknownModel: Not fitted, no `predict_proba` in a classifier, several targets, or neither of both sorts.
    """
    labels, width = _labels(model, classes), int(model.n_features_in_)
    names = tuple(str(name) for name in getattr(model, "feature_names_in_", ()))
    plain = LibraryModel(
        classes=labels,
        width=width,
        names=names,
        library="scikit-learn",
        score=_scorer(model.predict_proba if labels else model.predict),
        freeze=lambda: (Kind.ONNX, convert_to_onnx(model, classes=labels, names=names, width=width)),
    )
    reader = _reader(model)
    if reader is None:
        return plain
    try:
        trees = reader(model)
    except NoTrees as error:
        return replace(plain, note=error.message)
    return replace(
        with_trees(plain, trees),
        score=_margin_scorer(model, trees, plain.score),
        freeze=lambda: (Kind.ENSEMBLE, render_tree_model(trees, classes=labels, names=names)),
    )


def _labels(model: Any, classes: tuple[str, ...]) -> tuple[str, ...]:
    base = import_library("sklearn.base")
    if not hasattr(model, "n_features_in_"):
        raise UnknownModel(where=_WHERE, expected="a fitted estimator", got=f"{type(model).__name__} before fit")
    if base.is_regressor(model):
        return ()
    if not base.is_classifier(model) or not hasattr(model, "predict_proba"):
        hint = "wrap it in CalibratedClassifierCV, which adds probabilities"
        expected = "a classifier with predict_proba, or a regressor"
        raise UnknownModel(where=_WHERE, expected=expected, got=type(model).__name__, hint=hint)
    own = model.classes_
    if isinstance(own, list):
        raise UnknownModel(where=_WHERE, expected="one target", got=f"{len(own)} targets")
    if classes and len(classes) != len(own):
        raise UnknownModel(where=_WHERE, expected=f"{len(own)} classes", got=f"{len(classes)}")
    return classes or tuple(str(label) for label in own)


def _reader(model: Any) -> Callable[[Any], TreeEnsemble] | None:
    tree, ensemble = import_library("sklearn.tree"), import_library("sklearn.ensemble")
    forests = (
        tree.DecisionTreeClassifier,
        tree.DecisionTreeRegressor,
        ensemble.RandomForestClassifier,
        ensemble.RandomForestRegressor,
        ensemble.ExtraTreesClassifier,
        ensemble.ExtraTreesRegressor,
    )
    if isinstance(model, forests):
        return read_forest_trees
    if isinstance(model, (ensemble.GradientBoostingClassifier, ensemble.GradientBoostingRegressor)):
        return read_boosted_trees
    if isinstance(model, (ensemble.HistGradientBoostingClassifier, ensemble.HistGradientBoostingRegressor)):
        return read_histogram_trees
    return None


def _scorer(predict: Callable[[Matrix], Any]) -> Callable[[Matrix], Scores]:
    def score(rows: Matrix) -> Scores:
        with warnings.catch_warnings():
            # A model trained on a data frame wants names with the rows; `require_width` has compared them.
            warnings.filterwarnings("ignore", message="X does not have valid feature names")
            try:
                out = predict(rows)
            except ValueError as error:
                text = str(error).splitlines()
                raise WrongRows(where=_WHERE, expected="rows that it takes", got=text[0] if text else "") from error
        return np.asarray(out, dtype=np.float64).reshape(len(rows), -1)

    return score


def _margin_scorer(model: Any, trees: TreeEnsemble, score: Callable[[Matrix], Scores]) -> Callable[[Matrix], Scores]:
    if trees.link not in (Link.LOGISTIC, Link.SOFTMAX):
        return score
    margin = _scorer(model.decision_function)
    factor = 2.0 if model.loss == "exponential" else 1.0
    return lambda rows: apply_link(trees.link, margin(rows) * factor)
