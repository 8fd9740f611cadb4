"""XGBoost: boosters and the scikit-learn wrappers, live or as UBJ or JSON bytes.

Conventions, as the tests hold them against the library:

- inputs are cast to float32; a number goes left iff `x < threshold`; NaN takes `default_left`;
- a categorical node lists the codes that go RIGHT (one-hot and partition splits alike); every other code, also an
  unknown one, goes left. The children are exchanged here, so that listed codes go left and all others right;
- margins are summed in float32: first the base, then the leaves in the order of the trees; a DART leaf is
  multiplied by its tree's weight in float32 first;
- the stored base score is a probability for logistic objectives; its logit is asked of the library itself, from a
  copy of the model whose only tree adds nothing, because its logarithm rounds in its own way;
- a `Booster` predicts with all its trees, a wrapper that stopped early with those up to `best_iteration`.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hauberk.models.assemble import Form, Tree, assemble
from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.errors import BadModelFile, NoTrees, UnknownModel
from hauberk.models.libraries import import_library
from hauberk.models.library_model import Kind, LibraryModel, with_trees
from hauberk.models.link import apply_link
from hauberk.models.protocols import Matrix, Scores

__all__ = [
    "CLASSES_ATTRIBUTE",
    "NAMES_ATTRIBUTE",
    "knows_xgboost",
    "open_xgboost",
    "parse_xgboost",
    "read_xgboost_trees",
]

CLASSES_ATTRIBUTE = "hauberk.classes"
"""Attribute of a booster that holds its class labels as a JSON list; the library keeps none."""
NAMES_ATTRIBUTE = "hauberk.names"
"""The same for the feature names, because the library refuses some names."""
_WHERE = "XGBoost model"
_FLOAT32 = np.dtype(np.float32)
_LINKS = {
    "binary:logistic": Link.LOGISTIC,
    "binary:logitraw": Link.LOGISTIC,
    "reg:logistic": Link.LOGISTIC,
    "multi:softprob": Link.SOFTMAX,
    "multi:softmax": Link.SOFTMAX,
    "reg:squarederror": Link.IDENTITY,
    "reg:absoluteerror": Link.IDENTITY,
    "reg:pseudohubererror": Link.IDENTITY,
    "reg:quantileerror": Link.IDENTITY,
}
_POSITIVE = ("count:poisson", "reg:gamma", "reg:tweedie")
"""Objectives whose value is the exponential of the margin."""


def knows_xgboost(model: object) -> bool:
    """Whether `model` is a live XGBoost object; imports nothing."""
    library = sys.modules.get("xgboost")
    return library is not None and isinstance(model, (library.Booster, library.XGBModel))


def open_xgboost(model: Any, *, classes: tuple[str, ...] = ()) -> LibraryModel:
    """The model of an `xgboost.Booster`, `XGBClassifier` or `XGBRegressor` (and their DART and forest kin).

    Args:
        model: The live object; it is neither changed nor copied.
        classes: Labels in code order; taken from the model where it has some, else "0", "1", ….

    Raises:
        UnknownModel: An objective whose values are no scores, several targets, or a `missing` that is not NaN.
    """
    xgboost = import_library("xgboost")
    if not isinstance(model, xgboost.Booster):
        return _open_wrapper(model, classes)
    document = json.loads(model.save_raw("json"))["learner"]
    link = _link(document)
    outputs = max(int(document["learner_model_param"]["num_class"]), 1)
    labels = _labels(link, outputs, classes or _attribute(model, CLASSES_ATTRIBUTE))
    names = _attribute(model, NAMES_ATTRIBUTE) or tuple(model.feature_names or ())
    width = int(model.num_features())
    plain = LibraryModel(
        classes=labels,
        width=width,
        names=names,
        library="xgboost",
        score=_scorer(model, link),
        freeze=lambda: (Kind.XGBOOST, bytes(model.save_raw("ubj"))),
    )
    try:
        return with_trees(plain, read_xgboost_trees(model))
    except NoTrees as error:
        return replace(plain, note=error.message)


def parse_xgboost(data: bytes, *, classes: tuple[str, ...] = ()) -> LibraryModel:
    """The model in UBJ or JSON bytes, as `save_model` and `save_raw` write them.

    A file that the scikit-learn wrapper wrote after early stopping counts the trees up to `best_iteration`, as the
    wrapper does; any other file counts all.

    Raises:
        BadModelFile: The library refuses the bytes.
        UnknownModel: See `open_xgboost`.
    """
    xgboost = import_library("xgboost")
    if not data.startswith(b"{"):
        raise BadModelFile(where=_WHERE, expected="JSON or UBJ, which begin with '{'", got=repr(data[:8]))
    try:
        booster = xgboost.Booster(model_file=bytearray(data))
        best = booster.attr("best_iteration") if booster.attr("scikit_learn") else None
        if best is not None:
            booster = booster[: int(best) + 1]
    except (xgboost.core.XGBoostError, ValueError, IndexError) as error:
        reason = str(error).strip().splitlines()
        raise BadModelFile(where=_WHERE, expected="an XGBoost model", got=reason[0] if reason else "") from error
    return open_xgboost(booster, classes=classes)


def read_xgboost_trees(booster: Any) -> TreeEnsemble:
    """The trees of a booster.

    Raises:
        NoTrees: gblinear, vector leaves, an objective whose margin is not a score or a logit, no trees.
    """
    whole = json.loads(booster.save_raw("json"))
    document = whole["learner"]
    link = _link(document)
    model, weights = _tree_model(document)
    if link is None:
        raise NoTrees(where=_WHERE, expected="a margin that is the value or its logit", got=_objective(document))
    if not model["trees"]:
        raise NoTrees(where=_WHERE, expected="at least one tree", got="none")
    base = _base(whole, model)
    trees = [
        _tree(tree, group, np.float32(weight), len(base))
        for tree, group, weight in zip(model["trees"], model["tree_info"], weights, strict=True)
    ]
    form = Form(
        base=base, precision=_FLOAT32, sum_dtype=_FLOAT32, average=False, link=link, width=booster.num_features()
    )
    return assemble(trees, form, where=_WHERE)


def _open_wrapper(model: Any, classes: tuple[str, ...]) -> LibraryModel:
    if not math.isnan(model.missing):
        hint = "encode missing values as NaN and train with missing=nan"
        raise UnknownModel(where=_WHERE, expected="missing=nan", got=f"missing={model.missing}", hint=hint)
    booster = model.get_booster()
    best = getattr(model, "best_iteration", None) if model.early_stopping_rounds is not None else None
    if best is not None:
        booster = booster[: int(best) + 1]
    own = tuple(str(label) for label in getattr(model, "classes_", ()))
    return open_xgboost(booster, classes=classes or own)


def _attribute(booster: Any, name: str) -> tuple[str, ...]:
    text = booster.attr(name)
    try:
        labels = json.loads(text) if text else []
    except ValueError as error:
        raise BadModelFile(where=_WHERE, expected=f"a JSON list in {name}", got=text[:80]) from error
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise BadModelFile(where=_WHERE, expected=f"a JSON list of strings in {name}", got=text[:80])
    return tuple(labels)


def _labels(link: Link | None, outputs: int, classes: tuple[str, ...]) -> tuple[str, ...]:
    if link not in (Link.LOGISTIC, Link.SOFTMAX):
        return ()
    count = 2 if link is Link.LOGISTIC else outputs
    if classes and len(classes) != count:
        raise UnknownModel(where=_WHERE, expected=f"{count} classes", got=f"{len(classes)}")
    return classes or tuple(str(code) for code in range(count))


def _objective(document: dict[str, Any]) -> str:
    return str(document["objective"]["name"])


def _link(document: dict[str, Any]) -> Link | None:
    objective, parameters = _objective(document), document["learner_model_param"]
    if int(parameters.get("num_target", 1)) > 1:
        raise UnknownModel(where=_WHERE, expected="one target", got=f"{parameters['num_target']} targets")
    if objective.startswith("rank:"):
        return Link.IDENTITY
    if objective not in _LINKS and objective not in _POSITIVE:
        hint = "train with a logistic, softmax, squared error, absolute error, Poisson, gamma or Tweedie objective"
        raise UnknownModel(where=_WHERE, expected="an objective with scores", got=objective, hint=hint)
    return _LINKS.get(objective)


def _tree_model(document: dict[str, Any]) -> tuple[dict[str, Any], list[float]]:
    booster = document["gradient_booster"]
    if booster["name"] == "dart":
        return booster["gbtree"]["model"], booster["weight_drop"]
    if booster["name"] != "gbtree":
        raise NoTrees(where=_WHERE, expected="gbtree or dart", got=booster["name"])
    return booster["model"], [1.0] * len(booster["model"]["trees"])


def _base(document: dict[str, Any], model: dict[str, Any]) -> NDArray[np.float64]:
    xgboost = import_library("xgboost")
    width = document["learner"]["learner_model_param"]["num_feature"]
    empty_tree = _EMPTY_TREE | {"tree_param": _EMPTY_TREE["tree_param"] | {"num_feature": width}}
    parameters = {"num_trees": "1", "num_parallel_tree": "1"}
    empty = model | {"trees": [empty_tree], "tree_info": [0], "iteration_indptr": [0, 1]}
    empty["gbtree_model_param"] = parameters
    learner = document["learner"] | {"gradient_booster": {"name": "gbtree", "model": empty}}
    booster = xgboost.Booster(model_file=bytearray(json.dumps(document | {"learner": learner}).encode()))
    margin = booster.inplace_predict(np.zeros((1, int(width)), dtype=np.float32), predict_type="margin")
    return np.asarray(margin, dtype=np.float64).reshape(-1)


def _tree(tree: dict[str, Any], group: int, weight: np.float32, outputs: int) -> Tree:
    if int(tree["tree_param"]["size_leaf_vector"]) > 1:
        raise NoTrees(where=_WHERE, expected="one value a leaf", got="vector leaves")
    left, right = np.array(tree["left_children"]), np.array(tree["right_children"])
    leaf = left < 0
    condition = np.array(tree["split_conditions"], dtype=np.float64).astype(_FLOAT32)
    missing_left = np.array(tree["default_left"], dtype=np.bool_)
    codes = _listed_codes(tree)
    swap = np.zeros(len(left), dtype=np.bool_)
    swap[list(codes)] = True
    value = np.zeros((len(left), outputs), dtype=np.float64)
    value[:, group] = condition * weight
    return Tree(
        feature=np.where(leaf, -1, np.array(tree["split_indices"])),
        threshold=condition.astype(np.float64),
        left=np.where(swap, right, left),
        right=np.where(swap, left, right),
        missing_left=missing_left ^ swap,
        value=value,
        left_codes=codes,
    )


def _listed_codes(tree: dict[str, Any]) -> dict[int, NDArray[np.intp]]:
    codes = np.array(tree["categories"], dtype=np.intp)
    spans = zip(tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True)
    return {node: codes[start : start + size] for node, start, size in spans}


def _scorer(booster: Any, link: Link | None) -> Callable[[Matrix], Scores]:
    xgboost = import_library("xgboost")

    def score(rows: Matrix) -> Scores:
        # Not `inplace_predict`: for DART it sums in another order than `predict` does.
        matrix = xgboost.DMatrix(
            rows, feature_names=booster.feature_names, feature_types=booster.feature_types, enable_categorical=True
        )
        out = booster.predict(matrix, output_margin=link is not None)
        values = np.asarray(out, dtype=np.float64).reshape(len(rows), -1)
        return values if link is None else apply_link(link, values)

    return score


_EMPTY_TREE: dict[str, Any] = {
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
    "tree_param": {"num_deleted": "0", "num_nodes": "1", "size_leaf_vector": "1"},
}
