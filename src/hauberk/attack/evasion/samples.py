"""What every attack is given, checked once, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import BadTarget, NotAttackable, WrongSamples
from hauberk.data import Reach
from hauberk.models import Link, TreeEnsemble

__all__ = ["Adversarial", "classes_of", "cost_of", "verify_samples"]


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


def cost_of(reach: Reach, rows: NDArray[np.float64], changed: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) what the changes cost: `cost` a unit of a number, `cost` for any other category."""
    number = np.array([choices is None for choices in reach.choices], dtype=np.bool_)
    same = (rows == changed) | np.isnan(rows)
    step = np.where(same, 0.0, np.where(number, np.abs(changed - rows), 1.0))
    return np.asarray(step @ reach.cost)
