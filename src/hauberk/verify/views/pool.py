"""The rows that the views look at, in an order that depends on what they hold and not on where they stood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.models import TreeModel

__all__ = ["Labels", "Learner", "Matrix", "Pool", "content_order"]

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]


Learner = Callable[[Matrix, Labels, int], TreeModel]
"""`learner(rows, labels, seed)` trains boosted trees whose scores are probabilities of the classes 0 to k - 1."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """Encoded rows with labels.

    Attributes:
        rows: (n, d) float64; categories as codes, missing as NaN.
        labels: (n,) int64, 0 to `classes - 1`.
        classes: Number of classes.
        category_counts: (d,) number of categories of each column, 0 for numbers.
    """

    rows: Matrix
    labels: Labels
    classes: int
    category_counts: tuple[int, ...]

    def at(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Pool:
        """Some of the rows."""
        return replace(self, rows=self.rows[index], labels=self.labels[index])

    def with_labels(self, labels: Labels) -> Pool:
        """The same rows with other labels."""
        return replace(self, labels=labels)

    def features(self) -> NDArray[np.float32]:
        """(n, m) float32 columns of mean 0 and variance 1 for methods that measure distance; no missing values.

        A category is spread over columns of zero and one, all of them together as wide as a number; a missing value
        is the mean.
        """
        parts = [
            _spread(self.rows[:, column], count) if count else _scaled(self.rows[:, column, None])
            for column, count in enumerate(self.category_counts)
        ]
        joined = np.concatenate(parts, axis=1) if parts else np.zeros((len(self.rows), 1))
        narrow: NDArray[np.float32] = joined.astype(np.float32)
        return narrow


def content_order(rows: Matrix, labels: Labels) -> NDArray[np.intp]:
    """(n,) the order of the rows by their values, then their label: the same for any arrangement of the same rows."""
    return np.asarray(np.lexsort((labels, *rows.T[::-1])), dtype=np.intp)


def _scaled(columns: Matrix) -> Matrix:
    mean = np.nanmean(np.where(np.isnan(columns).all(axis=0), 0.0, columns), axis=0)
    centred = np.where(np.isnan(columns), 0.0, columns - mean)
    spread = np.sqrt((centred**2).mean(axis=0))
    return np.asarray(centred / np.where(spread > 0, spread, 1.0))


def _spread(codes: Matrix, count: int) -> Matrix:
    """One-hot columns, each scaled to variance 1 / count."""
    hot = (codes[:, None] == np.arange(count)).astype(np.float64)
    return np.asarray(_scaled(hot) / np.sqrt(count))
