"""A tree ensemble with the exact thresholds and comparisons of the library that trained it.

Every library's split is normalised to one form: a row goes left iff `cast(x) < threshold` (numbers), or iff the
category's bit is set in `left_categories` (categories), or iff `missing_left` (NaN). A `<=` on float32 input becomes
`<` with the next float32 above; the cast is part of the ensemble because it decides which rows sit on a threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Link", "TreeEnsemble"]


class Link(StrEnum):
    """How margins become scores."""

    LOGISTIC = "logistic"
    SOFTMAX = "softmax"
    IDENTITY = "identity"
    """Regression: the margin is the value."""
    SIMPLEX = "simplex"
    """The margins are class probabilities already (forests)."""


@dataclass(frozen=True, slots=True, weakref_slot=True, kw_only=True, eq=False)
class TreeEnsemble:
    """All trees as flat arrays over N nodes, tree by tree, root first; children are absolute node numbers.

    Attributes:
        feature: (N,) int32, the split's column; -1 at a leaf.
        threshold: (N,) float64, exactly representable in `precision`; meaningless at leaves and categorical splits.
        left, right: (N,) int32, children; -1 at a leaf.
        missing_left: (N,) bool, where NaN goes.
        category_words: (N, w) uint64 bit set of the category codes that go left; w = 0 without categorical splits.
        categorical: (N,) bool, whether the node splits on the bit set; a code outside the bit set goes right unless
            the adapter normalised it otherwise.
        value: (N, k) float64 leaf contributions to the k margins (zero at inner nodes).
        roots: (T,) int32, first node of each tree.
        base: (k,) float64, the margin of no trees (a logit for LOGISTIC).
        precision: float32 or float64, the type that inputs are cast to before the comparison.
        sum_dtype: float32 or float64, the type in which the library sums leaf values, tree by tree.
        average: Divide the sum by the number of trees (forests).
        link: How margins become scores.
        width: Number of input features d.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    missing_left: NDArray[np.bool_]
    category_words: NDArray[np.uint64]
    categorical: NDArray[np.bool_]
    value: NDArray[np.float64]
    roots: NDArray[np.int32]
    base: NDArray[np.float64]
    precision: np.dtype[np.floating]
    sum_dtype: np.dtype[np.floating]
    average: bool
    link: Link
    width: int
