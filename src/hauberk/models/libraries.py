"""Libraries of models are imported when one of their models turns up, not before."""

from __future__ import annotations

import importlib
from types import ModuleType

from hauberk.models.errors import MissingLibrary

__all__ = ["import_library"]

_EXTRAS = {
    "lightgbm": "pip install 'hauberk[trees]'",
    "onnxruntime": "pip install 'hauberk[serve]'",
    "skl2onnx": "pip install skl2onnx",
    "safetensors": "pip install 'hauberk[deep]'",
    "sklearn": "pip install 'hauberk[trees]'",
    "torch": "pip install 'hauberk[deep]'",
    "xgboost": "pip install xgboost-cpu",
}


def import_library(name: str) -> ModuleType:
    """The module of this name.

    Raises:
        MissingLibrary: It is not installed, or cannot be loaded.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        hint = _EXTRAS.get(name.partition(".")[0], "")
        raise MissingLibrary(expected=f"the package {name}", got=str(error), hint=hint) from error
