"""XGBoost's own file (JSON or UBJ), read strictly: what a prediction needs, with every index checked.

The library reads such files without checking where children and categories lie, and can bring the process down; so
foreign bytes are read here, and only here.

Source: XGBoost, doc/model.schema and `src/tree/tree_model.cc`, versions 1.7 to 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from hauberk.core.encoding import parse_json
from hauberk.core.errors import HauberkError
from hauberk.core.limits import Limits
from hauberk.models.adapters.ubjson import parse_ubjson
from hauberk.models.adapters.xgboost_fields import (
    read_floats,
    read_integers,
    read_list,
    read_number,
    read_object,
    read_text,
)
from hauberk.models.assemble import MOST_OUTPUTS
from hauberk.models.errors import BadModelFile

__all__ = ["XGBOOST_LIMITS", "XgboostDocument", "XgboostTree", "parse_xgboost_document"]

XGBOOST_LIMITS = Limits(document_bytes=1 << 30, depth=32, items=1 << 30)
"""A gigabyte: some ten million nodes."""
_WHERE = "XGBoost model"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class XgboostTree:
    """One tree of M nodes.

    Attributes:
        left, right: (M,) children; -1 at a leaf.
        feature: (M,) the split's column.
        condition: (M,) float32, threshold of a split and value of a leaf.
        missing_left: (M,) where NaN goes.
        right_codes: For each categorical split the listed codes, which go right.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    feature: NDArray[np.int64]
    condition: NDArray[np.float32]
    missing_left: NDArray[np.bool_]
    right_codes: Mapping[int, NDArray[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class XgboostDocument:
    """A whole model.

    Attributes:
        booster: `gbtree`, `dart` or `gblinear`.
        objective: Its name.
        targets: Number of targets.
        base: (k,) float32 base score of each of the k outputs, as stored: before the objective's link.
        width: Number of features.
        names: Feature names; empty where the model knows none.
        attributes: Texts that users and wrappers attached.
        vector: Whether a leaf holds several values; the trees are not read then.
        trees: All trees.
        groups: (T,) the output that each tree adds to.
        weights: (T,) float32 factor of each tree.
        rounds: Trees before each boosting round, and after the last one.
    """

    booster: str
    objective: str
    targets: int
    base: NDArray[np.float32]
    width: int
    names: tuple[str, ...]
    attributes: Mapping[str, str]
    vector: bool
    trees: tuple[XgboostTree, ...]
    groups: NDArray[np.int64]
    weights: NDArray[np.float32]
    rounds: NDArray[np.int64]


def parse_xgboost_document(data: bytes, *, limits: Limits = XGBOOST_LIMITS) -> XgboostDocument:
    """The model in JSON or UBJ bytes.

    Raises:
        BadModelFile: Neither of both, a field missing or of another form, or an index that points outside.
    """
    try:
        # UBJ's first key has a length with its type marker, JSON's a quotation mark or white space.
        binary = data[:1] == b"{" and data[1:2].isalpha()
        value = parse_ubjson(data, limits=limits) if binary else parse_json(data, where=_WHERE, limits=limits)
    except BadModelFile:
        raise
    except HauberkError as error:
        raise BadModelFile(where=_WHERE, expected="XGBoost's JSON or UBJ", got=error.got) from error
    learner = read_object(value, "learner")
    gradient = read_object(learner, "gradient_booster")
    booster = read_text(gradient, "name")
    parameters = read_object(learner, "learner_model_param")
    width = read_number(parameters, "num_feature")
    classes = read_number(parameters, "num_class")
    if classes > MOST_OUTPUTS:
        _refuse(f"at most {MOST_OUTPUTS} classes", f"{classes}")
    base = _base(parameters, max(classes, 1))
    model, weights = _trees_of(gradient, booster)
    written = read_list(model, "trees")
    vector = any(read_number(read_object(tree, "tree_param"), "size_leaf_vector", absent=1) > 1 for tree in written)
    trees = () if vector else tuple(_tree(tree, width, number) for number, tree in enumerate(written))
    return XgboostDocument(
        booster=booster,
        objective=read_text(read_object(learner, "objective"), "name"),
        targets=read_number(parameters, "num_target", absent=1),
        base=base,
        width=width,
        names=_names(learner, width),
        attributes=_attributes(learner),
        vector=vector,
        trees=trees,
        groups=_groups(model, len(written), len(base)),
        weights=np.ones(len(written), dtype=np.float32) if weights is None else _checked(weights, len(written)),
        rounds=_rounds(model, len(written), max(classes, 1)),
    )


def _groups(model: Mapping[str, Any], count: int, outputs: int) -> NDArray[np.int64]:
    groups = read_integers(model, "tree_info", count)
    if ((groups < 0) | (groups >= outputs)).any():
        _refuse(f"tree_info below {outputs}", "others")
    return groups


def _trees_of(gradient: Mapping[str, Any], booster: str) -> tuple[Mapping[str, Any], NDArray[np.float32] | None]:
    if booster == "gbtree":
        return read_object(gradient, "model"), None
    if booster == "dart":
        inner = read_object(gradient, "gbtree")
        return read_object(inner, "model"), read_floats(gradient, "weight_drop", None)
    if booster != "gblinear":
        _refuse("gbtree, dart or gblinear", booster[:80])
    return {"trees": [], "tree_info": [], "iteration_indptr": [0]}, None


def _tree(tree: Any, width: int, number: int) -> XgboostTree:
    where = f"tree {number}"
    parameters = read_object(tree, "tree_param")
    count = read_number(parameters, "num_nodes")
    left, right = read_integers(tree, "left_children", count), read_integers(tree, "right_children", count)
    feature = read_integers(tree, "split_indices", count)
    condition = read_floats(tree, "split_conditions", count)
    missing_left = read_integers(tree, "default_left", count)
    leaf = left == -1
    if count < 1 or ((left < -1) | (left >= count) | (right < -1) | (right >= count)).any():
        _refuse(f"{where}: children that are one of {count} nodes", "others")
    if ((right == -1) != leaf).any() or ((feature < 0) | (feature >= width))[~leaf].any():
        _refuse(f"{where}: two children and a feature below {width} at each split", "others")
    if not np.isfinite(condition[leaf]).all() or np.isnan(condition).any():
        _refuse(f"{where}: finite leaf values and thresholds that are numbers", "others")
    return XgboostTree(
        left=left,
        right=right,
        feature=feature,
        condition=condition,
        missing_left=missing_left != 0,
        right_codes=_codes(tree, ~leaf, where),
    )


def _codes(tree: Mapping[str, Any], inner: NDArray[np.bool_], where: str) -> dict[int, NDArray[np.int64]]:
    if "categories_nodes" not in tree:
        return {}
    nodes = read_integers(tree, "categories_nodes", None)
    starts, sizes = (read_integers(tree, name, len(nodes)) for name in ("categories_segments", "categories_sizes"))
    codes = read_integers(tree, "categories", None)
    kinds = read_integers(tree, "split_type", len(inner))
    if ((nodes < 0) | (nodes >= len(inner)) | (starts < 0) | (sizes < 0) | (starts + sizes > len(codes))).any():
        _refuse(f"{where}: categories inside the tree", "others")
    if (codes < 0).any() or not np.array_equal(np.sort(nodes), np.flatnonzero((kinds == 1) & inner)):
        _refuse(f"{where}: codes from 0, and one list for each categorical split", "others")
    spans = zip(nodes.tolist(), starts.tolist(), sizes.tolist(), strict=True)
    return {node: codes[start : start + size] for node, start, size in spans}


def _base(parameters: Mapping[str, Any], outputs: int) -> NDArray[np.float32]:
    words = read_text(parameters, "base_score").strip("[]").split(",")
    try:
        base = np.array([float(word) for word in words], dtype=np.float64).astype(np.float32)
    except ValueError as error:
        raise BadModelFile(where=_WHERE, expected="numbers as base_score", got=repr(words[:4])) from error
    if len(base) not in (1, outputs) or not np.isfinite(base).all():
        _refuse(f"1 or {outputs} finite base scores", f"{words[:4]}")
    return np.broadcast_to(base, (outputs,)).copy()


def _rounds(model: Mapping[str, Any], count: int, outputs: int) -> NDArray[np.int64]:
    if "iteration_indptr" in model:
        rounds = read_integers(model, "iteration_indptr", None)
        if len(rounds) and (rounds[0] != 0 or rounds[-1] != count or (np.diff(rounds) < 0).any()):
            _refuse(f"iteration_indptr from 0 to {count}", "others")
        return rounds
    parameters = read_object(model, "gbtree_model_param")  # files before 2.0
    forest = read_number(parameters, "num_parallel_tree", absent=1)
    return np.arange(0, count + 1, max(forest, 1) * outputs)


def _names(learner: Mapping[str, Any], width: int) -> tuple[str, ...]:
    names = learner.get("feature_names", [])
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        _refuse("names as feature_names", repr(names)[:80])
    if len(names) not in (0, width):
        _refuse(f"{width} feature names", f"{len(names)}")
    return tuple(names)


def _attributes(learner: Mapping[str, Any]) -> dict[str, str]:
    attributes = read_object(learner, "attributes")
    if not all(isinstance(text, str) for text in attributes.values()):
        _refuse("texts as attributes", "others")
    return dict(attributes)


def _checked(weights: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    if len(weights) != count or not np.isfinite(weights).all():
        _refuse(f"{count} finite tree weights", f"{len(weights)}")
    return weights


def _refuse(expected: str, got: str) -> NoReturn:
    raise BadModelFile(where=_WHERE, expected=expected, got=got)
