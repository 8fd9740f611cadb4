"""The safe file of a scikit-learn model that is not made of trees: ONNX, by skl2onnx."""

from __future__ import annotations

import json
from typing import Any

from hauberk.models.adapters.onnx import CLASSES_KEY, NAMES_KEY
from hauberk.models.errors import MissingLibrary, NotSealable
from hauberk.models.libraries import import_library

__all__ = ["convert_to_onnx"]


def convert_to_onnx(model: Any, *, classes: tuple[str, ...], names: tuple[str, ...], width: int) -> bytes:
    """ONNX bytes of a fitted estimator; it computes in float32, so scores agree to about six digits.

    Args:
        model: The live estimator.
        classes: Labels; they go into the file's metadata.
        names: Feature names; they go there too.
        width: Number of input features.

    Raises:
        NotSealable: skl2onnx is not installed, or does not know the estimator.
    """
    kind = type(model).__name__
    try:
        skl2onnx = import_library("skl2onnx")
        types = import_library("skl2onnx.common.data_types")
    except MissingLibrary as error:
        hint = "pip install skl2onnx, or train a tree model"
        raise NotSealable(where=kind, expected="skl2onnx, which converts it", got="not installed", hint=hint) from error
    inputs = [("rows", types.FloatTensorType([None, width]))]
    options = {id(model): {"zipmap": False}} if classes else None
    try:
        converted = skl2onnx.convert_sklearn(model, initial_types=inputs, options=options)
    except (RuntimeError, ValueError, NotImplementedError, NameError) as error:
        # NameError: skl2onnx's options know nothing of the estimator; its other refusals are RuntimeError's children.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise NotSealable(where=kind, expected="an estimator that skl2onnx knows", got=reason[:160]) from error
    for key, value in ((CLASSES_KEY, classes), (NAMES_KEY, names)):
        entry = converted.metadata_props.add()
        entry.key, entry.value = key, json.dumps(list(value))
    return bytes(converted.SerializeToString())
