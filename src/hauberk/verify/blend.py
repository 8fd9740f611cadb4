"""One score of several views, weighed by how well each tells labels that were flipped on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from hauberk.verify.views import Pool
from hauberk.verify.views.pool import Labels, Matrix

__all__ = ["OneWay", "blend_weights", "find_one_way", "plant_flips"]

_SHARE = 0.05
_MOST = 0.45
"""Of a class that may be flipped one way: the rest has to tell what the class is."""
_TOP, _LEAST = 0.02, 20
"""Share of the rows, and how many at least, that are asked which way they go."""
_COMMON, _FAR_MORE = 0.25, 4.0
"""On digits the commonest pair makes up half to two thirds of the top, 84 to 110 times what is usual, where flips go
one way, and a sixteenth, 5 times, where they go all ways."""
_PULL = 10.0
"""Of the squared distance from the weights that a caller expects, against the sum of the log losses: a few dozen
planted flips move the weights little, hundreds decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWay:
    """Flips that all go one way: rows of the class `true` that carry the label `given`."""

    true: int
    given: int


def plant_flips(
    labels: Labels, classes: int, *, seed: int, one_way: OneWay | None = None
) -> tuple[Labels, NDArray[np.bool_]]:
    """(n,) labels of which one in twenty is flipped, and (n,) which ones.

    They go to other classes at random, and every class with two rows keeps one; or one way, and then more than half
    of the class that they come from stays.
    """
    random = np.random.default_rng([seed, 2])
    planted = np.zeros(labels.size, bool)
    if one_way is not None:
        members = np.flatnonzero(labels == one_way.true)
        count = min(max(1, round(_SHARE * labels.size)), int(_MOST * members.size))
        planted[random.permutation(members)[:count]] = True
        return np.where(planted, one_way.given, labels).astype(np.int64), planted
    planted[random.permutation(labels.size)[: max(1, round(_SHARE * labels.size))]] = True
    for label in range(classes):
        members = np.flatnonzero(labels == label)
        if members.size and planted[members].all():
            planted[members[0]] = False
    moved = (labels + random.integers(1, max(2, classes), labels.size)) % classes
    return np.where(planted, moved, labels).astype(np.int64), planted


def find_one_way(score: Matrix, given: Labels, proposed: Labels, classes: int) -> OneWay | None:
    """The one way that most of what stands out goes, or None where it goes many ways.

    Looked at are the rows with the highest scores. One pair of classes must make up a fourth of them, and four times
    what it would if each row had come from any class by its share and gone to any other. Of two classes that cannot
    be: there all views see flips that go one way as they see others.

    Args:
        score: (n,) larger is more suspicious, rows in content order.
        given: (n,) class codes.
        proposed: (n,) the likeliest other class of each row.
        classes: How many.
    """
    top = np.argsort(-score, kind="stable")[: max(_LEAST, round(_TOP * len(score)))]
    pairs, counts = np.unique(given[top] * classes + proposed[top], return_counts=True)
    label, true = divmod(int(pairs[counts.argmax()]), classes)
    share = float(counts.max() / len(top))
    usual = float((given == true).mean()) / (classes - 1)
    return OneWay(true=true, given=label) if share >= max(_COMMON, _FAR_MORE * usual) else None


def blend_weights(
    pool: Pool, views: Callable[[Pool], Matrix], expected: Matrix, *, seed: int, one_way: OneWay | None = None
) -> Matrix:
    """(v,) weights, none negative, with which the views tell flips planted in the pool from the rest.

    What is wrong in the pool already stands among the rest; there it is noise that weakens all views alike.

    Args:
        pool: Rows in content order.
        views: Gives (n, v) views of a pool, in log odds.
        expected: (v,) the weights where nothing speaks for others.
        seed: Of the flips.
        one_way: The way that the flips go; None for all ways.
    """
    labels, planted = plant_flips(pool.labels, pool.classes, seed=seed, one_way=one_way)
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
