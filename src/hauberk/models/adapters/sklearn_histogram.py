"""scikit-learn's histogram gradient boosting.

Conventions, as the tests hold them against the library:

- comparisons are `x <= threshold` in float64; NaN takes `missing_go_to_left`;
- categorical columns are moved to the front and replaced by the rank of their code among the codes of the training
  rows; a code not seen then is taken for missing. Both are undone here, so that the ensemble reads the rows as they
  are. A node that sends the missing left has its children exchanged, because here unknown codes go right;
- margins are summed in float64: the baseline first, then the trees in their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hauberk.models.adapters.sklearn_private import private
from hauberk.models.assemble import Form, Tree, assemble, strict_threshold
from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.errors import NoTrees

__all__ = ["read_histogram_trees"]

_WHERE = "scikit-learn model"
_FLOAT64 = np.dtype(np.float64)
_IDENTITY_LOSSES = ("squared_error", "absolute_error", "quantile")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Columns:
    """How the library's inner columns come from the rows.

    Attributes:
        source: (d,) the row's column of each inner column.
        codes: The codes of the inner columns that are categorical, in the order of their ranks.
    """

    source: NDArray[np.intp]
    codes: dict[int, NDArray[np.intp]]


def read_histogram_trees(model: Any) -> TreeEnsemble:
    """The trees of `HistGradientBoostingClassifier` or `HistGradientBoostingRegressor`.

    Raises:
        NoTrees: A loss whose score is another function of the margin, or categories that are not codes 0, 1, ….
    """
    link = _link(model)
    base = np.array(private(model, "_baseline_prediction"), dtype=np.float64).reshape(-1)
    columns = _columns(model)
    trees = [
        _tree(predictor, group, len(base), columns)
        for iteration in private(model, "_predictors")
        for group, predictor in enumerate(iteration)
    ]
    form = Form(
        base=base,
        precision=_FLOAT64,
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


def _columns(model: Any) -> _Columns:
    width = int(model.n_features_in_)
    if model.is_categorical_ is None:
        return _Columns(source=np.arange(width), codes={})
    categorical = np.flatnonzero(model.is_categorical_)
    numeric = np.setdiff1d(np.arange(width), categorical)
    encoder = private(model, "_preprocessor").named_transformers_["encoder"]
    codes = {place: _whole(categories) for place, categories in enumerate(encoder.categories_)}
    return _Columns(source=np.concatenate([categorical, numeric]), codes=codes)


def _whole(categories: NDArray[Any]) -> NDArray[np.intp]:
    if categories.dtype.kind not in "fiu":
        raise NoTrees(where=_WHERE, expected="categories as codes 0, 1, …", got=f"{categories.dtype}")
    # Where values were missing in training, the missing value is the last category.
    known: NDArray[np.floating] = categories[~np.isnan(categories)]
    if (known != np.floor(known)).any() or (known < 0).any():
        raise NoTrees(where=_WHERE, expected="categories as codes 0, 1, …", got="others")
    return known.astype(np.intp)


def _tree(predictor: Any, group: int, outputs: int, columns: _Columns) -> Tree:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(np.bool_)
    inner = nodes["feature_idx"].astype(np.intp)
    categorical = nodes["is_categorical"].astype(np.bool_) & ~leaf
    missing_left = nodes["missing_go_to_left"].astype(np.bool_)
    swap = categorical & missing_left
    value = np.zeros((len(nodes), outputs), dtype=np.float64)
    value[:, group] = nodes["value"]
    left_codes = {}
    for node in np.flatnonzero(categorical).tolist():
        known = columns.codes[int(inner[node])]
        words = predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]].astype("<u4")
        listed = np.unpackbits(words.view(np.uint8), bitorder="little").astype(np.bool_)[: len(known)]
        left_codes[node] = known[~listed if swap[node] else listed]
    left, right = nodes["left"].astype(np.intp), nodes["right"].astype(np.intp)
    return Tree(
        feature=np.where(leaf, -1, columns.source[np.where(leaf, 0, inner)]),
        threshold=strict_threshold(nodes["num_threshold"].astype(np.float64), _FLOAT64),
        left=np.where(swap, right, left),
        right=np.where(swap, left, right),
        missing_left=missing_left & ~swap,
        value=value,
        left_codes=left_codes,
    )
