"""Networks: models that show their logits as a differentiable function of the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hauberk.models.library_model import LibraryModel

__all__ = ["NetworkModel"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NetworkModel(LibraryModel):
    """A model of a library that computes gradients.

    Attributes:
        shape: What the d numbers of a row are to the network, such as (3, 32, 32): channels, height, width.
        network: The live module.
        logits: A float32 tensor (n, *shape) to logits (n, k), in evaluation mode; gradients flow through it.
    """

    shape: tuple[int, ...]
    network: Any
    logits: Callable[[Any], Any]
