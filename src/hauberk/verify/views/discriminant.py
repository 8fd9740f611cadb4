"""How far a row is from the core of the rows that share its label, beside the core of another class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.verify.views.pool import Labels, Matrix, Pool

__all__ = ["discriminant_margin"]

_CORE = 0.6
"""Share of each class that its core is made of: up to four in ten of the rows that carry a label may be imposters."""
_STEPS = 3
_SHRINKAGE = 0.1
"""Of the common covariance towards a multiple of the identity."""


def discriminant_margin(pool: Pool) -> Matrix:
    """(n,) log odds against the label by a linear discriminant of equally likely classes, made of their cores.

    Flips that go all one way, or sit all in one place, teach every model that weighs both labels of the place they are
    in. Here a class is where most of its rows are, so rows that came from another class are far off however many they
    are. The cores are found by concentration steps: from the medians, keep the rows that are least contradicted, and
    take the means and the common covariance of those.

    Source: Hawkins and McLachlan 1997, "High-breakdown linear discriminant analysis" (JASA 92); the steps are those of
    Rousseeuw and Van Driessen 1999, "A fast algorithm for the minimum covariance determinant" (Technometrics 41).
    """
    features = pool.features().astype(np.float64)
    present, labels = np.unique(pool.labels, return_inverse=True)
    if present.size < 2:
        return np.zeros(len(features))
    core = np.ones(len(features), bool)
    centres = np.stack([np.median(features[labels == label], axis=0) for label in range(present.size)])
    margin = _margin(features, labels, core, centres)
    for _ in range(_STEPS):
        core = _least(margin, labels)
        centres = np.stack([features[core & (labels == label)].mean(axis=0) for label in range(present.size)])
        margin = _margin(features, labels, core, centres)
    return margin


def _margin(features: Matrix, labels: Labels, core: NDArray[np.bool_], centres: Matrix) -> Matrix:
    """(n,) half the squared distance from the centre of the label, less that from the nearest other one."""
    rest = features[core] - centres[labels[core]]
    covariance = rest.T @ rest / len(rest)
    ridge = _SHRINKAGE * max(float(np.trace(covariance)) / len(covariance), 1e-12)
    values, directions = np.linalg.eigh(covariance + ridge * np.eye(len(covariance)))
    whiten = directions / np.sqrt(values)
    rows, middle = features @ whiten, centres @ whiten
    distance = (middle**2).sum(axis=1) - 2 * rows @ middle.T
    every = np.arange(len(labels))
    own = distance[every, labels]
    distance[every, labels] = np.inf
    return np.asarray((own - distance.min(axis=1)) / 2)


def _least(margin: Matrix, labels: Labels) -> NDArray[np.bool_]:
    """(n,) the share `_CORE` of each class that is least contradicted; all that are equal to its last."""
    bound = np.array([np.quantile(margin[labels == label], _CORE) for label in range(int(labels.max()) + 1)])
    return np.asarray(margin <= bound[labels])
