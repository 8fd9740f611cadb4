"""What the labels of the nearest rows say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.verify.views.margin import label_margin
from hauberk.verify.views.pool import Labels, Matrix, Pool

__all__ = ["neighbour_margin"]

_NEAREST = 10
_REFERENCES = 8192
"""Rows that can be neighbours, spread evenly over the content order: distances to all would grow with the square."""
_BLOCK = 1024


def neighbour_margin(pool: Pool) -> Matrix:
    """(n,) margin of the labels of the ten nearest other rows, nearer ones first, shrunk to the class shares."""
    features = pool.features()
    step = -(-len(features) // _REFERENCES)
    reference = np.arange(0, len(features), step)
    votes = np.concatenate(
        [
            _votes(features, pool.labels, reference, np.arange(first, min(first + _BLOCK, len(features))), pool.classes)
            for first in range(0, len(features), _BLOCK)
        ]
    )
    share = np.bincount(pool.labels, minlength=pool.classes) / len(pool.labels)
    total = votes.sum(axis=1, keepdims=True)
    return label_margin((votes + share) / (total + 1), pool.labels)


def _votes(
    features: NDArray[np.float32], labels: Labels, reference: NDArray[np.intp], index: NDArray[np.intp], classes: int
) -> Matrix:
    """(m, k) weight of each class among the nearest references of the rows `index`; ten in all."""
    known, asked = features[reference], features[index]
    square = (known**2).sum(axis=1) + (asked**2).sum(axis=1)[:, None] - 2 * (asked @ known.T)
    square[index[:, None] == reference] = np.inf
    count = min(_NEAREST, len(reference) - 1)
    if count < 1:
        return np.zeros((len(index), classes))
    near = np.argpartition(square, count - 1, axis=1)[:, :count]
    distance = np.sqrt(np.maximum(np.take_along_axis(square, near, axis=1), 0.0))
    weight = 1.0 / (distance + 0.1 * np.median(distance) + 1e-9)
    weight *= count / weight.sum(axis=1, keepdims=True)
    votes = np.zeros((len(index), classes))
    np.add.at(votes, (np.repeat(np.arange(len(index)), count), labels[reference[near]].ravel()), weight.ravel())
    return votes
