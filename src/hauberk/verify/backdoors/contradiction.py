"""Whether the neighbours of a set of rows, the set itself left out, bear other labels."""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

from hauberk.verify.backdoors.inputs import Labels, Mask, Matrix
from hauberk.verify.backdoors.neighbour_disagreement import nearest_rows

__all__ = ["contradicted_by_neighbours"]

_NEIGHBOURS = 5


def contradicted_by_neighbours(rows: Matrix, labels: Labels, suspects: Mask, *, usual: float) -> tuple[float, float]:
    """Share of the suspects most of whose neighbours outside the set bear another label, and its p-value.

    Args:
        rows: (n, d) float64, without the cells that hold a pattern.
        labels: (n,) int64; the suspects share one.
        suspects: (n,) bool, some but not all.
        usual: The share that is contradicted in a set of ordinary rows, above 0.

    Returns:
        Share and binomial upper tail of the count under `usual`.
    """
    target = int(labels[suspects][0])
    rest = ~suspects
    near = nearest_rows(rows[suspects], rows[rest], _NEIGHBOURS)
    other = (labels[rest][near] != target).mean(axis=1) > 0.5
    return float(other.mean()), float(binom.sf(int(other.sum()) - 1, other.size, min(usual, 1.0)))
