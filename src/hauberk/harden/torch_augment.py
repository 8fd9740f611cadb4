"""Images moved by a few pixels and lit otherwise: what is true of every photograph."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

__all__ = ["relight_images", "shift_images"]


def relight_images(batch: Any, light: float, low: Any, high: Any, generator: torch.Generator) -> Any:
    """Each image (n, channels, height, width) darker or brighter by a factor from exp(-light) to exp(light).

    The factor is applied to what is above `low`; what would be above `high` is `high`.
    """
    factor = torch.empty(len(batch), 1, 1, 1).uniform_(-light, light, generator=generator).exp()
    return torch.minimum(low + (batch - low) * factor, high)


def shift_images(batch: Any, pixels: int, generator: torch.Generator) -> Any:
    """Each image (n, channels, height, width) moved by up to `pixels` in each direction; its edge is repeated."""
    n, _, height, width = batch.shape
    wide = functional.pad(batch, (pixels,) * 4, mode="replicate")
    corner = torch.randint(0, 2 * pixels + 1, (2, n, 1), generator=generator)
    down, right = corner[0] + torch.arange(height), corner[1] + torch.arange(width)
    return wide[torch.arange(n)[:, None, None], :, down[:, :, None], right[:, None, :]].permute(0, 3, 1, 2)
