"""How late a model comes round to a label that it is taught: the area under the margin of training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hauberk.models import Link, TreeEnsemble, margins
from hauberk.verify.views.pool import Learner, Matrix, Pool

__all__ = ["training_margin"]


def training_margin(pool: Pool, learner: Learner, *, seed: int) -> Matrix:
    """(n,) logit margin against the label while it is learnt, averaged over the boosting rounds.

    A wrong label is learnt late, when only it is left to be learnt. The mean over the rounds of a sum of trees is the
    sum with weights that fall linearly from the first tree to the last, so it costs one walk.

    Source: Pleiss et al. 2020, "Identifying mislabeled data using the area under the margin ranking" (NeurIPS 33),
    for networks over epochs; here over the rounds of boosting.
    """
    ensemble = _averaged(learner(pool.rows, pool.labels, seed).trees)
    found = margins(ensemble, pool.rows)
    if ensemble.link is Link.LOGISTIC:
        return np.asarray(np.where(pool.labels == 1, -found[:, 0], found[:, 0]))
    every = np.arange(len(pool.labels))
    given = found[every, pool.labels]
    found[every, pool.labels] = -np.inf
    return np.asarray(found.max(axis=1) - given)


def _averaged(ensemble: TreeEnsemble) -> TreeEnsemble:
    """The mean of the ensembles of the first round, the first two, and so on to all rounds."""
    outputs, trees = len(ensemble.base), len(ensemble.roots)
    rounds = max(1, trees // outputs)
    size = np.diff(np.append(ensemble.roots, len(ensemble.feature)))
    weight = 1.0 - (np.arange(trees) // outputs) / rounds
    return replace(ensemble, value=ensemble.value * np.repeat(weight, size)[:, None], sum_dtype=np.dtype(np.float64))
