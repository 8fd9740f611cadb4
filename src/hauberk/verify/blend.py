"""One score of several views, weighed by how well each tells labels that were flipped on purpose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from hauberk.verify.views import Pool
from hauberk.verify.views.pool import Labels, Matrix

__all__ = ["blend_weights", "plant_flips"]

_SHARE = 0.05
_PULL = 10.0
"""Of the squared distance from the weights that a caller expects, against the sum of the log losses: a few dozen
planted flips move the weights little, hundreds decide."""


def plant_flips(labels: Labels, classes: int, *, seed: int) -> tuple[Labels, NDArray[np.bool_]]:
    """(n,) labels of which one in twenty is flipped to another class at random, and (n,) which ones.

    Every class with two rows keeps one.
    """
    random = np.random.default_rng([seed, 2])
    planted = np.zeros(labels.size, bool)
    planted[random.permutation(labels.size)[: max(1, round(_SHARE * labels.size))]] = True
    for label in range(classes):
        members = np.flatnonzero(labels == label)
        if members.size and planted[members].all():
            planted[members[0]] = False
    moved = (labels + random.integers(1, max(2, classes), labels.size)) % classes
    return np.where(planted, moved, labels).astype(np.int64), planted


def blend_weights(pool: Pool, views: Callable[[Pool], Matrix], expected: Matrix, *, seed: int) -> Matrix:
    """(v,) weights, none negative, with which the views tell flips planted in the pool from the rest.

    What is wrong in the pool already stands among the rest; there it is noise that weakens all views alike.

    Args:
        pool: Rows in content order.
        views: Gives (n, v) views of a pool, in log odds.
        expected: (v,) the weights where nothing speaks for others.
        seed: Of the flips.
    """
    labels, planted = plant_flips(pool.labels, pool.classes, seed=seed)
    found = views(pool.with_labels(labels))
    spread = found.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    features = (found - found.mean(axis=0)) / scale
    sign = np.where(planted, 1.0, -1.0)
    start = np.append(expected * scale, np.log(planted.mean() / (1 - planted.mean())))

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        score = features @ weights[:-1] + weights[-1]
        wrong = 1.0 / (1.0 + np.exp(np.clip(sign * score, -50, 50)))
        pull = _PULL * np.append(weights[:-1] - start[:-1], 0.0)
        slope = -np.append((sign * wrong) @ features, (sign * wrong).sum()) + pull
        return float(np.logaddexp(0.0, -sign * score).sum() + (pull**2).sum() / (2 * _PULL)), slope

    bounds = [(0.0, None)] * len(expected) + [(None, None)]
    solved = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    weights: Matrix = solved.x[:-1] / scale
    return weights if weights.any() else expected
