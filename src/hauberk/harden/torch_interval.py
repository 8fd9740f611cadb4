"""Interval bounds of every layer's input over a region, and what rounding to float32 may add.

Source: Gowal and others 2018, "On the Effectiveness of Interval Bound Propagation for Training Verifiably Robust
Models"; the rounding model is that of Higham 2002, "Accuracy and Stability of Numerical Algorithms", section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from hauberk.attack.evasion.ball import Norm
from hauberk.harden.errors import NotCertifiable
from hauberk.harden.torch_affine import affine, is_affine, is_reshape, row_lengths, spread
from hauberk.harden.torch_region import Region

__all__ = ["Step", "Tighten", "propagate", "rounding_error"]

_UNIT = 2.0**-24
_FEW = 8  # roundings of one number in a normalising layer, with those of its own scale


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """A layer and the interval of its input.

    Attributes:
        layer: The module.
        low, high: (n, *inputs).
        body: Of a residual layer, the steps inside.
        reach: Of a residual layer, (n, *outputs) the largest size of its answer.
    """

    layer: Any
    low: Any
    high: Any
    body: tuple[Step, ...] = ()
    reach: Any = None


Tighten = Callable[[Sequence[Step], Any, Any], tuple[Any, Any]]
"""Better ends for the interval behind some steps, where there are any."""


def propagate(layers: Any, region: Region, *, tighten: Tighten | None = None) -> tuple[tuple[Step, ...], Any, Any]:
    """The steps through the layers over a region, and the ends (n, *outputs) of the answer.

    Args:
        layers: `nn.Sequential` of affine layers, ReLU, max pooling and residuals, read as in evaluation mode.
        region: The inputs.
        tighten: Asked before each ReLU.

    Raises:
        NotCertifiable: A layer of another kind.
    """
    return _through(layers, region.low, region.high, before=(), region=region, tighten=tighten)


def _through(
    layers: Any, low: Any, high: Any, *, before: tuple[Step, ...], region: Region, tighten: Tighten | None
) -> tuple[tuple[Step, ...], Any, Any]:
    steps: list[Step] = []
    for layer in layers:
        if isinstance(layer, torch.nn.ReLU) and tighten is not None:
            low, high = tighten((*before, *steps), low, high)
        step = Step(layer=layer, low=low, high=high)
        if getattr(layer, "hauberk_residual", False):
            body, least, most = _through(
                layer.body, low, high, before=(*before, *steps), region=region, tighten=tighten
            )
            low, high = low + least, high + most
            step = replace(step, body=body, reach=torch.maximum(low.abs(), high.abs()))
        elif is_affine(layer):
            first = all(is_reshape(one.layer) for one in (*before, *steps))
            low, high = _affine(layer, low, high, region if first else None)
        elif isinstance(layer, torch.nn.ReLU | torch.nn.MaxPool2d):
            low, high = layer(low), layer(high)
        else:
            expected = "linear, convolution, normalising, pooling and residual layers, and ReLU"
            raise NotCertifiable(expected=expected, got=type(layer).__name__)
        steps.append(step)
    return tuple(steps), low, high


def _affine(layer: Any, low: Any, high: Any, region: Region | None) -> tuple[Any, Any]:
    middle, half = affine(layer, (low + high) / 2), spread(layer, (high - low) / 2)
    least, most = middle - half, middle + half
    if region is None or region.norm is Norm.LINF:
        return least, most
    lengths = row_lengths(layer, order=2 if region.norm is Norm.L2 else float("inf"))
    if lengths is None:
        return least, most
    # The first weights meet the ball itself, which is far smaller than its box.
    middle = affine(layer, region.center.reshape(low.shape))
    half = lengths * region.eps.reshape(-1, *[1] * (middle.ndim - 1))
    return torch.maximum(least, middle - half), torch.minimum(most, middle + half)


def rounding_error(steps: Sequence[Step], error: Any) -> Any:
    """(n, *outputs) how far the answer in float32 may be from that of exact arithmetic, anywhere in the intervals.

    Sums may be taken in any order and with or without fused products: n terms are off by at most n u / (1 - n u) of
    the sum of their sizes, u = 2^-24. Not covered: algorithms that form other products than the layer's own, such as
    Winograd's or Fourier's, and reduced precision (bfloat16, TF32).

    Args:
        steps: Of `propagate`, in float64.
        error: (n, *inputs) of the input.
    """
    for step in steps:
        size = torch.maximum(step.low.abs(), step.high.abs()) + error
        error = _rounded(step, size, error)
    return error


def _rounded(step: Step, size: Any, error: Any) -> Any:
    layer = step.layer
    if step.body:
        inner = rounding_error(step.body, error)
        return error + inner + _UNIT * (step.reach + error + inner)
    if isinstance(layer, torch.nn.MaxPool2d):
        return layer(error)
    if is_reshape(layer) or isinstance(layer, torch.nn.ReLU):
        return affine(layer, error) if is_reshape(layer) else error
    terms = _terms(layer, size)
    share = terms * _UNIT / (1 - terms * _UNIT)
    return spread(layer, error) + share * (spread(layer, size) + _offset(layer, size))


def _terms(layer: Any, size: Any) -> int:
    if isinstance(layer, torch.nn.Linear):
        return int(layer.in_features) + 1
    if isinstance(layer, torch.nn.Conv2d):
        return int(layer.weight[0].numel()) + 1
    if isinstance(layer, torch.nn.AvgPool2d | torch.nn.AdaptiveAvgPool2d):
        return int(size[0, 0].numel()) + 1
    return _FEW


def _offset(layer: Any, size: Any) -> Any:
    """What biases and means add to the sizes of the terms."""
    if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
        scale = layer.weight.abs() / torch.sqrt(layer.running_var + layer.eps)
        offset = layer.running_mean.abs() * scale + layer.bias.abs()
        return offset.reshape(1, -1, *[1] * (size.ndim - 2))
    bias = getattr(layer, "bias", None)
    if bias is None:
        return 0.0
    return bias.abs().reshape(1, -1, *[1] * (size.ndim - 2))
