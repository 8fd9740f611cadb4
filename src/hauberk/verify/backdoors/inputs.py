"""What a detector accepts, and an order of the rows that does not depend on how they were listed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hauberk.verify.errors import BadDetection, BadPredictions

__all__ = ["FitPredict", "Labels", "Mask", "Matrix", "Predict", "ask", "content_order", "require_rows"]

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]
Mask = NDArray[np.bool_]

Predict = Callable[[Matrix], Matrix]
"""(m, d) rows to (m, k) probabilities."""
FitPredict = Callable[[Matrix, Labels, Matrix], Matrix]
"""`fit_predict(train_rows, train_labels, test_rows)` gives (m, k) probabilities of the classes 0 to k - 1."""


def require_rows(rows: Matrix, labels: Labels, *, where: str, missing: bool = False) -> None:
    """Refuse arrays that do not belong together.

    Args:
        rows: (n, d) float64, n and d at least 1.
        labels: (n,) integer codes from 0.
        where: Name of the rows in the message.
        missing: Whether NaN is allowed.

    Raises:
        BadDetection: Another shape or type, negative labels, infinities, or NaN where it is not allowed.
    """
    if rows.ndim != 2 or not rows.size or rows.dtype != np.float64:
        raise BadDetection(where=where, expected="a float64 matrix that is not empty", got=f"{rows.dtype} {rows.shape}")
    if labels.shape != (len(rows),) or labels.dtype.kind != "i" or labels.min() < 0:
        got = f"{labels.dtype} {labels.shape}"
        raise BadDetection(where="labels", expected=f"{len(rows)} integer codes from 0", got=got)
    if np.isinf(rows).any() or (not missing and np.isnan(rows).any()):
        raise BadDetection(where=where, expected="finite numbers" + " or NaN" * missing, got="others")


def content_order(rows: Matrix, labels: Labels) -> NDArray[np.intp]:
    """(n,) row numbers sorted by label and cells, so that what is drawn by place is drawn by content."""
    return np.lexsort((*rows.T[::-1], labels))


def ask(scores: Matrix, rows: int, classes: int) -> Matrix:
    """The (rows, classes) probabilities of a model, checked.

    Raises:
        BadPredictions: Another shape, or numbers outside 0 to 1.
    """
    found = np.asarray(scores, np.float64)
    if found.ndim != 2 or len(found) != rows or found.shape[1] < classes:
        raise BadPredictions(expected=f"shape ({rows}, {classes})", got=f"{found.shape}")
    if not (np.isfinite(found).all() and found.min(initial=0) >= 0 and found.max(initial=0) <= 1 + 1e-6):
        raise BadPredictions(expected="probabilities from 0 to 1", got="other numbers")
    return found
