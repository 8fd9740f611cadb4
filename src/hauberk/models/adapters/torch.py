"""PyTorch modules as models, and safetensors as their file.

The file holds the weights, and as metadata the classes, the shape of the input and the layers. Layers are named from a
fixed list, so opening a file builds known modules and runs nothing that came with it. A module that is made of other
layers can be attacked and hardened; to be sealed it is rebuilt from the list, or exported to ONNX.
"""

from __future__ import annotations

import inspect
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from hauberk.core.encoding import Json
from hauberk.models.errors import BadModelFile, BadScores, NotSealable, UnknownModel, WrongRows
from hauberk.models.libraries import import_library
from hauberk.models.library_model import Kind
from hauberk.models.network import NetworkModel
from hauberk.models.protocols import Matrix, Scores

__all__ = ["LAYERS", "build_network", "knows_torch", "open_torch", "parse_network", "rebuild_network"]

_BATCH = 512
_WHERE = "PyTorch module"
_KEY = "hauberk.network"
_MOST_LAYERS, _MOST_WEIGHTS = 1000, 2**31
LAYERS: Mapping[str, tuple[str, ...]] = {
    "Linear": ("in_features", "out_features", "bias"),
    "Conv2d": ("in_channels", "out_channels", "kernel_size", "stride", "padding", "groups", "bias"),
    "BatchNorm1d": ("num_features", "eps"),
    "BatchNorm2d": ("num_features", "eps"),
    "GroupNorm": ("num_groups", "num_channels", "eps"),
    "ReLU": (),
    "GELU": (),
    "SiLU": (),
    "Tanh": (),
    "Sigmoid": (),
    "Softplus": (),
    "ELU": (),
    "LeakyReLU": ("negative_slope",),
    "MaxPool2d": ("kernel_size", "stride", "padding"),
    "AvgPool2d": ("kernel_size", "stride", "padding"),
    "AdaptiveAvgPool2d": ("output_size",),
    "Dropout": ("p",),
    "Flatten": ("start_dim",),
    "Identity": (),
}
"""Layers that a file may name, and the settings that are kept of each."""


def knows_torch(model: object) -> bool:
    """Whether `model` is a live PyTorch module; imports nothing."""
    library = sys.modules.get("torch")
    return library is not None and isinstance(model, library.nn.Module)


def open_torch(
    module: Any, *, classes: tuple[str, ...] = (), shape: tuple[int, ...] = (), names: tuple[str, ...] = ()
) -> NetworkModel:
    """The model of a classifier module that maps float32 (n, *shape) to logits (n, k); of one logit for two classes.

    Args:
        module: The live module. It is put into evaluation mode for each answer, and back.
        classes: The k labels.
        shape: Of one input; needed because a module does not say it.
        names: The d feature names, where they are known.

    Raises:
        UnknownModel: No shape or fewer than two classes are given, or the module does not answer with logits for them.
    """
    if not shape or min(shape) < 1 or len(classes) < 2:
        hint = "open_torch(module, classes=('no', 'yes'), shape=(3, 32, 32))"
        got = f"shape {shape} and {len(classes)} classes"
        raise UnknownModel(where=_WHERE, expected="the shape of an input and the classes", got=got, hint=hint)
    torch = import_library("torch")
    width = math.prod(shape)

    def logits(batch: Any) -> Any:
        with _evaluating(module):
            found = module(batch)
        if found.ndim == 2 and found.shape[1] == 1 and len(classes) == 2:
            return torch.cat([torch.zeros_like(found), found], dim=1)
        return found

    def score(rows: Matrix) -> Scores:
        out = np.empty((len(rows), len(classes)))
        for first in range(0, len(rows), _BATCH):
            part = slice(first, first + _BATCH)
            with torch.inference_mode():
                batch = _tensor(torch, rows[part]).reshape(-1, *shape)
                out[part] = torch.softmax(_checked(logits(batch), len(batch), len(classes)).double(), dim=1).numpy()
        return out

    try:
        score(np.full((2, width), 0.5))
    except (RuntimeError, ValueError, TypeError, BadScores) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        expected = f"logits of {len(classes)} classes for inputs of shape {shape}"
        raise UnknownModel(where=_WHERE, expected=expected, got=reason[:160]) from error
    return NetworkModel(
        classes=classes,
        width=width,
        names=names,
        library="torch",
        score=score,
        freeze=lambda: (Kind.NETWORK, _render(module, classes, shape, names)),
        shape=shape,
        network=module,
        logits=logits,
    )


def parse_network(data: bytes, *, classes: tuple[str, ...] = ()) -> NetworkModel:
    """The model in a safetensors file that `serialise_model` wrote.

    Raises:
        BadModelFile: Not safetensors, no description of the layers, or layers and weights that do not fit.
    """
    torch, safetensors = import_library("torch"), import_library("safetensors.torch")
    try:
        weights = safetensors.load(data)
        head = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        document = json.loads(head[_KEY])
        _refuse_unnumbered(torch, weights)
        with torch.device("meta"):  # no memory is taken for what the file only claims to hold
            module = build_network(document["layers"])
        module.load_state_dict(weights, assign=True)
        found = tuple(map(str, document["classes"])), tuple(map(int, document["shape"]))
        names = tuple(map(str, document.get("names", ())))
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, OverflowError, RecursionError) as error:
        raise _unreadable(error) from error
    except Exception as error:  # safetensors' own error shares no other base
        if type(error).__module__.partition(".")[0] not in ("safetensors", "safetensors_rust", "builtins"):
            raise
        raise _unreadable(error) from error
    try:
        return open_torch(module, classes=classes or found[0], shape=found[1], names=names)
    except UnknownModel as error:
        raise _unreadable(error) from error


def build_network(layers: Sequence[Mapping[str, Json]]) -> Any:
    """A `torch.nn.Sequential` of described layers, in evaluation mode.

    Args:
        layers: One mapping a layer: `type`, one of `LAYERS`, and its settings; `{"type": "Residual", "layers": [...]}`
            adds what its layers make of their input to the input.

    Raises:
        BadModelFile: A layer or setting that is not in the list, or settings that the layer refuses.
    """
    torch = import_library("torch")
    if len(layers) > _MOST_LAYERS:
        raise BadModelFile(where=_WHERE, expected=f"at most {_MOST_LAYERS} layers", got=str(len(layers)))
    return torch.nn.Sequential(*(_layer(torch, one) for one in layers)).eval()


def rebuild_network(module: Any) -> Any:
    """A copy of a module that is made of known layers, with its weights; for training from where it is.

    Raises:
        NotSealable: The module has layers outside of the list.
    """
    copy = build_network(_described(import_library("torch"), module))
    copy.load_state_dict(module.state_dict())
    return copy


def _refuse_unnumbered(torch: Any, weights: Mapping[str, Any]) -> None:
    for name, tensor in weights.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name} holds NaN or infinity")


def _tensor(torch: Any, rows: Matrix) -> Any:
    if np.isnan(rows).any():
        row, column = (int(index) for index in np.argwhere(np.isnan(rows))[0])
        where = f"row {row}, column {column}"
        raise WrongRows(where=where, expected="a number: networks know no missing values", got="NaN")
    return torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float32))


def _checked(found: Any, rows: int, classes: int) -> Any:
    if tuple(found.shape) != (rows, classes):
        got = f"an answer of shape {tuple(found.shape)}"
        raise BadScores(where=_WHERE, expected=f"logits of shape {(rows, classes)}", got=got)
    return found


@contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    """The module in evaluation mode, and each part of it back to what it was."""
    training = [part for part in module.modules() if part.training]
    if training:
        module.eval()
    try:
        yield
    finally:
        for part in training:
            part.training = True


def _layer(torch: Any, one: Mapping[str, Json]) -> Any:
    settings = dict(one)
    kind = str(settings.pop("type", ""))
    if kind == "Residual":
        inner = settings.pop("layers", ())
        if settings or not isinstance(inner, Sequence) or isinstance(inner, str):
            raise BadModelFile(where=_WHERE, expected="a residual of layers", got=str(one)[:120])
        return _residual(torch)(build_network([each for each in inner if isinstance(each, Mapping)]))
    known = LAYERS.get(kind)
    if known is None or not set(settings) <= set(known):
        expected = f"layers of {', '.join(LAYERS)} and their settings"
        raise BadModelFile(where=_WHERE, expected=expected, got=str(one)[:120])
    made = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
    sizes = [size for value in made.values() for size in (value if isinstance(value, tuple) else (value,))]
    if any(isinstance(size, int) and size > _MOST_WEIGHTS for size in sizes):
        raise BadModelFile(where=_WHERE, expected="sizes that a memory holds", got=str(one)[:120])
    try:
        return getattr(torch.nn, kind)(**made)
    except (TypeError, ValueError, RuntimeError) as error:
        raise BadModelFile(where=_WHERE, expected=f"settings of {kind}", got=str(error)[:120]) from error


def _residual(torch: Any) -> Callable[[Any], Any]:
    class Residual(torch.nn.Module):  # type: ignore[misc] # the base exists only when torch is loaded
        """Input plus what the body makes of it."""

        hauberk_residual = True

        def __init__(self, body: Any) -> None:
            super().__init__()
            self.body = body

        def forward(self, batch: Any) -> Any:
            return batch + self.body(batch)

    return Residual


def _described(torch: Any, module: Any) -> list[dict[str, Json]]:
    if not isinstance(module, torch.nn.Sequential):
        raise _not_sealable(module)
    return [_describe(torch, layer) for layer in module]


def _describe(torch: Any, layer: Any) -> dict[str, Json]:
    if getattr(layer, "hauberk_residual", False):
        return {"type": "Residual", "layers": list(_described(torch, layer.body))}
    kind = type(layer).__name__
    if kind not in LAYERS or type(layer) is not getattr(torch.nn, kind):
        raise _not_sealable(layer)
    _refuse_other_settings(torch, layer)
    return {"type": kind, **{name: _setting(layer, name) for name in LAYERS[kind]}}


def _setting(layer: Any, name: str) -> Json:
    if name == "bias":
        return layer.bias is not None
    value = getattr(layer, name)
    return list(value) if isinstance(value, tuple) else value


def _refuse_other_settings(torch: Any, layer: Any) -> None:
    """A setting that the file does not keep must be at its default, or the copy would answer otherwise."""
    kind = type(layer).__name__
    for name, parameter in inspect.signature(getattr(torch.nn, kind)).parameters.items():
        if name in LAYERS[kind] or name in ("device", "dtype", "inplace") or not hasattr(layer, name):
            continue
        value = getattr(layer, name)
        if name == "bias":
            value = value is not None
        if value not in (parameter.default, (parameter.default,) * 2):
            raise _not_sealable(f"{kind} with {name}={value}")


def _not_sealable(layer: Any) -> NotSealable:
    got = layer if isinstance(layer, str) else type(layer).__qualname__
    hint = "build it with nn.Sequential from these layers, or export it to ONNX"
    return NotSealable(where=_WHERE, expected=f"nn.Sequential of {', '.join(LAYERS)}", got=got, hint=hint)


def _render(module: Any, classes: tuple[str, ...], shape: tuple[int, ...], names: tuple[str, ...]) -> bytes:
    torch, safetensors = import_library("torch"), import_library("safetensors.torch")
    document = {
        "layers": _described(torch, module),
        "classes": list(classes),
        "shape": list(shape),
        "names": list(names),
    }
    weights = {name: tensor.detach().contiguous().clone() for name, tensor in module.state_dict().items()}
    return bytes(safetensors.save(weights, metadata={_KEY: json.dumps(document, sort_keys=True)}))


def _unreadable(error: Exception) -> BadModelFile:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return BadModelFile(where=_WHERE, expected="a safetensors file with its layers", got=reason[:160])
