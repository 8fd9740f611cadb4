"""ONNX graphs through onnxruntime: one float matrix in, probabilities or values out.

Which output counts: of several outputs (a label and probabilities, as converters of classifiers write) the one that
is a sequence of maps (ZipMap) or whose name speaks of probabilities, else the only float tensor.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hauberk.models.errors import BadModelFile, BadScores, UnknownModel
from hauberk.models.libraries import import_library
from hauberk.models.library_model import Kind, LibraryModel, refuse_file
from hauberk.models.protocols import Matrix, Scores

__all__ = ["CLASSES_KEY", "NAMES_KEY", "knows_onnx", "open_onnx", "parse_onnx"]

CLASSES_KEY = "hauberk.classes"
NAMES_KEY = "hauberk.names"
"""Keys of the file's metadata; the values are JSON lists of strings."""
_WHERE = "ONNX model"
_TYPES: dict[str, np.dtype[np.floating]] = {
    "tensor(float)": np.dtype(np.float32),
    "tensor(double)": np.dtype(np.float64),
}
_MAPS = "seq(map("
_QUIET = 4  # onnxruntime's level for fatal messages only; errors arrive as exceptions anyway


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Graph:
    session: Any
    input: str
    dtype: np.dtype[np.floating]
    width: int
    output: str

    def run(self, rows: Matrix) -> Any:
        with np.errstate(over="ignore"):
            cast = np.ascontiguousarray(rows, dtype=self.dtype)
        try:
            return self.session.run([self.output], {self.input: cast})[0]
        except Exception as error:  # onnxruntime's exceptions share no other base
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise BadScores(where=_WHERE, expected="an answer of onnxruntime", got=reason[:160]) from error


def knows_onnx(model: object) -> bool:
    """Whether `model` is a live onnxruntime session; imports nothing."""
    library = sys.modules.get("onnxruntime")
    return library is not None and isinstance(model, library.InferenceSession)


def open_onnx(session: Any, *, classes: tuple[str, ...] = ()) -> LibraryModel:
    """The model of an `onnxruntime.InferenceSession`.

    It cannot be sealed, because a session does not give its file back; `parse_onnx` of the file can.

    Args:
        session: The live session.
        classes: Labels in column order; with two of them an output of one column is the second's probability.

    Raises:
        UnknownModel: Not one float matrix of known width in, or no output that could be scores.
    """
    refuse = refuse_file(_WHERE, "a live session", hint="open the bytes of the file with parse_model")
    return _open(session, classes, refuse)


def parse_onnx(data: bytes, *, classes: tuple[str, ...] = ()) -> LibraryModel:
    """The model in the bytes of an ONNX file without external data.

    Raises:
        BadModelFile: onnxruntime refuses the bytes.
        UnknownModel: See `open_onnx`.
    """
    runtime = import_library("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = _QUIET
    try:
        session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"], enable_fallback=0)
    except Exception as error:  # onnxruntime's exceptions share no other base
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BadModelFile(where=_WHERE, expected="an ONNX graph", got=reason[:160]) from error
    return _open(session, classes, lambda: (Kind.ONNX, data))


def _open(session: Any, classes: tuple[str, ...], freeze: Callable[[], tuple[Kind, bytes]]) -> LibraryModel:
    graph = _graph(session)
    probe = graph.run(np.zeros((1, graph.width), dtype=np.float64))
    labels = classes or _metadata(session, CLASSES_KEY) or _map_labels(probe)
    columns = _table(probe, 1).shape[1]
    if not labels and columns > 1:
        labels = tuple(str(code) for code in range(columns))
    if labels and columns not in ((1, 2) if len(labels) == 2 else (len(labels),)):
        raise UnknownModel(where=_WHERE, expected=f"{len(labels)} columns of scores", got=f"{columns}")
    return LibraryModel(
        classes=labels,
        width=graph.width,
        names=_metadata(session, NAMES_KEY),
        library="onnx",
        score=_scorer(graph, pair=len(labels) == 2 and columns == 1),
        freeze=freeze,
    )


def _graph(session: Any) -> _Graph:
    inputs = session.get_inputs()
    shape = inputs[0].shape if len(inputs) == 1 else []
    if len(shape) != 2 or not isinstance(shape[1], int) or inputs[0].type not in _TYPES:
        got = ", ".join(f"{value.name}: {value.type} {value.shape}" for value in inputs)
        hint = "export with one float input of shape [N, d] and d fixed"
        raise UnknownModel(where=_WHERE, expected="one float matrix as input", got=got, hint=hint)
    return _Graph(
        session=session,
        input=inputs[0].name,
        dtype=_TYPES[inputs[0].type],
        width=shape[1],
        output=_output(session.get_outputs()),
    )


def _output(outputs: Any) -> str:
    usable = [value for value in outputs if value.type in _TYPES or value.type.startswith(_MAPS)]
    named = [value for value in usable if value.type.startswith(_MAPS) or "prob" in value.name.lower()]
    for chosen in (named, usable):
        if len(chosen) == 1:
            return str(chosen[0].name)
    got = ", ".join(f"{value.name}: {value.type}" for value in outputs)
    raise UnknownModel(where=_WHERE, expected="one output of probabilities or values", got=got)


def _metadata(session: Any, key: str) -> tuple[str, ...]:
    text = session.get_modelmeta().custom_metadata_map.get(key)
    try:
        words = json.loads(text) if text else []
    except ValueError as error:
        raise BadModelFile(where=_WHERE, expected=f"a JSON list in {key}", got=repr(text[:80])) from error
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise BadModelFile(where=_WHERE, expected=f"a JSON list of strings in {key}", got=repr(text[:80]))
    return tuple(words)


def _map_labels(out: Any) -> tuple[str, ...]:
    return tuple(str(key) for key in out[0]) if isinstance(out, list) and out else ()


def _table(out: Any, rows: int) -> Scores:
    if isinstance(out, list):
        out = [list(row.values()) for row in out]
    return np.asarray(out, dtype=np.float64).reshape(rows, -1)


def _scorer(graph: _Graph, *, pair: bool) -> Callable[[Matrix], Scores]:
    def score(rows: Matrix) -> Scores:
        table = _table(graph.run(rows), len(rows))
        return np.column_stack([1.0 - table, table]) if pair else table

    return score
