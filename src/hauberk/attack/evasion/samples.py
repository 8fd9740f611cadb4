"""What every attack is given, checked once, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import BadTarget, NotAttackable, WrongSamples
from hauberk.data import Reach
from hauberk.models import Link, TreeEnsemble

__all__ = ["Adversarial", "classes_of", "cost_of", "verify_samples", "verify_spread"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adversarial:
    """What an attack made of n rows.

    Attributes:
        rows: (n, d) float64, each within reach; the row itself where the attack failed or had nothing to do.
        success: (n,) bool, the model's own answer is what the adversary wants.
        cost: (n,) float64, what the changes cost.
        queries: (n,) intp, how many rows were tried on the model.
    """

    rows: NDArray[np.float64]
    success: NDArray[np.bool_]
    cost: NDArray[np.float64]
    queries: NDArray[np.intp]


def classes_of(ensemble: TreeEnsemble) -> int:
    """How many classes the ensemble tells apart; 1 for a regression."""
    return {Link.LOGISTIC: 2, Link.IDENTITY: 1}.get(ensemble.link, len(ensemble.base))


def verify_samples(
    rows: NDArray[np.float64], labels: NDArray[np.int64], reach: Reach, *, width: int, classes: int, goal: int | None
) -> None:
    """Refuse rows (n, d), labels (n,), reach and goal that do not belong together.

    Raises:
        WrongSamples: No rows, other shapes, or a label that is no class code.
        NotAttackable: Fewer than two classes.
        BadTarget: The goal is no class code.
    """
    if classes < 2:
        raise NotAttackable(expected="at least two classes", got=f"{classes}")
    if rows.ndim != 2 or rows.shape[1] != width or not len(rows):
        raise WrongSamples(expected=f"at least one row of {width} features", got=f"an array of shape {rows.shape}")
    if reach.low.shape != rows.shape or labels.shape != (len(rows),):
        got = f"a reach of {reach.low.shape} and labels of {labels.shape}"
        raise WrongSamples(expected=f"a reach and labels of {len(rows)} rows", got=got)
    if labels.dtype.kind not in "iu" or ((labels < 0) | (labels >= classes)).any():
        raise WrongSamples(expected=f"label codes 0 to {classes - 1}", got=f"{labels.dtype} {np.unique(labels)[:8]}")
    if goal is not None and not 0 <= goal < classes:
        raise BadTarget(expected=f"a class code below {classes}", got=str(goal))


def verify_spread(rows: NDArray[np.float64], reach: Reach, scale: NDArray[np.float64], edges: float) -> None:
    """Refuse numbers so far apart, in units of the scale (d,), that their distance has no finite square.

    Where a distance overflows it would read as out of reach.

    Args:
        rows: (n, d).
        reach: Of these rows.
        scale: (d,) 0 where a feature stays, infinite where it moves freely.
        edges: The largest threshold, in absolute value.

    Raises:
        WrongSamples: There are such numbers.
    """
    ends = np.stack([np.where(np.isfinite(part), np.abs(part), 0.0) for part in (rows, reach.low, reach.high)])
    largest = np.maximum(ends.max(axis=(0, 1)), edges)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        squares = np.where(scale > 0, np.square(2 * largest / scale), 0.0) * len(scale)
        fits = np.isfinite(squares) & np.isfinite(2 * largest)
    if not fits.all():
        at = int(np.flatnonzero(~fits)[0])
        expected = "numbers whose distance in units of the scale has a finite square"
        got = f"up to {largest[at]:.3g} in column {at}, scale {scale[at]:.3g}"
        raise WrongSamples(where="rows", expected=expected, got=got, hint="rescale the column")


def cost_of(reach: Reach, rows: NDArray[np.float64], changed: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) what the changes cost: `cost` a unit of a number, `cost` for any other category."""
    number = np.array([choices is None for choices in reach.choices], dtype=np.bool_)
    same = (rows == changed) | np.isnan(rows)
    step = np.where(same, 0.0, np.where(number, np.abs(changed - rows), 1.0))
    return np.asarray(step @ reach.cost)
