"""A trained model in a file that somebody gives: by its suffix, and only in a safe format."""

from __future__ import annotations

from pathlib import Path

from hauberk.flows.errors import BadSetting
from hauberk.models import Kind, LibraryModel, parse_model
from hauberk.models.errors import BadEnsemble, BadModelFile

__all__ = ["kind_of_file", "load_model_file"]

_KINDS = {
    ".ubj": Kind.XGBOOST,
    ".json": Kind.XGBOOST,
    ".txt": Kind.LIGHTGBM,
    ".onnx": Kind.ONNX,
    ".safetensors": Kind.NETWORK,
}
_OWN = (Kind.ENSEMBLE, Kind.PARTITIONS)
"""Our own formats are JSON too."""


def kind_of_file(name: str, *, where: str) -> Kind:
    """The kind of model that a file of this name holds.

    Raises:
        BadSetting: No safe format has this suffix.
    """
    kind = _KINDS.get(Path(name).suffix.lower())
    if kind is None:
        hint = f'give one of {", ".join(sorted(_KINDS))}, or train = "FILE.py:NAME"; pickled models are never opened'
        raise BadSetting(where=where, expected="a model in a safe format", got=name, hint=hint)
    return kind


def load_model_file(path: Path, *, where: str = "MODEL", classes: tuple[str, ...] = ()) -> LibraryModel:
    """The model in a file.

    Raises:
        BadSetting: Not readable, or no safe format.
        ModelsError: Not a model of that format.
    """
    kind = kind_of_file(path.name, where=where)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadSetting(where=where, expected="a readable file", got=f"{path}: {error.strerror}") from error
    try:
        return parse_model(data, kind, classes=classes)
    except (BadModelFile, BadEnsemble):
        for own in _OWN if path.suffix.lower() == ".json" else ():
            try:
                return parse_model(data, own, classes=classes)
            except (BadModelFile, BadEnsemble):
                continue
        raise
