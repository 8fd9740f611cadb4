"""Neighbours of another label: a row that was only overlaid still lies among the rows of its true class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from hauberk.verify.backdoors.inputs import Labels, Matrix, require_rows

__all__ = ["nearest_rows", "neighbour_disagreement"]

_BLOCK = 512


def neighbour_disagreement(rows: Matrix, labels: Labels, *, neighbours: int = 10) -> Matrix:
    """(n,) float64, share of the nearest other rows that bear another label, 0 to 1.

    Args:
        rows: (n, d) float64 finite, on comparable scales.
        labels: (n,) int64.
        neighbours: At least 1; at most the other rows are used.

    Raises:
        BadDetection: The arrays do not belong together, or there is a single row.

    Source: Wilson 1972, "Asymptotic Properties of Nearest Neighbor Rules Using Edited Data", IEEE Transactions on
    Systems, Man and Cybernetics 2.
    """
    require_rows(rows, labels, where="rows")
    near = nearest_rows(rows, rows, neighbours + 1)
    other = near != np.arange(len(rows))[:, None]
    differs = (labels[near] != labels[:, None]) & other
    return np.asarray(differs.sum(axis=1) / np.maximum(other.sum(axis=1), 1))


def nearest_rows(queries: Matrix, rows: Matrix, neighbours: int) -> NDArray[np.intp]:
    """(m, j) numbers of the nearest rows of each query, j at most `neighbours` and n, in no particular order."""
    count = min(neighbours, len(rows))
    near = np.empty((len(queries), count), np.intp)
    for start in range(0, len(queries), _BLOCK):
        distance = cdist(queries[start : start + _BLOCK], rows, "sqeuclidean")
        near[start : start + _BLOCK] = np.argpartition(distance, count - 1, axis=1)[:, :count]
    return near
