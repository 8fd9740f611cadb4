"""Spectral signatures: poisoned rows lean out along the first direction of their class."""

from __future__ import annotations

import numpy as np

from hauberk.verify.backdoors.inputs import Labels, Matrix, require_rows
from hauberk.verify.backdoors.principal import project

__all__ = ["spectral_signatures"]


def spectral_signatures(embeddings: Matrix, labels: Labels) -> Matrix:
    """(n,) float64, squared projection on the first principal direction of the row's class; larger is more suspicious.

    Classes are scored apart, so scores of a wide class outgrow those of a narrow one. No row is cut: the original
    method removes one and a half times the expected poison from every class, also from clean ones.

    Args:
        embeddings: (n, e) float64, the last hidden layer, or leaves by `embed_leaves`.
        labels: (n,) int64.

    Raises:
        BadDetection: The arrays do not belong together.

    Source: Tran, Li, Madry 2018, "Spectral Signatures in Backdoor Attacks" (NeurIPS), algorithm 1.
    """
    require_rows(embeddings, labels, where="embeddings")
    scores = np.zeros(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        own = embeddings[members]
        scores[members] = project(own, own.mean(axis=0), directions=1)[:, 0] ** 2
    return scores
