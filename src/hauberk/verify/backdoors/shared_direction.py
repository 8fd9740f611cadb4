"""Rows of one class that differ from their foreign neighbours all in the same way: what a blended pattern leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hauberk.verify.backdoors.inputs import Labels, Mask, Matrix, require_rows
from hauberk.verify.backdoors.neighbour_disagreement import nearest_rows

__all__ = ["SharedDirection", "find_shared_direction"]

_ROUNDS = 10
_NEIGHBOURS = 5
_FOREIGN = 0.995
"""Suspects lie further along the direction than this share of the rows of other classes."""
_RIDGE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SharedDirection:
    """A direction and the rows of the class beyond all others along it.

    Attributes:
        target: The class.
        score: (n,) float64, how far each row lies along the direction, in units of the class-free spread.
        suspects: (n,) bool, rows of the class beyond nearly all rows of other classes.
    """

    target: int
    score: Matrix
    suspects: Mask


def find_shared_direction(
    rows: Matrix, labels: Labels, target: int, disagreement: Matrix, *, least: int = 12
) -> SharedDirection | None:
    """A matched filter, begun from the rows that their neighbours contradict and refined until it stays.

    Each round takes the mean difference between the suspects and their nearest rows of other classes, whitens it by
    the covariance within those classes, and makes suspects of the rows of the target that lie beyond .995 of the
    foreign rows. In a clean class it drifts to the class itself, whose rows their neighbours confirm.

    Args:
        rows: (n, d) float64 finite.
        labels: (n,) int64.
        target: The class to search.
        disagreement: (n,) of `neighbour_disagreement`.
        least: Fewest suspects, also to begin with. Begun from chosen rows, a handful of odd ones always finds some
            direction: of fewer than ten clean digits that happened in one draw of ten.

    Returns:
        None where too few rows are contradicted to begin with, or are left.

    Raises:
        BadDetection: The arrays do not belong together.

    Source: the matched filter of Reed, Mallett, Brennan 1974, IEEE Transactions on Aerospace and Electronic Systems 10.
    """
    require_rows(rows, labels, where="rows")
    inside = labels == target
    suspects = inside & (disagreement >= 0.5)
    if suspects.sum() < least or inside.all():
        return None
    foreign, whiten = rows[~inside], _inverse_spread(rows[~inside], labels[~inside])
    score = np.zeros(len(rows))
    for _ in range(_ROUNDS):
        near = nearest_rows(rows[suspects], foreign, _NEIGHBOURS)
        difference = (rows[suspects] - foreign[near].mean(axis=1)).mean(axis=0)
        filter_ = whiten @ difference
        length = float(np.sqrt(max(difference @ filter_, 1e-300)))
        score = (rows - foreign.mean(axis=0)) @ filter_ / length
        moved = inside & (score > np.quantile(score[~inside], _FOREIGN))
        if moved.sum() < least:
            return None
        if np.array_equal(moved, suspects):
            break
        suspects = moved
    return SharedDirection(target=target, score=score, suspects=suspects)


def _inverse_spread(rows: Matrix, labels: Labels) -> Matrix:
    """(d, d) inverse of the pooled covariance within the classes, with a ridge."""
    codes = np.unique(labels, return_inverse=True)[1]
    means = np.stack([rows[codes == code].mean(axis=0) for code in range(codes.max() + 1)])
    moved = rows - means[codes]
    covariance = moved.T @ moved / len(rows)
    ridge = _RIDGE * np.trace(covariance) / len(covariance) + 1e-3
    return np.asarray(np.linalg.inv(covariance + ridge * np.eye(len(covariance))))
