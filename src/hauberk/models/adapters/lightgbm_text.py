"""Reads LightGBM's text format into its header and the arrays of its trees, strictly.

Source: LightGBM 4, `src/boosting/gbdt_model_text.cpp` and `src/io/tree.cpp` (the fields that a prediction needs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.models.errors import BadModelFile

__all__ = ["LightgbmText", "LightgbmTree", "parse_lightgbm_text"]

_WHERE = "LightGBM text"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LightgbmTree:
    """One tree of s splits and s + 1 leaves; a child below zero is the leaf `~child`.

    Attributes:
        feature, threshold, decision, left, right: (s,) of each split; `decision` holds LightGBM's flag bits.
        leaf: (s + 1,) leaf values.
        boundaries: Where each categorical split's words begin and end in `words`.
        words: 32-bit words of the bit sets.
        linear: Whether leaves hold linear models.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    decision: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    leaf: NDArray[np.float64]
    boundaries: NDArray[np.int64]
    words: NDArray[np.int64]
    linear: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LightgbmText:
    """A whole model.

    Attributes:
        objective: Its words, such as `("binary", "sigmoid:1")`.
        outputs: Trees an iteration, one for each margin.
        average: Whether margins are means over iterations (random forests).
        names: Feature names; their number is the model's width.
        trees: In the order of the file: iteration by iteration.
    """

    objective: tuple[str, ...]
    outputs: int
    average: bool
    names: tuple[str, ...]
    trees: tuple[LightgbmTree, ...]


def parse_lightgbm_text(text: str) -> LightgbmText:
    """The model in LightGBM's text.

    Raises:
        BadModelFile: A field is missing, an array has another length than its tree, a child, a feature or a bit set
            lies outside.
    """
    head, mark, rest = text.partition("\nTree=")
    body, end, _ = rest.partition("\nend of trees")
    fields = _fields(head)
    if not head.startswith("tree\n") or (mark and not end):
        raise BadModelFile(where=_WHERE, expected="a header 'tree' and a line 'end of trees'", got=repr(text[:40]))
    names = tuple(filter(None, fields.get("feature_names", "").split(" ")))
    outputs = _integer(fields, "num_tree_per_iteration")
    sections = body.split("\nTree=") if mark else []
    trees = tuple(_tree(_fields(section), len(names)) for section in sections)
    if not names or outputs < 1 or len(trees) % outputs:
        got = f"{len(names)} names, {outputs} outputs, {len(trees)} trees"
        raise BadModelFile(where=_WHERE, expected="names, and trees for whole iterations", got=got)
    return LightgbmText(
        objective=tuple(fields.get("objective", "").split()),
        outputs=outputs,
        average="average_output" in fields,
        names=names,
        trees=trees,
    )


def _fields(section: str) -> dict[str, str]:
    return dict(_field(line) for line in section.split("\n") if line)


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name, value


def _tree(fields: Mapping[str, str], width: int) -> LightgbmTree:
    leaves = _integer(fields, "num_leaves")
    sets = _integer(fields, "num_cat")
    splits = leaves - 1
    if leaves < 1 or sets < 0:
        raise BadModelFile(where=_WHERE, expected="at least one leaf", got=f"{leaves} leaves, {sets} bit sets")
    boundaries = _integers(fields, "cat_boundaries", sets + 1 if sets else 0)
    tree = LightgbmTree(
        feature=_integers(fields, "split_feature", splits),
        threshold=_numbers(fields, "threshold", splits),
        decision=_integers(fields, "decision_type", splits),
        left=_integers(fields, "left_child", splits),
        right=_integers(fields, "right_child", splits),
        leaf=_numbers(fields, "leaf_value", leaves),
        boundaries=boundaries,
        words=_integers(fields, "cat_threshold", int(boundaries[-1]) if sets else 0),
        linear=fields.get("is_linear", "0") != "0",
    )
    for problem in _problems(tree, width):
        raise BadModelFile(where=_WHERE, expected=problem, got="another")
    return tree


def _problems(tree: LightgbmTree, width: int) -> Iterator[str]:
    splits = len(tree.feature)
    children = np.concatenate([tree.left, tree.right])
    if ((children >= splits) | (children < -splits - 1)).any():
        yield f"children that are one of {splits} splits or {splits + 1} leaves"
    if ((tree.feature < 0) | (tree.feature >= width)).any():
        yield f"split features below {width}"
    if np.isnan(tree.threshold).any() or not np.isfinite(tree.leaf).all():
        yield "thresholds and finite leaf values"
    if len(tree.boundaries) and (tree.boundaries[0] != 0 or (np.diff(tree.boundaries) < 0).any()):
        yield "ascending boundaries of bit sets"
    if ((tree.words < 0) | (tree.words >= 1 << 32)).any():
        yield "32-bit words in bit sets"
    place = tree.threshold[(tree.decision & 1) == 1]
    if ((place != np.floor(place)) | (place < 0) | (place >= len(tree.boundaries) - 1)).any():
        yield "categorical splits with a bit set of their own"


def _integer(fields: Mapping[str, str], name: str) -> int:
    return int(_integers(fields, name, 1)[0])


def _integers(fields: Mapping[str, str], name: str, count: int) -> NDArray[np.int64]:
    try:
        values = [int(word) for word in fields.get(name, "").split()]
        array = np.array(values, dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise BadModelFile(where=f"{_WHERE}, {name}", expected="whole numbers", got=str(error)) from error
    _check_count(values, name, count)
    return array


def _numbers(fields: Mapping[str, str], name: str, count: int) -> NDArray[np.float64]:
    try:
        values = [float(word) for word in fields.get(name, "").split()]
    except ValueError as error:
        raise BadModelFile(where=f"{_WHERE}, {name}", expected="numbers", got=str(error)) from error
    _check_count(values, name, count)
    return np.array(values, dtype=np.float64)


def _check_count(values: Sequence[float], name: str, count: int) -> None:
    if len(values) != count:
        raise BadModelFile(where=f"{_WHERE}, {name}", expected=f"{count} values", got=f"{len(values)}")
