"""LightGBM: boosters and the scikit-learn wrappers, live or as text.

Conventions, as the tests hold them against the library:

- comparisons are `x <= threshold` in float64; a dense row's numbers of at most 1e-35 (as float32) in size are zero;
- NaN takes the default side where the split's missing type is NaN, and is zero where it is None; where it is Zero,
  zeros and NaN take the default side (`zero_missing` rewrites such a split);
- a categorical split lists the codes that go left; every other code and NaN go right;
- margins are summed in float64, from zero, in the order of the trees; random forests divide by the iterations;
- a booster that stopped early predicts with the trees up to `best_iteration`, and its text holds no others.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hauberk.models.adapters.lightgbm_text import LightgbmText, LightgbmTree, parse_lightgbm_text
from hauberk.models.adapters.zero_missing import Step, grow_steps
from hauberk.models.assemble import Form, Tree, assemble, strict_threshold
from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.errors import BadModelFile, NoTrees, UnknownModel
from hauberk.models.libraries import import_library
from hauberk.models.library_model import Kind, LibraryModel, with_trees
from hauberk.models.link import apply_link
from hauberk.models.protocols import Matrix, Scores

__all__ = ["knows_lightgbm", "open_lightgbm", "parse_lightgbm", "read_lightgbm_trees"]

_WHERE = "LightGBM model"
_FLOAT64 = np.dtype(np.float64)
_ZERO = float(np.float32(1e-35))  # kZeroThreshold of LightGBM's meta.h
_CATEGORICAL, _DEFAULT_LEFT, _MISSING_ZERO, _MISSING_NAN = 1, 2, 1, 2  # bits and values of decision_type (tree.h)
_LINKS = {
    ("binary", "sigmoid:1"): Link.LOGISTIC,
    ("cross_entropy",): Link.LOGISTIC,
    ("regression",): Link.IDENTITY,
    ("regression_l1",): Link.IDENTITY,
    ("huber",): Link.IDENTITY,
    ("fair",): Link.IDENTITY,
    ("quantile",): Link.IDENTITY,
    ("mape",): Link.IDENTITY,
    ("lambdarank",): Link.IDENTITY,
    ("rank_xendcg",): Link.IDENTITY,
}
_OTHER_VALUES = ("binary", "regression", "poisson", "gamma", "tweedie")
"""Objectives whose score is another function of the margin; the library computes it, and no trees are shown."""


def knows_lightgbm(model: object) -> bool:
    """Whether `model` is a live LightGBM object; imports nothing."""
    library = sys.modules.get("lightgbm")
    return library is not None and isinstance(model, (library.Booster, library.LGBMModel))


def open_lightgbm(model: Any, *, classes: tuple[str, ...] = ()) -> LibraryModel:
    """The model of a `lightgbm.Booster`, `LGBMClassifier` or `LGBMRegressor`.

    Args:
        model: The live object; it is neither changed nor copied.
        classes: Labels in code order; taken from the model where it has some, else "0", "1", ….

    Raises:
        UnknownModel: An objective whose values are no scores (a custom one, one-against-all).
    """
    library = import_library("lightgbm")
    booster = model if isinstance(model, library.Booster) else model.booster_
    own = tuple(str(label) for label in getattr(model, "classes_", ()))
    text = booster.model_to_string()
    return _open(booster, parse_lightgbm_text(text), classes or own)


def parse_lightgbm(data: bytes, *, classes: tuple[str, ...] = ()) -> LibraryModel:
    """The model in LightGBM's text, as `save_model` writes it.

    The text is read by `parse_lightgbm_text` first: the library does not check where children and bit sets lie.

    Raises:
        BadModelFile: Not such a text, or the library refuses it.
        UnknownModel: See `open_lightgbm`.
    """
    library = import_library("lightgbm")
    try:
        text = data.decode()
        parsed = parse_lightgbm_text(text)
        booster = library.Booster(model_str=text)
    except (UnicodeDecodeError, ValueError, library.basic.LightGBMError) as error:
        raise BadModelFile(where=_WHERE, expected="LightGBM's text format", got=str(error)[:120]) from error
    return _open(booster, parsed, classes)


def read_lightgbm_trees(text: LightgbmText) -> TreeEnsemble:
    """The trees of a model.

    Raises:
        NoTrees: Linear leaves, a score that is another function of the margin, no trees, a forest of several classes.
    """
    link = _link(text)
    if link is None:
        raise NoTrees(where=_WHERE, expected="a margin that is the value or its logit", got=" ".join(text.objective))
    if any(tree.linear for tree in text.trees):
        raise NoTrees(where=_WHERE, expected="constant leaves", got="linear leaves (linear_tree)")
    if text.average and text.outputs > 1:
        raise NoTrees(where=_WHERE, expected="a forest with one margin", got=f"{text.outputs} margins")
    trees = [_tree(tree, number % text.outputs, text.outputs) for number, tree in enumerate(text.trees)]
    form = Form(
        base=np.zeros(text.outputs),
        precision=_FLOAT64,
        sum_dtype=_FLOAT64,
        average=text.average,
        link=link,
        width=len(text.names),
    )
    return assemble(trees, form, where=_WHERE)


def _open(booster: Any, text: LightgbmText, classes: tuple[str, ...]) -> LibraryModel:
    link = _link(text)
    plain = LibraryModel(
        classes=_labels(text, classes),
        width=len(text.names),
        names=text.names,
        library="lightgbm",
        score=_scorer(booster, text, link),
        freeze=lambda: (Kind.LIGHTGBM, booster.model_to_string().encode()),
    )
    try:
        return with_trees(plain, read_lightgbm_trees(text))
    except NoTrees as error:
        return replace(plain, note=error.message)


def _link(text: LightgbmText) -> Link | None:
    objective = text.objective
    if objective[:1] == ("multiclass",) and text.outputs > 1:
        return Link.SOFTMAX
    if objective[:1] in ((), ("custom",)) or (objective not in _LINKS and objective[0] not in _OTHER_VALUES):
        hint = "train with a binary, multiclass or regression objective"
        got = " ".join(objective) or "a custom objective"
        raise UnknownModel(where=_WHERE, expected="an objective with scores", got=got, hint=hint)
    return _LINKS.get(objective)


def _labels(text: LightgbmText, classes: tuple[str, ...]) -> tuple[str, ...]:
    if text.objective[0] not in ("binary", "cross_entropy", "multiclass"):
        return ()
    count = max(text.outputs, 2)
    if classes and len(classes) != count:
        raise UnknownModel(where=_WHERE, expected=f"{count} classes", got=f"{len(classes)}")
    return classes or tuple(str(code) for code in range(count))


def _scorer(booster: Any, text: LightgbmText, link: Link | None) -> Callable[[Matrix], Scores]:
    iterations = len(text.trees) // text.outputs

    def score(rows: Matrix) -> Scores:
        out = np.asarray(booster.predict(rows, raw_score=link is not None), dtype=np.float64).reshape(len(rows), -1)
        if link is None:
            return np.column_stack([1.0 - out, out]) if text.objective[0] == "binary" else out
        # A forest's raw score is the sum; the mean belongs to the score.
        return apply_link(link, out / iterations if text.average else out)

    return score


def _tree(tree: LightgbmTree, group: int, outputs: int) -> Tree:
    splits, leaves = len(tree.feature), len(tree.leaf)
    kind, zero_left = (tree.decision >> 2) & 3, tree.threshold >= 0
    default_left = (tree.decision & _DEFAULT_LEFT) != 0
    categorical = (tree.decision & _CATEGORICAL) != 0
    value = np.zeros((splits + leaves, outputs), dtype=np.float64)
    value[splits:, group] = tree.leaf
    ends = np.full(leaves, -1, dtype=np.int64)
    joined = Tree(
        feature=np.concatenate([tree.feature, ends]),
        threshold=np.concatenate([_thresholds(tree.threshold), np.zeros(leaves)]),
        left=np.concatenate([_children(tree.left, splits), ends]),
        right=np.concatenate([_children(tree.right, splits), ends]),
        missing_left=np.concatenate(
            [np.where(kind == 0, zero_left, default_left) & ~categorical, np.zeros(leaves, dtype=np.bool_)]
        ),
        value=value,
        left_codes={int(node): _codes(tree, int(node)) for node in np.flatnonzero(categorical)},
    )
    zeros = np.flatnonzero((kind == _MISSING_ZERO) & ~categorical)
    steps = {int(node): _zero_steps(joined, int(node)) for node in zeros}
    return grow_steps(joined, steps, where=_WHERE) if steps else joined


def _children(children: NDArray[np.int64], splits: int) -> NDArray[np.int64]:
    return np.where(children < 0, splits + ~children, children)


def _thresholds(threshold: NDArray[np.float64]) -> NDArray[np.float64]:
    tiny = np.abs(threshold) <= _ZERO  # every x of this size is zero to the library
    positive = (threshold >= 0) & tiny
    strict = strict_threshold(np.where(positive, _ZERO, threshold), _FLOAT64)
    return np.where(tiny & ~positive, -_ZERO, strict)


def _codes(tree: LightgbmTree, node: int) -> NDArray[np.int64]:
    place = int(tree.threshold[node])
    words = tree.words[tree.boundaries[place] : tree.boundaries[place + 1]].astype("<u4")
    return np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))


def _zero_steps(tree: Tree, node: int) -> tuple[Step, ...]:
    threshold, zero_left = float(tree.threshold[node]), bool(tree.missing_left[node])
    left, right = int(tree.left[node]), int(tree.right[node])
    below, above = -_ZERO, float(np.nextafter(_ZERO, np.inf))  # zero is what is not below `below` but below `above`
    if below < threshold < above or threshold in (below, above):
        return (Step(above if zero_left else below, zero_left, left, right),)
    if zero_left == (threshold > above):
        return (Step(threshold, zero_left, left, right),)
    if zero_left:
        return (
            Step(threshold, False, left, ~1),
            Step(below, False, right, ~2),
            Step(above, True, left, right),
        )
    return (Step(below, False, left, ~1), Step(above, True, right, ~2), Step(threshold, False, left, right))
