"""XGBoost: boosters and the scikit-learn wrappers, live or as UBJ or JSON bytes.

Conventions, as the tests hold them against the library:

- inputs are cast to float32; a number goes left iff `x < threshold`; NaN takes `default_left`;
- a categorical node lists the codes that go RIGHT (one-hot and partition splits alike); every other code, also an
  unknown one, goes left. The children are exchanged here, so that listed codes go left and all others right;
- margins are summed in float32: first the base, then the leaves in the order of the trees; a DART leaf is
  multiplied by its tree's weight in float32 first;
- the stored base score is a probability for binary:logistic and reg:logistic, and their logit is asked of the
  library itself; it is a margin for binary:logitraw, softmax (one a class) and regression;
- a `Booster` predicts with all its trees, a wrapper that stopped early with those up to `best_iteration`.

A live model predicts by its library. Bytes are read by `parse_xgboost_document` and predict by walking the trees; the
library never sees them.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from hauberk.models.adapters.xgboost_document import XgboostDocument, parse_xgboost_document
from hauberk.models.adapters.xgboost_trees import margin_ensemble, margin_link, score_margins
from hauberk.models.ensemble import Link
from hauberk.models.errors import BadModelFile, NoTrees, UnknownModel, WrongRows
from hauberk.models.libraries import import_library
from hauberk.models.library_model import Kind, LibraryModel, refuse_file, with_trees
from hauberk.models.protocols import Matrix, Scores
from hauberk.models.traverse import compile_ensemble

__all__ = ["CLASSES_ATTRIBUTE", "NAMES_ATTRIBUTE", "knows_xgboost", "open_xgboost", "parse_xgboost"]

CLASSES_ATTRIBUTE = "hauberk.classes"
"""Attribute of a booster that holds its class labels as a JSON list; the library keeps none."""
NAMES_ATTRIBUTE = "hauberk.names"
"""The same for the feature names, because the library refuses some names."""
_WHERE = "XGBoost model"
_LARGEST = float(np.finfo(np.float32).max)


def knows_xgboost(model: object) -> bool:
    """Whether `model` is a live XGBoost object; imports nothing."""
    library = sys.modules.get("xgboost")
    return library is not None and isinstance(model, (library.Booster, library.XGBModel))


def open_xgboost(model: Any, *, classes: tuple[str, ...] = ()) -> LibraryModel:
    """The model of an `xgboost.Booster`, `XGBClassifier` or `XGBRegressor` (and their forest kin).

    gblinear, vector leaves and objectives with an exponential link predict, and show no trees; `note` says why.

    Args:
        model: The live object; it is neither changed nor copied.
        classes: Labels in code order; taken from the model where it has some, else "0", "1", ….

    Raises:
        UnknownModel: An objective whose values are no scores, several targets, or a `missing` that is not NaN.
    """
    xgboost = import_library("xgboost")
    if not isinstance(model, xgboost.Booster):
        return _open_wrapper(model, classes)
    document = parse_xgboost_document(bytes(model.save_raw("ubj")))
    link = margin_link(document)
    plain = _model(document, classes, _scorer(model, link), lambda: bytes(model.save_raw("ubj")))
    try:
        trees = margin_ensemble(document)
    except NoTrees as error:
        refuse = refuse_file(_WHERE, error.got, hint="train with the booster gbtree or dart and one value a leaf")
        return replace(plain, note=error.message, freeze=refuse)
    return with_trees(plain, trees) if link else _without_link(plain, document)


def parse_xgboost(data: bytes, *, classes: tuple[str, ...] = ()) -> LibraryModel:
    """The model in UBJ or JSON bytes, as `save_model` and `save_raw` write them.

    A file that the scikit-learn wrapper wrote after early stopping counts the trees up to `best_iteration`, as the
    wrapper does; any other file counts all.

    Raises:
        BadModelFile: Neither UBJ nor JSON of XGBoost.
        BadEnsemble: Its trees are not well formed.
        NoTrees: gblinear or vector leaves; only the live model predicts with those.
        UnknownModel: See `open_xgboost`.
    """
    document = parse_xgboost_document(data)
    link = margin_link(document)
    trees = margin_ensemble(document, _rounds(document))
    ready, score = compile_ensemble(trees), score_margins(link)
    plain = _model(document, classes, lambda rows: score(ready.margins(rows)), lambda: data)
    return with_trees(plain, trees) if link else _without_link(plain, document)


def _model(
    document: XgboostDocument,
    classes: tuple[str, ...],
    score: Callable[[Matrix], Scores],
    freeze: Callable[[], bytes],
) -> LibraryModel:
    names = _attribute(document, NAMES_ATTRIBUTE)
    if len(names) not in (0, document.width):
        raise BadModelFile(where=_WHERE, expected=f"{document.width} names", got=f"{len(names)}")
    return LibraryModel(
        classes=_labels(document, classes or _attribute(document, CLASSES_ATTRIBUTE)),
        width=document.width,
        names=names or document.names,
        library="xgboost",
        score=score,
        freeze=lambda: (Kind.XGBOOST, freeze()),
    )


def _without_link(model: LibraryModel, document: XgboostDocument) -> LibraryModel:
    return replace(model, note=f"the score of {document.objective} is not the margin, nor a probability of it")


def _open_wrapper(model: Any, classes: tuple[str, ...]) -> LibraryModel:
    if not math.isnan(model.missing):
        hint = "encode missing values as NaN and train with missing=nan"
        raise UnknownModel(where=_WHERE, expected="missing=nan", got=f"missing={model.missing}", hint=hint)
    if not model.__sklearn_is_fitted__():
        raise UnknownModel(where=_WHERE, expected="a fitted estimator", got=f"{type(model).__name__} before fit")
    booster = model.get_booster()
    best = getattr(model, "best_iteration", None) if model.early_stopping_rounds is not None else None
    if best is not None:
        booster = booster[: int(best) + 1]
    own = tuple(str(label) for label in getattr(model, "classes_", ()))
    return open_xgboost(booster, classes=classes or own)


def _rounds(document: XgboostDocument) -> int | None:
    best = document.attributes.get("best_iteration") if "scikit_learn" in document.attributes else None
    if best is None:
        return None
    if not best.isascii() or not best.isdigit() or len(best) > 9 or int(best) + 1 >= len(document.rounds):
        raise BadModelFile(where=_WHERE, expected="a boosting round as best_iteration", got=repr(best)[:40])
    return int(best) + 1


def _attribute(document: XgboostDocument, name: str) -> tuple[str, ...]:
    text = document.attributes.get(name, "[]")
    try:
        words = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadModelFile(where=_WHERE, expected=f"a JSON list in {name}", got=repr(text)[:80]) from error
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise BadModelFile(where=_WHERE, expected=f"a JSON list of strings in {name}", got=repr(text)[:80])
    return tuple(words)


def _labels(document: XgboostDocument, classes: tuple[str, ...]) -> tuple[str, ...]:
    link = margin_link(document)
    if link not in (Link.LOGISTIC, Link.SOFTMAX):
        return ()
    count = 2 if link is Link.LOGISTIC else len(document.base)
    if classes and len(classes) != count:
        raise UnknownModel(where=_WHERE, expected=f"{count} classes", got=f"{len(classes)}")
    return classes or tuple(str(code) for code in range(count))


def _scorer(booster: Any, link: Link | None) -> Callable[[Matrix], Scores]:
    xgboost = import_library("xgboost")
    score = score_margins(link)

    def predict(rows: Matrix) -> Scores:
        large = np.argwhere(np.abs(rows) > _LARGEST)
        if large.size:
            row, column = (int(index) for index in large[0])
            where = f"row {row}, column {column}"
            raise WrongRows(where=where, expected="numbers within float32", got=f"{rows[row, column]:g}")
        # Not `inplace_predict`: for DART it sums in another order than `predict` does.
        matrix = xgboost.DMatrix(
            rows, feature_names=booster.feature_names, feature_types=booster.feature_types, enable_categorical=True
        )
        margins = np.asarray(booster.predict(matrix, output_margin=True), dtype=np.float64)
        return score(margins.reshape(len(rows), -1))

    return predict
