"""scikit-learn's trees, forests and gradient boosting (not its histogram boosting, see `sklearn_histogram`).

Conventions, as the tests hold them against the library:

- inputs are cast to float32 and compared as `x <= threshold` with a float64 threshold, which is `x < t'` with t' the
  next float32 above the threshold; NaN takes `missing_go_to_left`;
- a forest adds the trees' class proportions (or values) in float64, in their order, and divides by their number;
  with `n_jobs` above 1 the library adds them in the order in which its threads end, and the last bit may differ;
- gradient boosting starts from the initial estimator's margin and adds `learning_rate * value` in float64; with the
  exponential loss the score is the logistic of twice the margin, and the factor two is in the ensemble.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hauberk.models.adapters.sklearn_private import private
from hauberk.models.assemble import Form, Tree, assemble, strict_threshold
from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.errors import NoTrees
from hauberk.models.libraries import import_library

__all__ = ["read_boosted_trees", "read_forest_trees"]

_WHERE = "scikit-learn model"
_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
_CONSTANT_STRATEGIES = ("prior", "most_frequent", "constant", "mean", "median", "quantile")
_IDENTITY_LOSSES = ("squared_error", "absolute_error", "huber", "quantile")


def read_forest_trees(model: Any) -> TreeEnsemble:
    """The trees of a decision tree, a random forest or extra trees, classifier or regressor.

    Raises:
        NoTrees: More than one target.
    """
    if model.n_outputs_ != 1:
        raise NoTrees(where=_WHERE, expected="one target", got=f"{model.n_outputs_} targets")
    members = getattr(model, "estimators_", None)
    classes = len(getattr(model, "classes_", ()))
    outputs = max(classes, 1)
    if classes == 1:
        raise NoTrees(where=_WHERE, expected="at least two classes", got="one")
    trees = [_tree(member.tree_, outputs) for member in (members or [model])]
    form = Form(
        base=np.zeros(outputs),
        precision=_FLOAT32,
        sum_dtype=_FLOAT64,
        average=members is not None,
        link=Link.SIMPLEX if classes else Link.IDENTITY,
        width=int(model.n_features_in_),
    )
    return assemble(trees, form, where=_WHERE)


def read_boosted_trees(model: Any) -> TreeEnsemble:
    """The trees of `GradientBoostingClassifier` or `GradientBoostingRegressor`.

    Raises:
        NoTrees: The initial estimator's prediction depends on the row.
    """
    base = _initial_margin(model)
    link = _link(model)
    twice = 2.0 if model.loss == "exponential" else 1.0
    rate = np.float64(model.learning_rate)
    members = model.estimators_
    trees = [
        _grouped(_tree(member.tree_, 1), group, len(base), rate, twice)
        for iteration in members
        for group, member in enumerate(iteration)
    ]
    form = Form(
        base=base * twice,
        precision=_FLOAT32,
        sum_dtype=_FLOAT64,
        average=False,
        link=link,
        width=int(model.n_features_in_),
    )
    return assemble(trees, form, where=_WHERE)


def _link(model: Any) -> Link:
    if hasattr(model, "classes_"):
        return Link.SOFTMAX if len(model.classes_) > 2 else Link.LOGISTIC
    if model.loss not in _IDENTITY_LOSSES:
        raise NoTrees(where=_WHERE, expected=f"a loss of {', '.join(_IDENTITY_LOSSES)}", got=str(model.loss))
    return Link.IDENTITY


def _initial_margin(model: Any) -> NDArray[np.float64]:
    dummy = import_library("sklearn.dummy")
    initial = model.init_
    constant = isinstance(initial, str) or (
        isinstance(initial, (dummy.DummyClassifier, dummy.DummyRegressor)) and initial.strategy in _CONSTANT_STRATEGIES
    )
    if not constant:
        raise NoTrees(where=_WHERE, expected="a constant initial estimator", got=type(initial).__name__)
    row = np.zeros((1, model.n_features_in_), dtype=np.float32)
    return np.asarray(private(model, "_raw_predict_init")(row)[0], dtype=np.float64)


def _tree(tree: Any, outputs: int) -> Tree:
    leaf = tree.children_left < 0
    return Tree(
        feature=np.where(leaf, -1, tree.feature),
        threshold=strict_threshold(tree.threshold, _FLOAT32),
        left=tree.children_left,
        right=tree.children_right,
        missing_left=tree.missing_go_to_left.astype(np.bool_),
        value=np.ascontiguousarray(tree.value[:, 0, :outputs], dtype=np.float64),
        left_codes={},
    )


def _grouped(tree: Tree, group: int, outputs: int, rate: np.float64, twice: float) -> Tree:
    value = np.zeros((len(tree.feature), outputs), dtype=np.float64)
    value[:, group] = rate * tree.value[:, 0] * twice
    return Tree(
        feature=tree.feature,
        threshold=tree.threshold,
        left=tree.left,
        right=tree.right,
        missing_left=tree.missing_left,
        value=value,
        left_codes={},
    )
