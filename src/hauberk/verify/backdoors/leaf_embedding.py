"""An embedding of a table by the leaves of a boosted model, for detectors that need hidden layers."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from hauberk.models import TreeEnsemble, leaves
from hauberk.verify.backdoors.inputs import Matrix

__all__ = ["embed_leaves"]


def embed_leaves(ensemble: TreeEnsemble, rows: Matrix, *, directions: int = 32) -> Matrix:
    """(n, j) float64, the leading principal coordinates of the one-hot leaves of each row.

    Args:
        ensemble: The trees.
        rows: (n, d) float64.
        directions: j is at most this, and below n and the number of leaves.

    Raises:
        WrongRows: Not rows that the ensemble takes.
    """
    reached = leaves(ensemble, rows)
    codes = np.unique(reached, return_inverse=True)[1].reshape(reached.shape)
    count = int(codes.max(initial=0)) + 1
    places = (np.repeat(np.arange(len(rows)), reached.shape[1]), codes.ravel())
    matrix = csr_matrix((np.ones(codes.size), places), shape=(len(rows), count))
    rank = min(directions, len(rows) - 1, count - 1)
    if rank < 1:
        return np.zeros((len(rows), 1))
    left, size, _ = svds(matrix, k=rank, v0=np.ones(min(matrix.shape)), solver="arpack")
    return np.asarray(left * size)
