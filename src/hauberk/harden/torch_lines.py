"""Linear bounds: functions of a network's answer, bounded backwards by linear functions of its input.

Source: Zhang, Weng, Chen, Hsieh and Daniel 2018, "Efficient Neural Network Robustness Certification with General
Activation Functions" (CROWN), with its adaptive lower line for ReLU.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from hauberk.harden.torch_affine import is_affine, pull_back
from hauberk.harden.torch_interval import Step, Tighten
from hauberk.harden.torch_region import Region

__all__ = ["interval_lowest", "lines_lowest", "tighten_with"]

_ENTRIES = 2**24


def lines_lowest(steps: Sequence[Step], slopes: Any, region: Region) -> Any:
    """(n, s) lower bounds of linear functions of the answer behind the steps.

    Args:
        steps: Of `propagate` over the region.
        slopes: (n, s, *outputs).
        region: The inputs.
    """
    found, added = _back(steps, slopes)
    return region.lowest(found.flatten(2)) + added


def interval_lowest(steps: Sequence[Step], slopes: Any, region: Region) -> Any:
    """The same from intervals; the affine layers at the end are taken together with the slopes."""
    first = len(steps)
    while first and is_affine(steps[first - 1].layer):
        first -= 1
    found, added = _back(steps[first:], slopes)
    if not first:
        return region.lowest(found.flatten(2)) + added
    start = steps[first] if first < len(steps) else None
    if start is None:  # nothing affine at the end
        low, high = steps[-1].layer(steps[-1].low), steps[-1].layer(steps[-1].high)
    else:
        low, high = start.low, start.high
    return _box(found.flatten(2), low.flatten(1), high.flatten(1)) + added


def tighten_with(region: Region) -> Tighten:
    """For `propagate`: the interval before each ReLU from lines through all that lies before it."""

    def tighten(before: Sequence[Step], low: Any, high: Any) -> tuple[Any, Any]:
        if not any(not is_affine(step.layer) for step in before):
            return low, high  # lines would give the same
        # Where ReLU is one line for every row, better ends would change nothing.
        loose = ((low < 0) & (high > 0)).flatten(1).any(dim=0).nonzero()[:, 0]
        n, width = len(low), low[0].numel()
        part = max(1, _ENTRIES // (n * max(step.low[0].numel() for step in before)))
        least, most = low.flatten(1).clone(), high.flatten(1).clone()
        for chosen in loose.split(part):
            slopes = torch.eye(width, dtype=low.dtype)[chosen].reshape(1, -1, *low.shape[1:])
            slopes = slopes.expand(n, *slopes.shape[1:])
            least[:, chosen] = torch.maximum(least[:, chosen], lines_lowest(before, slopes, region))
            most[:, chosen] = torch.minimum(most[:, chosen], -lines_lowest(before, -slopes, region))
        return least.reshape(low.shape), most.reshape(low.shape)

    return tighten


def _back(steps: Sequence[Step], slopes: Any) -> tuple[Any, Any]:
    """Slopes (n, s, *inputs) at the input of the steps and what was added on the way (n, s)."""
    n, functions = slopes.shape[:2]
    added = slopes.new_zeros(n, functions)
    for step in reversed(steps):
        if step.body:
            inner, more = _back(step.body, slopes)
            slopes, added = slopes + inner, added + more
        elif is_affine(step.layer):
            found, more = pull_back(step.layer, slopes.flatten(0, 1), step.low.shape[1:])
            slopes, added = found.reshape(n, functions, *step.low.shape[1:]), added + more.reshape(n, functions)
        elif isinstance(step.layer, torch.nn.ReLU):
            slopes, more = _relu(slopes, step.low[:, None], step.high[:, None])
            added = added + more
        else:  # no lines through this layer: what it can answer, by its interval
            low, high = step.layer(step.low).flatten(1), step.layer(step.high).flatten(1)
            added = added + _box(slopes.flatten(2), low, high)
            slopes = slopes.new_zeros(n, functions, *step.low.shape[1:])
    return slopes, added


def _relu(slopes: Any, low: Any, high: Any) -> tuple[Any, Any]:
    """Below by the line of slope 1 or 0 that leaves less, above by the chord."""
    crossing = (low < 0) & (high > 0)
    width = torch.where(crossing, high - low, torch.ones_like(low))
    alive = (low >= 0).to(low)
    chord = torch.where(crossing, high / width, alive)
    offset = torch.where(crossing, -low * high / width, torch.zeros_like(low))
    under = torch.where(crossing, (high > -low).to(low), alive)
    up, down = slopes.clamp(min=0), slopes.clamp(max=0)
    return up * under + down * chord, (down * offset).flatten(2).sum(dim=2)


def _box(slopes: Any, low: Any, high: Any) -> Any:
    middle, half = (low + high) / 2, (high - low) / 2
    return (slopes @ middle[:, :, None] - slopes.abs() @ half[:, :, None])[:, :, 0]
