"""From XGBoost's document to the ensemble, and from margins to scores."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hauberk.models.adapters.xgboost_document import XgboostDocument, XgboostTree
from hauberk.models.assemble import Form, Tree, assemble, check_size
from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.errors import NoTrees, UnknownModel
from hauberk.models.libraries import import_library
from hauberk.models.link import apply_link
from hauberk.models.protocols import Scores

__all__ = ["margin_ensemble", "margin_link", "score_margins"]

_WHERE = "XGBoost model"
_FLOAT32 = np.dtype(np.float32)
_PROBABILITY = ("binary:logistic", "reg:logistic")
"""Their base score is a probability; that of binary:logitraw is a margin already."""
_LOGISTIC = (*_PROBABILITY, "binary:logitraw")
_SOFTMAX = ("multi:softprob", "multi:softmax")
_IDENTITY = (
    "reg:squarederror",
    "reg:absoluteerror",
    "reg:pseudohubererror",
    "reg:quantileerror",
    "reg:squaredlogerror",
)
_POSITIVE = ("count:poisson", "reg:gamma", "reg:tweedie")


def margin_link(document: XgboostDocument) -> Link | None:
    """How the model's margins become scores; None where they do so by the exponential function.

    Raises:
        UnknownModel: Several targets, or an objective whose values are no scores.
    """
    if document.targets > 1:
        raise UnknownModel(where=_WHERE, expected="one target", got=f"{document.targets} targets")
    for link, objectives in (
        (Link.LOGISTIC, _LOGISTIC),
        (Link.SOFTMAX, _SOFTMAX),
        (Link.IDENTITY, _IDENTITY),
        (None, _POSITIVE),
    ):
        if document.objective in objectives:
            return link
    if document.objective.startswith("rank:"):
        return Link.IDENTITY
    hint = "train with a logistic, softmax, squared error, absolute error, Poisson, gamma or Tweedie objective"
    raise UnknownModel(where=_WHERE, expected="an objective with scores", got=document.objective[:80], hint=hint)


def score_margins(link: Link | None) -> Callable[[NDArray[np.float64]], Scores]:
    """Margins (n, k) to scores."""
    return np.exp if link is None else lambda margins: apply_link(link, margins)


def margin_ensemble(document: XgboostDocument, rounds: int | None = None) -> TreeEnsemble:
    """The trees of a document, up to a number of boosting rounds; margins without a link where there is none.

    Raises:
        NoTrees: gblinear, leaves of several values, or no trees.
        BadEnsemble: The trees are not well formed.
    """
    if document.booster == "gblinear":
        raise NoTrees(where=_WHERE, expected="gbtree or dart", got="gblinear")
    if document.vector:
        raise NoTrees(where=_WHERE, expected="one value a leaf", got="vector leaves")
    count = len(document.trees) if rounds is None else int(document.rounds[rounds])
    parts = zip(document.trees[:count], document.groups[:count], document.weights[:count], strict=True)
    outputs = len(document.base)
    check_size(sum(len(tree.left) for tree in document.trees), outputs, where=_WHERE)
    trees = [_tree(tree, int(group), weight, outputs) for tree, group, weight in parts]
    link = margin_link(document)
    form = Form(
        base=_margin_base(document),
        precision=_FLOAT32,
        sum_dtype=_FLOAT32,
        average=False,
        link=Link.IDENTITY if link is None else link,
        width=document.width,
    )
    return assemble(trees, form, where=_WHERE)


def _tree(tree: XgboostTree, group: int, weight: np.float32, outputs: int) -> Tree:
    swap = np.zeros(len(tree.left), dtype=np.bool_)
    swap[list(tree.right_codes)] = True
    value = np.zeros((len(tree.left), outputs), dtype=np.float64)
    leaf = tree.left < 0
    value[leaf, group] = tree.condition[leaf] * weight
    return Tree(
        feature=np.where(leaf, -1, tree.feature),
        threshold=tree.condition.astype(np.float64),
        left=np.where(swap, tree.right, tree.left),
        right=np.where(swap, tree.left, tree.right),
        missing_left=tree.missing_left ^ swap,
        value=value,
        left_codes=tree.right_codes,
    )


def _margin_base(document: XgboostDocument) -> NDArray[np.float64]:
    for objectives in (_PROBABILITY, _POSITIVE):
        if document.objective in objectives:
            return _library_margin(float(document.base[0]), objectives[0])
    return document.base.astype(np.float64)


def _library_margin(score: float, objective: str) -> NDArray[np.float64]:
    """The base margin of a base score, by the library: its float32 logarithm is not always the nearest number."""
    xgboost = import_library("xgboost")
    parameters = {"base_score": f"[{score!r}]", "boost_from_average": "0", "num_class": "0"}
    learner = {
        "attributes": {},
        "feature_names": [],
        "feature_types": [],
        "gradient_booster": {"name": "gbtree", "model": _NOTHING},
        "learner_model_param": parameters | {"num_feature": "1", "num_target": "1"},
        "objective": {"name": objective} | _OBJECTIVE_PARAMETERS[objective],
    }
    document = json.dumps({"learner": learner, "version": [3, 0, 0]}).encode()
    try:
        booster = xgboost.Booster(model_file=bytearray(document))
        margin = booster.inplace_predict(np.zeros((1, 1), dtype=np.float32), predict_type="margin")
    except xgboost.core.XGBoostError as error:
        got = f"{score!r} for {objective}"
        raise NoTrees(where=_WHERE, expected="a base score that the objective allows", got=got) from error
    return np.asarray(margin, dtype=np.float64).reshape(-1)


_OBJECTIVE_PARAMETERS = {
    "binary:logistic": {"reg_loss_param": {"scale_pos_weight": "1"}},
    "count:poisson": {"poisson_regression_param": {"max_delta_step": "7E-1"}},
}
_NOTHING = {
    "gbtree_model_param": {"num_trees": "1", "num_parallel_tree": "1"},
    "cats": {"enc": [], "feature_segments": [], "sorted_idx": []},
    "iteration_indptr": [0, 1],
    "tree_info": [0],
    "trees": [
        {
            "base_weights": [0.0],
            "categories": [],
            "categories_nodes": [],
            "categories_segments": [],
            "categories_sizes": [],
            "default_left": [0],
            "id": 0,
            "left_children": [-1],
            "loss_changes": [0.0],
            "parents": [2147483647],
            "right_children": [-1],
            "split_conditions": [0.0],
            "split_indices": [0],
            "split_type": [0],
            "sum_hessian": [0.0],
            "tree_param": {"num_deleted": "0", "num_feature": "1", "num_nodes": "1", "size_leaf_vector": "1"},
        }
    ],
}
"""A model that adds nothing to the base. Without any tree the library would leave the base score as it is."""
