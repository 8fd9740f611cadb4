"""One class against one rival: a sum over leaves that the adversary wants to bring to zero."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import BadTarget, NotAttackable
from hauberk.attack.evasion.leaves import LeafBoxes, leaf_boxes, select_trees
from hauberk.core.kept import kept_with
from hauberk.models import Link, TreeEnsemble

__all__ = ["Contest", "contests", "rivals_of"]

_TIES = 16.0
"""Units in the last place within which a library may call two scores equal: sigmoid and softmax flatten margins by
at most 4, and their own rounding is below 4 units."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contest:
    """Margin of `label` over `rival`: `base` plus one leaf value a tree; the label stands while it is positive.

    Attributes:
        label, rival: Class codes.
        boxes: The leaves of the trees that have a say between the two.
        value: (L,) float64, what each leaf adds to the margin.
        base: The margin of no trees.
        slack: The library's own sum, in its type and order, is less than this away from the exact sum or ties
            within it; a bound above the slack cannot be wrong because of rounding.
    """

    label: int
    rival: int
    boxes: LeafBoxes
    value: NDArray[np.float64]
    base: float
    slack: float


def rivals_of(classes: int, label: int, goal: int | None) -> tuple[int, ...]:
    """The classes that the adversary wants in place of `label`: any other, or the goal alone."""
    if goal is None:
        return tuple(code for code in range(classes) if code != label)
    return () if goal == label else (goal,)


def contests(ensemble: TreeEnsemble, labels: NDArray[np.int64], *, goal: int | None = None) -> Iterator[Contest]:
    """Each pair of a label that occurs and a class that the adversary would rather see.

    Raises:
        NotAttackable: The ensemble is a regression.
        BadTarget: The goal is none of its classes.
    """
    if ensemble.link is Link.IDENTITY:
        raise NotAttackable(expected="a classifier", got="a regression")
    classes = 2 if ensemble.link is Link.LOGISTIC else len(ensemble.base)
    if goal is not None and not 0 <= goal < classes:
        raise BadTarget(expected=f"a class code below {classes}", got=str(goal))
    for label in np.unique(labels):
        for rival in rivals_of(classes, int(label), goal):
            yield _contest(ensemble, int(label), rival)


@kept_with
def _contest(ensemble: TreeEnsemble, label: int, rival: int) -> Contest:
    boxes = leaf_boxes(ensemble)
    if ensemble.link is Link.LOGISTIC:
        side = 1.0 if label == 1 else -1.0
        value, base, sums = side * boxes.value[:, 0], side * float(ensemble.base[0]), boxes.value
        bases = ensemble.base
    else:
        value = boxes.value[:, label] - boxes.value[:, rival]
        base = float(ensemble.base[label] - ensemble.base[rival])
        sums, bases = boxes.value[:, [label, rival]], ensemble.base[[label, rival]]
    slack = sum(_slack(ensemble, boxes.start, sums[:, output], float(bases[output])) for output in range(sums.shape[1]))
    says = np.logical_or.reduceat(sums.any(axis=1), boxes.start)
    says[0] |= not says.any()  # one tree stays, so that nobody has to ask whether there is any
    kept = np.repeat(says, np.diff(np.append(boxes.start, len(value))))
    return Contest(
        label=label,
        rival=rival,
        boxes=select_trees(boxes, says),
        value=value[kept],
        base=base,
        slack=slack,
    )


def _slack(ensemble: TreeEnsemble, start: NDArray[np.intp], value: NDArray[np.float64], base: float) -> float:
    """Bound of the error of summing one leaf a tree in floating point, and of ties after the link.

    Each addition is off by at most half a unit of its result, and no partial sum is larger than the sum of the
    largest leaves so far (Higham 2002, section 4.2); the factor covers the growth of these errors themselves.
    """
    unit = float(np.finfo(ensemble.sum_dtype).eps) / 2
    largest = np.maximum.reduceat(np.abs(value), start)
    partial = abs(base) + np.cumsum(largest)
    growth = 1.0 + 2.0 * unit * len(start)
    trees = len(start) if ensemble.average else 1
    return float(unit * partial.sum() * growth + _TIES * 2 * unit * trees + np.finfo(np.float64).eps * partial.sum())
