"""What a training function gets and gives: the contract of `train = "train.py:fit"`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fit", "TrainingSet"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingSet:
    """Encoded rows with labels.

    Attributes:
        rows: (n, d) float64; categories as codes, missing as NaN.
        labels: (n,) int64 class codes.
        weight: (n,) float64 from 0, how much a row counts in training; 1 where the data do not say.
        names: The d feature names.
        categorical: (d,) bool.
        category_counts: (d,) number of categories of each feature, 0 for numbers.
        monotone: (d,) int8: the score of the last class must not fall (+1), not rise (-1) with the feature, 0 free.
        classes: Labels in code order.
        seed: For every random choice of the training.
    """

    rows: NDArray[np.float64]
    labels: NDArray[np.int64]
    weight: NDArray[np.float64]
    names: tuple[str, ...]
    categorical: NDArray[np.bool_]
    category_counts: tuple[int, ...]
    monotone: NDArray[np.int8]
    classes: tuple[str, ...]
    seed: int


Fit = Callable[[TrainingSet], object]
"""Trains and returns a model that one of the adapters knows, such as an XGBoost booster."""
