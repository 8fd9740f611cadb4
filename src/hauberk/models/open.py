"""From somebody's model to `Model`: by the library of a live object, or from bytes of a safe format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_never

from hauberk.models.adapters.ensemble_file import parse_tree_model
from hauberk.models.adapters.lightgbm import knows_lightgbm, open_lightgbm, parse_lightgbm
from hauberk.models.adapters.onnx import knows_onnx, open_onnx, parse_onnx
from hauberk.models.adapters.partition_file import parse_partition_model
from hauberk.models.adapters.sklearn import knows_sklearn, open_sklearn
from hauberk.models.adapters.torch import knows_torch, parse_network
from hauberk.models.adapters.xgboost import knows_xgboost, open_xgboost, parse_xgboost
from hauberk.models.errors import NotSealable, UnknownModel
from hauberk.models.library_model import Kind, LibraryModel
from hauberk.models.protocols import Model

__all__ = ["open_model", "parse_model", "serialise_model"]

_OPENERS: tuple[tuple[Callable[[object], bool], Callable[..., LibraryModel]], ...] = (
    (knows_xgboost, open_xgboost),
    (knows_lightgbm, open_lightgbm),
    (knows_sklearn, open_sklearn),
    (knows_onnx, open_onnx),
)
"""Wrappers of XGBoost and LightGBM are scikit-learn estimators too, so scikit-learn is asked after them."""


def open_model(model: Any, *, classes: tuple[str, ...] = ()) -> LibraryModel:
    """The model behind a live object of XGBoost, LightGBM, scikit-learn or onnxruntime.

    Only libraries that are loaded already are asked, so nothing is imported that the object did not bring along.
    What is a `LibraryModel` already is given back. A function is wrapped by `open_function`, which needs to know its
    classes and its width.

    Args:
        model: The live object.
        classes: Labels in the order of the scores' columns, where the object does not know them.

    Raises:
        UnknownModel: No adapter knows the object, or it is of a sort whose scores cannot be read.
    """
    if isinstance(model, LibraryModel):
        return model
    for knows, opener in _OPENERS:
        if knows(model):
            return opener(model, classes=classes)
    name = f"{type(model).__module__}.{type(model).__qualname__}"
    hint = "wrap a function of rows with open_function(function, classes=..., width=...)"
    if knows_torch(model):
        hint = "a PyTorch module does not say its classes and its shape: open_torch(module, classes=..., shape=...)"
    raise UnknownModel(expected="a model of XGBoost, LightGBM, scikit-learn or onnxruntime", got=name, hint=hint)


def parse_model(data: bytes, kind: Kind | str, *, classes: tuple[str, ...] = ()) -> LibraryModel:
    """The model in bytes of a safe format.

    Args:
        data: The file.
        kind: `xgboost` (UBJ or JSON), `lightgbm` (text), `onnx`, `ensemble` or `partitions` (our JSON), or
            `network` (safetensors).
        classes: Labels in code order, where the file does not hold them.

    Raises:
        UnknownModel: Another kind.
        BadModelFile: The bytes are not of that kind.
        BadEnsemble: An ensemble that is not well formed.
    """
    match _kind(kind):
        case Kind.XGBOOST:
            return parse_xgboost(data, classes=classes)
        case Kind.LIGHTGBM:
            return parse_lightgbm(data, classes=classes)
        case Kind.ONNX:
            return parse_onnx(data, classes=classes)
        case Kind.ENSEMBLE:
            return parse_tree_model(data, classes=classes)
        case Kind.PARTITIONS:
            return parse_partition_model(data, classes=classes)
        case Kind.NETWORK:
            return parse_network(data, classes=classes)
        case other:
            assert_never(other)


def serialise_model(model: Model) -> tuple[Kind, bytes]:
    """The kind and the bytes of the model's safe format; `parse_model` reads them back to the same scores.

    Raises:
        NotSealable: The model has none, as a function has not.
    """
    if not isinstance(model, LibraryModel):
        raise NotSealable(expected="a model of open_model or parse_model", got=type(model).__qualname__)
    return model.freeze()


def _kind(kind: Kind | str) -> Kind:
    try:
        return Kind(kind)
    except ValueError as error:
        raise UnknownModel(expected=f"one of {', '.join(Kind)}", got=repr(kind)) from error
