"""Activation clustering: a poisoned class falls into two clusters, of which the smaller is the poison."""

from __future__ import annotations

import numpy as np

from hauberk.verify.backdoors.inputs import Labels, Mask, Matrix, require_rows
from hauberk.verify.backdoors.principal import project

__all__ = ["activation_clustering", "smaller_clusters", "two_means"]

_ROUNDS = 100


def activation_clustering(embeddings: Matrix, labels: Labels, *, directions: int = 10) -> Matrix:
    """(n,) float64, 0 in the larger cluster of a class; in the smaller one how far its two clusters lie apart.

    The score of a row in the smaller cluster is the class's separation (distance of the two means over the mean
    distance to the own mean) with the row's own margin as a fraction below 1 that breaks ties. A clean class has
    two clusters too, so a score alone proves nothing.

    Args:
        embeddings: (n, e) float64, the last hidden layer.
        labels: (n,) int64.
        directions: Principal directions kept.

    Raises:
        BadDetection: The arrays do not belong together.

    Source: Chen et al. 2018, "Detecting Backdoor Attacks on Deep Neural Networks by Activation Clustering", §4 (PCA
    in the place of its ICA).
    """
    scores = np.zeros(len(labels))
    for members, small, spread in smaller_clusters(embeddings, labels, directions=directions):
        scores[members[small]] = spread[small]
    return scores


def smaller_clusters(
    embeddings: Matrix, labels: Labels, *, directions: int = 10
) -> list[tuple[np.ndarray[tuple[int], np.dtype[np.intp]], Mask, Matrix]]:
    """For each class with at least four rows: its row numbers, which are in the smaller cluster, and their scores.

    Raises:
        BadDetection: The arrays do not belong together.
    """
    require_rows(embeddings, labels, where="embeddings")
    found = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if members.size < 4:
            continue
        own = embeddings[members]
        reduced = project(own, own.mean(axis=0), directions=directions)
        second = two_means(reduced)
        small = second if second.mean() <= 0.5 else ~second
        found.append((members, small, _separation(reduced, small)))
    return found


def two_means(points: Matrix) -> Mask:
    """(n,) bool, the second of two clusters; begun from the halves of the first coordinate, so nothing is drawn.

    Source: Lloyd 1982, IEEE Transactions on Information Theory 28.
    """
    second: Mask = points[:, 0] > points[:, 0].mean()
    for _ in range(_ROUNDS):
        if second.all() or not second.any():
            break
        centres = np.stack([points[~second].mean(axis=0), points[second].mean(axis=0)])
        distance = ((points[:, None, :] - centres) ** 2).sum(axis=2)
        moved = np.asarray(distance[:, 1] < distance[:, 0])
        if np.array_equal(moved, second):
            break
        second = moved
    return second


def _separation(points: Matrix, small: Mask) -> Matrix:
    if not small.any() or small.all():
        return np.zeros(len(points))
    own, other = points[small].mean(axis=0), points[~small].mean(axis=0)
    near = np.linalg.norm(points - own, axis=1)
    far = np.linalg.norm(points - other, axis=1)
    within = np.where(small, near, far).mean() + 1e-12
    gap = float(np.linalg.norm(own - other) / within)
    return np.asarray(gap + (far - near) / (1.0 + far + near))
