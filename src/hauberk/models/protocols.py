"""What a model is to Hauberk: something that predicts, and optional powers that it may grant.

Rows come as the encoded matrix of `hauberk.data`: float64 (n, d), categories as codes, missing values as NaN.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hauberk.models.ensemble import TreeEnsemble

__all__ = ["HasGradients", "HasTrees", "Matrix", "Model", "Scores"]

Matrix = NDArray[np.float64]
Scores = NDArray[np.float64]


@runtime_checkable
class Model(Protocol):
    """Predicts scores.

    Attributes:
        classes: Labels in column order of the scores; empty for a regressor.
        width: Number of input features d.
    """

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels in column order."""
        ...

    @property
    def width(self) -> int:
        """Number of input features."""
        ...

    def predict(self, rows: Matrix, /) -> Scores:
        """Probabilities (n, k) in the order of `classes`, or values (n, 1); the columns of a row sum to 1."""
        ...


@runtime_checkable
class HasTrees(Protocol):
    """The model is a sum or mean of decision trees and shows them."""

    @property
    def trees(self) -> TreeEnsemble:
        """The trees behind `predict`."""
        ...


@runtime_checkable
class HasGradients(Protocol):
    """The model is a network and lets gradients through."""

    @property
    def shape(self) -> tuple[int, ...]:
        """What the numbers of a row are to the network, such as (channels, height, width)."""
        ...

    def logits(self, batch: Any, /) -> Any:
        """A float32 tensor (n, *shape) to logits (n, k), in evaluation mode."""
        ...
