"""Principal directions of a cloud of rows."""

from __future__ import annotations

import numpy as np

from hauberk.verify.backdoors.inputs import Matrix

__all__ = ["project"]


def project(rows: Matrix, centre: Matrix, *, directions: int) -> Matrix:
    """(n, j) coordinates of the rows along their first j principal directions, j at most `directions`, n and e.

    The sign of a direction is not determined.

    Args:
        rows: (n, e) float64.
        centre: (e,) what is subtracted first.
        directions: At least 1.
    """
    moved = rows - centre
    axes = np.linalg.svd(moved, full_matrices=False)[2][:directions]
    return np.asarray(moved @ axes.T)
