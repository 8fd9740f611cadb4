"""Layers that are affine in evaluation mode: forward on centres and half-widths, backward on slopes."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

__all__ = ["affine", "is_affine", "is_reshape", "pull_back", "row_lengths", "spread"]


def is_reshape(layer: Any) -> bool:
    """Whether the layer moves numbers and changes none (dropout is none in evaluation mode)."""
    return isinstance(layer, torch.nn.Flatten | torch.nn.Identity | torch.nn.Dropout)


def is_affine(layer: Any) -> bool:
    """Whether the layer is affine in evaluation mode and of a kind that is known here."""
    if isinstance(layer, torch.nn.Conv2d):
        return layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
    if isinstance(layer, torch.nn.AvgPool2d):
        return layer.count_include_pad and not layer.ceil_mode and layer.divisor_override is None
    if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
        return layer.running_mean is not None and layer.weight is not None
    return isinstance(layer, torch.nn.Linear | torch.nn.AdaptiveAvgPool2d) or is_reshape(layer)


def affine(layer: Any, batch: Any) -> Any:
    """The layer in evaluation mode; gradients reach its weights."""
    if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
        scale, shift = _scale(layer, batch.ndim)
        return batch * scale + shift
    if isinstance(layer, torch.nn.Dropout):
        return batch
    return layer(batch)


def spread(layer: Any, half: Any) -> Any:
    """Half-widths of the outputs of inputs with these half-widths: the layer with absolute weights and no bias."""
    if isinstance(layer, torch.nn.Linear):
        return functional.linear(half, layer.weight.abs())
    if isinstance(layer, torch.nn.Conv2d):
        return functional.conv2d(
            half, layer.weight.abs(), None, layer.stride, layer.padding, layer.dilation, layer.groups
        )
    if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
        return half * _scale(layer, half.ndim)[0].abs()
    return affine(layer, half)  # means of non-negative numbers, or numbers that are moved


def row_lengths(layer: Any, *, order: float) -> Any | None:
    """The length of each output's weights in a dual norm (2 or infinity), to be broadcast; None where not known.

    Of a convolution at the border, where weights meet zeros, it is too long, which is sound.
    """
    if isinstance(layer, torch.nn.Linear):
        return torch.linalg.vector_norm(layer.weight, order, dim=1)[None]
    if isinstance(layer, torch.nn.Conv2d):
        return torch.linalg.vector_norm(layer.weight.flatten(1), order, dim=1)[None, :, None, None]
    return None


def pull_back(layer: Any, slopes: Any, inputs: torch.Size) -> tuple[Any, Any]:
    """Linear functions of the outputs as linear functions of the inputs.

    Args:
        layer: Affine.
        slopes: (m, *outputs).
        inputs: Shape of one input.

    Returns:
        The slopes (m, *inputs) and what the layer's bias adds (m,).
    """
    if isinstance(layer, torch.nn.Linear):
        added = slopes @ layer.bias if layer.bias is not None else slopes.new_zeros(len(slopes))
        return slopes @ layer.weight, _total(added)
    if isinstance(layer, torch.nn.Conv2d):
        added = _total(slopes * layer.bias[:, None, None]) if layer.bias is not None else slopes.new_zeros(len(slopes))
        return _transposed(layer, slopes, inputs), added
    if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
        scale, shift = _scale(layer, slopes.ndim)
        return slopes * scale, _total(slopes * shift)
    if is_reshape(layer):
        return slopes.reshape(-1, *inputs), slopes.new_zeros(len(slopes))
    start = slopes.new_zeros(len(slopes), *inputs).requires_grad_()
    with torch.enable_grad():  # pooling is linear, so its gradient is its transpose
        found = torch.autograd.grad(layer(start), start, slopes, create_graph=slopes.requires_grad)[0]
    return found, slopes.new_zeros(len(slopes))


def _transposed(layer: Any, slopes: Any, inputs: torch.Size) -> Any:
    rest = [
        size - ((out - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1)
        for size, out, stride, padding, dilation, kernel in zip(
            inputs[1:], slopes.shape[2:], layer.stride, layer.padding, layer.dilation, layer.kernel_size, strict=True
        )
    ]
    return functional.conv_transpose2d(
        slopes, layer.weight, None, layer.stride, layer.padding, rest, layer.groups, layer.dilation
    )


def _scale(layer: Any, axes: int) -> tuple[Any, Any]:
    scale = layer.weight / torch.sqrt(layer.running_var + layer.eps)
    shift = layer.bias - layer.running_mean * scale
    shape = (1, -1, *[1] * (axes - 2))
    return scale.reshape(shape), shift.reshape(shape)


def _total(slopes: Any) -> Any:
    return slopes.flatten(1).sum(dim=1) if slopes.ndim > 1 else slopes
