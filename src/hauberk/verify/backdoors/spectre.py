"""SPECTRE: whiten each class by its robust covariance, then score by quantum entropy."""

from __future__ import annotations

import numpy as np

from hauberk.verify.backdoors.inputs import Labels, Matrix, require_rows
from hauberk.verify.backdoors.principal import project

__all__ = ["robust_moments", "spectre"]


def spectre(embeddings: Matrix, labels: Labels, *, directions: int = 10, alpha: float = 4.0) -> Matrix:
    """(n,) float64 quantum-entropy score of each row within its class, larger is more suspicious.

    Sees poison that plain spectral signatures miss because the honest variance of the class hides it; fails where
    the poison is so much of a class that the trimmed moments describe it too.

    Args:
        embeddings: (n, e) float64, the last hidden layer.
        labels: (n,) int64; a class of fewer than four rows scores 0.
        directions: Principal directions kept.
        alpha: 0 weighs all directions alike, large only the one with the most excess variance.

    Raises:
        BadDetection: The arrays do not belong together.

    Source: Hayase et al. 2021, "SPECTRE: Defending Against Backdoor Attacks Using Robust Statistics" (ICML),
    algorithms 1 and 2; trimming in the place of its robust estimator.
    """
    require_rows(embeddings, labels, where="embeddings")
    scores = np.zeros(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if members.size >= 4:
            own = embeddings[members]
            reduced = project(own, np.median(own, axis=0), directions=directions)
            scores[members] = _quantum_entropy(_whitened(reduced), alpha)
    return scores


def robust_moments(points: Matrix, *, kept: float = 0.85, rounds: int = 5) -> tuple[Matrix, Matrix]:
    """(j,) mean and (j, j) covariance of the share `kept` of the rows that lies nearest in Mahalanobis distance.

    Source: the concentration steps of Rousseeuw and Van Driessen 1999, Technometrics 41.
    """
    inside = np.ones(len(points), bool)
    mean, covariance = points.mean(axis=0), np.eye(points.shape[1])
    for _ in range(rounds):
        mean = points[inside].mean(axis=0)
        covariance = np.atleast_2d(np.cov(points[inside].T)) + 1e-6 * np.eye(points.shape[1])
        moved = points - mean
        distance = np.einsum("ij,ij->i", moved @ np.linalg.inv(covariance), moved)
        inside = distance <= np.quantile(distance, kept)
    return mean, covariance


def _whitened(points: Matrix) -> Matrix:
    mean, covariance = robust_moments(points)
    return np.asarray(np.linalg.solve(np.linalg.cholesky(covariance), (points - mean).T).T)


def _quantum_entropy(points: Matrix, alpha: float) -> Matrix:
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(points.T)))
    excess = max(float(values[-1]) - 1.0, 1e-9)
    weight = np.exp(alpha * (values - 1.0) / excess - alpha)
    turned = points @ vectors
    return np.asarray((turned**2 * weight).sum(axis=1) / weight.sum())
