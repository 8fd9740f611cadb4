"""Signature tests for rows of comparable cells: images, spectra, embeddings of a frozen encoder."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hauberk.verify.backdoors.activation_clustering import smaller_clusters
from hauberk.verify.backdoors.contradiction import contradicted_by_neighbours
from hauberk.verify.backdoors.inputs import Labels, Mask, Matrix
from hauberk.verify.backdoors.neighbour_disagreement import nearest_rows, neighbour_disagreement
from hauberk.verify.backdoors.pattern_scan import scan_patterns
from hauberk.verify.backdoors.recover import recover_trigger
from hauberk.verify.backdoors.shared_direction import find_shared_direction
from hauberk.verify.backdoors.trigger import Evidence, Signature

__all__ = ["cell_evidence"]


def cell_evidence(rows: Matrix, labels: Labels, embeddings: Matrix | None) -> tuple[Evidence, ...]:
    """Everything that some rows of one class share and others lack, whether it looks like an attack or not.

    Args:
        rows: (n, d) float64 finite cells.
        labels: (n,) int64.
        embeddings: (n, e) float64 hidden layer of the model, or None.
    """
    disagreement = neighbour_disagreement(rows, labels)
    usual = {int(label): _usual(disagreement[labels == label]) for label in np.unique(labels)}
    found: list[Evidence] = []
    for target, error in usual.items():
        found += _patterns(rows, labels, target, error)
        found += _directions(rows, labels, target, error, disagreement)
    if embeddings is not None:
        found += _clusters(rows, labels, embeddings, usual)
    return tuple(found)


def _usual(disagreement: Matrix) -> float:
    """The share of a class that neighbours contradict, poison included: the test is conservative."""
    return float((np.sum(disagreement > 0.5) + 1) / (disagreement.size + 1))


def _patterns(rows: Matrix, labels: Labels, target: int, usual: float) -> Iterator[Evidence]:
    inside = labels == target
    for pattern in scan_patterns(rows, labels, target):
        free = np.ones(rows.shape[1], bool)
        free[pattern.columns] = False
        suspects = pattern.bears & inside
        if free.any() and not suspects.all():
            share, p_value = contradicted_by_neighbours(rows[:, free], labels, suspects, usual=usual)
            score = np.where(inside, pattern.share, 0.0)
            purity = float(suspects.sum() / pattern.bears.sum())
            yield _evidence(rows, labels, suspects, score, share, purity, p_value)


def _directions(rows: Matrix, labels: Labels, target: int, usual: float, disagreement: Matrix) -> Iterator[Evidence]:
    found = find_shared_direction(rows, labels, target, disagreement)
    if found is not None and not found.suspects.all():
        without = _without_direction(rows, labels, found.suspects)
        share, p_value = contradicted_by_neighbours(without, labels, found.suspects, usual=usual)
        inside = labels == target
        score = np.where(inside, found.score, min(0.0, float(found.score.min())))
        beyond = found.score > found.score[found.suspects].min()
        purity = float((beyond & inside).sum() / max(int(beyond.sum()), 1))
        yield _evidence(rows, labels, found.suspects, score, share, purity, p_value)


def _without_direction(rows: Matrix, labels: Labels, suspects: Mask) -> Matrix:
    """The rows without their part along the mean difference of the suspects to their foreign neighbours."""
    foreign = rows[labels != labels[suspects][0]]
    near = nearest_rows(rows[suspects], foreign, 5)
    difference = (rows[suspects] - foreign[near].mean(axis=1)).mean(axis=0)
    unit = difference / max(float(np.linalg.norm(difference)), 1e-12)
    return np.asarray(rows - np.outer(rows @ unit, unit))


def _clusters(rows: Matrix, labels: Labels, embeddings: Matrix, usual: dict[int, float]) -> Iterator[Evidence]:
    for members, small, spread in smaller_clusters(embeddings, labels):
        suspects = np.zeros(len(rows), bool)
        suspects[members[small]] = True
        if suspects.any():
            share, p_value = contradicted_by_neighbours(rows, labels, suspects, usual=usual[int(labels[members[0]])])
            score = np.zeros(len(rows))
            score[members] = np.where(small, spread, 0.0)
            yield _evidence(rows, labels, suspects, score, share, 1.0, p_value)


def _evidence(
    rows: Matrix, labels: Labels, suspects: Mask, score: Matrix, share: float, purity: float, p_value: float
) -> Evidence:
    target = int(labels[suspects][0])
    signature, trigger = recover_trigger(rows, labels, suspects, target) if share >= 0.5 else (Signature.NONE, None)
    return Evidence(
        signature=Signature.CLUSTER if signature is Signature.NONE else signature,
        target=target,
        suspects=suspects,
        score=score,
        contradicted=share,
        purity=purity,
        p_value=p_value,
        trigger=trigger,
    )
