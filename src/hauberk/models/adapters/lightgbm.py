"""LightGBM: boosters and the scikit-learn wrappers, live or as text.

Conventions, as the tests hold them against the library:

- comparisons are `x <= threshold` in float64; a dense row's numbers of at most 1e-35 (as float32) in size are zero;
- NaN takes the default side where the split's missing type is NaN, and is zero where it is None; where it is Zero,
  zeros and NaN take the default side (`zero_missing` rewrites such a split);
- a categorical split lists the codes that go left; every other code and NaN go right;
- margins are summed in float64, from zero, in the order of the trees; random forests divide by the iterations;
- a booster that stopped early predicts with the trees up to `best_iteration`, and its text holds no others.

A live model predicts by its library. A text is read by `parse_lightgbm_text` and predicts by walking the trees; the
library never sees it, because it ends the process on some malformed texts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hauberk.models.adapters.lightgbm_text import LightgbmText, LightgbmTree, parse_lightgbm_text
from hauberk.models.adapters.zero_missing import grow_steps, zero_steps
from hauberk.models.assemble import Form, Tree, assemble, check_size, strict_threshold
from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.errors import BadModelFile, NoTrees, UnknownModel
from hauberk.models.libraries import import_library
from hauberk.models.library_model import Kind, LibraryModel, refuse_file, with_trees
from hauberk.models.link import apply_link
from hauberk.models.protocols import Matrix, Scores
from hauberk.models.traverse import compile_ensemble

__all__ = ["knows_lightgbm", "open_lightgbm", "parse_lightgbm"]

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
"""Objectives whose score may be another function of the margin: a steeper logistic, the square, the exponential."""
_NO_LINK = "the score of {} is not the margin, nor a probability of it"


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
    # LightGBM's own error before `fit` is an AttributeError.
    booster = model if isinstance(model, library.Booster) else getattr(model, "booster_", None)
    if booster is None:
        raise UnknownModel(where=_WHERE, expected="a fitted estimator", got=f"{type(model).__name__} before fit")
    own = tuple(str(label) for label in getattr(model, "classes_", ()))
    text = parse_lightgbm_text(booster.model_to_string())
    link = _link(text)
    plain = _model(text, classes or own, _scorer(booster, text), lambda: booster.model_to_string().encode())
    try:
        trees = _margin_trees(text)
    except NoTrees as error:
        refuse = refuse_file(_WHERE, error.got, hint="train with constant leaves")
        return replace(plain, note=error.message, freeze=refuse)
    return with_trees(plain, trees) if link else replace(plain, note=_NO_LINK.format(" ".join(text.objective)))


def parse_lightgbm(data: bytes, *, classes: tuple[str, ...] = ()) -> LibraryModel:
    """The model in LightGBM's text, as `save_model` writes it.

    Raises:
        BadModelFile: Not such a text.
        BadEnsemble: Its trees are not well formed.
        NoTrees: Linear leaves; only the live model predicts with those.
        UnknownModel: See `open_lightgbm`.
    """
    try:
        text = parse_lightgbm_text(data.decode())
    except UnicodeDecodeError as error:
        raise BadModelFile(where=_WHERE, expected="LightGBM's text format", got=str(error)[:120]) from error
    link, trees = _link(text), _margin_trees(text)
    ready, finish = compile_ensemble(trees), _score_margins(text)
    plain = _model(text, classes, lambda rows: finish(ready.margins(rows)), lambda: data)
    return with_trees(plain, trees) if link else replace(plain, note=_NO_LINK.format(" ".join(text.objective)))


def _model(
    text: LightgbmText, classes: tuple[str, ...], score: Callable[[Matrix], Scores], freeze: Callable[[], bytes]
) -> LibraryModel:
    return LibraryModel(
        classes=_labels(text, classes),
        width=len(text.names),
        names=text.names,
        library="lightgbm",
        score=score,
        freeze=lambda: (Kind.LIGHTGBM, freeze()),
    )


def _link(text: LightgbmText) -> Link | None:
    objective = text.objective
    link = Link.SOFTMAX if objective[:1] == ("multiclass",) and text.outputs > 1 else _LINKS.get(objective)
    if objective[:1] in ((), ("custom",)) or (link is None and objective[0] not in _OTHER_VALUES):
        hint = "train with a binary, multiclass or regression objective"
        got = " ".join(objective)[:80] or "a custom objective"
        raise UnknownModel(where=_WHERE, expected="an objective with scores", got=got, hint=hint)
    if (link is Link.SOFTMAX) != (text.outputs > 1):
        raise UnknownModel(where=_WHERE, expected="several outputs for several classes", got=f"{text.outputs}")
    return None if text.average and text.outputs > 1 else link


def _labels(text: LightgbmText, classes: tuple[str, ...]) -> tuple[str, ...]:
    if text.objective[0] not in ("binary", "cross_entropy", "multiclass"):
        return ()
    count = max(text.outputs, 2)
    if classes and len(classes) != count:
        raise UnknownModel(where=_WHERE, expected=f"{count} classes", got=f"{len(classes)}")
    return classes or tuple(str(code) for code in range(count))


def _scorer(booster: Any, text: LightgbmText) -> Callable[[Matrix], Scores]:
    finish = _score_margins(text)
    # A live forest gives the sum of its trees as the raw score; the mean belongs to the score.
    share = len(text.trees) // text.outputs if text.average and text.outputs == 1 else 1

    def score(rows: Matrix) -> Scores:
        raw = np.asarray(booster.predict(rows, raw_score=True), dtype=np.float64).reshape(len(rows), -1)
        return finish(raw / share)

    return score


def _score_margins(text: LightgbmText) -> Callable[[NDArray[np.float64]], Scores]:
    name, *details = text.objective
    iterations = max(len(text.trees) // text.outputs, 1)
    link = _link(text)
    if link is not None:
        return lambda margins: apply_link(link, margins)
    if name == "multiclass":
        return lambda margins: apply_link(Link.SOFTMAX, margins / iterations)
    if name == "binary":
        slope = _slope(details)
        return lambda margins: apply_link(Link.LOGISTIC, margins * slope)
    if name == "regression":
        return lambda margins: np.sign(margins) * margins * margins  # reg_sqrt
    return np.exp


def _slope(details: Sequence[str]) -> float:
    try:
        slope = float(details[0].removeprefix("sigmoid:")) if len(details) == 1 else 0.0
    except ValueError:
        slope = 0.0
    if not 0 < slope < np.inf:
        raise UnknownModel(where=_WHERE, expected="binary sigmoid:<slope>", got=" ".join(details)[:80])
    return slope


def _margin_trees(text: LightgbmText) -> TreeEnsemble:
    if any(tree.linear for tree in text.trees):
        raise NoTrees(where=_WHERE, expected="constant leaves", got="linear leaves (linear_tree)")
    check_size(sum(2 * len(tree.leaf) for tree in text.trees), text.outputs, where=_WHERE)
    trees = [_tree(tree, number % text.outputs, text.outputs) for number, tree in enumerate(text.trees)]
    form = Form(
        base=np.zeros(text.outputs),
        precision=_FLOAT64,
        sum_dtype=_FLOAT64,
        average=text.average and text.outputs == 1,
        link=_link(text) or Link.IDENTITY,
        width=len(text.names),
    )
    return assemble(trees, form, where=_WHERE)


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
    steps = {int(node): zero_steps(joined, int(node), zero=_ZERO) for node in zeros}
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
