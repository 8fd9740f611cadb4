"""Training sets made of clean rows and of what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.models import Matrix, TrainingSet

__all__ = ["Part", "mix"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Changed rows.

    Attributes:
        rows: (m, d) float64.
        origin: (m,) intp, of which training row each was made; it keeps that row's label and weight.
    """

    rows: Matrix
    origin: NDArray[np.intp]


def mix(training: TrainingSet, parts: Sequence[Part], share: float) -> TrainingSet:
    """The clean rows with `1 - share` of the total weight and the parts with `share` of it, in equal pieces.

    The total weight stays what it was, so that regularisation of the library keeps its meaning.

    Args:
        training: The clean rows.
        parts: At least one, each with rows of positive weight.
        share: Above 0 and below 1.
    """
    total = training.weight.sum()
    weights = [training.weight * (1 - share)]
    for part in parts:
        own = training.weight[part.origin]
        weights.append(own * (share * total / len(parts) / own.sum()))
    return replace(
        training,
        rows=np.concatenate([training.rows, *(part.rows for part in parts)]),
        labels=np.concatenate([training.labels, *(training.labels[part.origin] for part in parts)]),
        weight=np.concatenate(weights),
    )
