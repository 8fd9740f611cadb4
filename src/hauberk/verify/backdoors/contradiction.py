"""Whether the neighbours of rows bear other labels once what the rows share is taken away."""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

from hauberk.verify.backdoors.inputs import Labels, Mask, Matrix
from hauberk.verify.backdoors.neighbour_disagreement import nearest_rows

__all__ = ["contradicted_by_neighbours"]

_NEIGHBOURS = 5


def contradicted_by_neighbours(rows: Matrix, labels: Labels, suspects: Mask, *, usual: float) -> tuple[float, float]:
    """Share of the suspects most of whose nearest other rows bear another label, and its p-value.

    The other suspects stay among the neighbours: rows of a rare but honest style lie near one another, while poisoned
    rows, their trigger taken away, lie among the rows they were taken from.

    Args:
        rows: (n, d) float64, without what the suspects share.
        labels: (n,) int64; the suspects share one.
        suspects: (n,) bool, at least one; n is at least 2.
        usual: The share that is contradicted in a set of ordinary rows, above 0.

    Returns:
        Share and binomial upper tail of the count under `usual`.
    """
    places = np.flatnonzero(suspects)
    near = nearest_rows(rows[places], rows, _NEIGHBOURS + 1)
    foreign = (labels[near] != labels[places][:, None]).sum(axis=1)
    other = 2 * foreign > (near != places[:, None]).sum(axis=1)
    return float(other.mean()), float(binom.sf(int(other.sum()) - 1, other.size, min(usual, 1.0)))
