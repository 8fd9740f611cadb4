"""Images moved by a few pixels: the one augmentation that is true of every photograph."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

__all__ = ["shift_images"]


def shift_images(batch: Any, pixels: int, generator: torch.Generator) -> Any:
    """Each image (n, channels, height, width) moved by up to `pixels` in each direction; its edge is repeated."""
    n, _, height, width = batch.shape
    wide = functional.pad(batch, (pixels,) * 4, mode="replicate")
    corner = torch.randint(0, 2 * pixels + 1, (2, n, 1), generator=generator)
    down, right = corner[0] + torch.arange(height), corner[1] + torch.arange(width)
    return wide[torch.arange(n)[:, None, None], :, down[:, :, None], right[:, None, :]].permute(0, 3, 1, 2)
