"""What a logistic regression says of rows that it has not seen: smooth, so it is not led by a few neighbours."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from hauberk.verify.views.margin import label_margin
from hauberk.verify.views.out_of_fold import stratified_folds
from hauberk.verify.views.pool import Labels, Matrix, Pool

__all__ = ["linear_margin"]

_STEPS = 60
_ROWS = 8192
"""Rows that a fit learns from, spread evenly over the content order: a hundred weights need no more."""
_PENALTY = 1.0
"""Of the squared weights, against the sum of the log losses."""


def linear_margin(pool: Pool, *, folds: int, seed: int) -> Matrix:
    """(n,) out-of-fold margin of a multinomial logistic regression on standardised columns.

    Raises:
        TooFewRows: See `stratified_folds`.
    """
    features = np.concatenate([pool.features(), np.ones((len(pool.labels), 1), np.float32)], axis=1)
    fold = stratified_folds(pool.labels, folds=folds, seed=seed)
    probabilities = np.empty((len(pool.labels), pool.classes))
    for part in range(folds):
        held = fold == part
        known = np.flatnonzero(~held)
        known = known[:: -(-known.size // _ROWS)]
        weights = _fit(features[known], pool.labels[known], pool.classes)
        probabilities[held] = np.exp(_log_softmax(features[held] @ weights))
    return label_margin(probabilities, pool.labels)


def _fit(features: Matrix, labels: Labels, classes: int) -> Matrix:
    """(m, k) weights; the last feature is the intercept and is not penalised."""
    wanted = np.zeros((len(labels), classes), np.float32)
    wanted[np.arange(len(labels)), labels] = 1.0
    shape = (features.shape[1], classes)
    free = np.ones(shape)
    free[-1] = 0.0

    def loss(flat: Matrix) -> tuple[float, Matrix]:
        weights = flat.reshape(shape)
        logs = _log_softmax(features @ weights.astype(np.float32))
        slope = features.T @ (np.exp(logs) - wanted)
        penalty = _PENALTY / 2 * float((free * weights**2).sum())
        return penalty - float((wanted * logs).sum()), (slope + _PENALTY * free * weights).ravel().astype(np.float64)

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    weights: Matrix = found.x.reshape(shape).astype(np.float32)
    return weights


def _log_softmax(logits: Matrix) -> Matrix:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
