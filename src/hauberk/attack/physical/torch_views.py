"""Looks at images, differentiable, so that what is stuck on them can be made to work from every side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from hauberk.attack.physical.views import Views

__all__ = ["Look", "draw_look", "look_at"]

Tensor = Any
_REACH = 2
"""Pixels to each side that a blur takes in."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """One look at each of n images: (n,) float32 each; angle in radians, shifts as shares of the image."""

    angle: Tensor
    size: Tensor
    across: Tensor
    down: Tensor
    light: Tensor
    contrast: Tensor
    blur: Tensor


def draw_look(views: Views, count: int, generator: torch.Generator) -> Look:
    """A look drawn from the ranges, for each of `count` images."""

    def between(low: float, high: float) -> Tensor:
        return torch.empty(count).uniform_(low, high, generator=generator) if high > low else torch.full((count,), low)

    turn = math.radians(views.rotation)
    return Look(
        angle=between(-turn, turn),
        size=between(1 - views.scale, 1 + views.scale),
        across=between(-views.shift, views.shift),
        down=between(-views.shift, views.shift),
        light=between(-views.brightness, views.brightness),
        contrast=between(1 - views.contrast, 1 + views.contrast),
        blur=between(0.0, views.blur),
    )


def look_at(images: Tensor, look: Look) -> Tensor:
    """(n, c, h, w) images from 0 to 1 as they are seen, from 0 to 1; what comes in from outside repeats the edge."""
    seen = _moved(images, look)
    seen = _blurred(seen, look.blur) if bool((look.blur > 0).any()) else seen
    middle = seen.mean(dim=(1, 2, 3), keepdim=True)
    contrast, light = look.contrast[:, None, None, None], look.light[:, None, None, None]
    return (middle + (seen - middle) * contrast + light).clamp(0, 1)


def _moved(images: Tensor, look: Look) -> Tensor:
    still = (look.angle == 0) & (look.size == 1) & (look.across == 0) & (look.down == 0)
    if bool(still.all()):
        return images
    cosine, sine = torch.cos(look.angle) / look.size, torch.sin(look.angle) / look.size
    # What is drawn at a place of the result is read at the turned place of the image; ends of an image are -1 and 1.
    matrix = torch.stack(
        [torch.stack([cosine, -sine, -2 * look.across], dim=1), torch.stack([sine, cosine, -2 * look.down], dim=1)],
        dim=1,
    )
    grid = torch.nn.functional.affine_grid(matrix, list(images.shape), align_corners=False)
    return torch.nn.functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """Each image by its own width; 0 leaves it as it is."""
    count, channels, height, width = images.shape
    place = torch.arange(-_REACH, _REACH + 1, dtype=images.dtype)
    bell = torch.exp(-0.5 * (place / sigma.clamp_min(1e-2)[:, None]) ** 2)
    bell = (bell / bell.sum(dim=1, keepdim=True)).repeat_interleave(channels, dim=0)
    flat = images.reshape(1, count * channels, height, width)
    for shape, edges in (((1, -1), (_REACH, _REACH, 0, 0)), ((-1, 1), (0, 0, _REACH, _REACH))):
        padded = torch.nn.functional.pad(flat, edges, mode="replicate")
        kernel = bell.reshape(count * channels, 1, *shape)
        flat = torch.nn.functional.conv2d(padded, kernel, groups=count * channels)
    return flat.reshape(images.shape)
