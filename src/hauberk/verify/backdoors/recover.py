"""The trigger behind a set of suspects: a patch of constant cells, or a pattern mixed into all of them."""

from __future__ import annotations

import numpy as np

from hauberk.verify.backdoors.inputs import Labels, Mask, Matrix
from hauberk.verify.backdoors.neighbour_disagreement import nearest_rows
from hauberk.verify.backdoors.trigger import Signature, Trigger

__all__ = ["recover_trigger"]

_CONSTANT = 0.9
_OPAQUE = 0.93
"""Cells outside a patch keep their spread; a blend shrinks it by its opacity, and weaker ones are not recovered."""
_NEIGHBOURS = 5


def recover_trigger(rows: Matrix, labels: Labels, suspects: Mask, target: int) -> tuple[Signature, Trigger | None]:
    """Whether the suspects look patched or blended, and what to stamp on a clean row to repeat it.

    Every suspect is compared to its nearest rows of other labels. Cells with one value in .9 of the suspects that
    foreign rows seldom have are a patch. If the cells outside it vary less than in the foreign rows, all are blended:
    the ratio of the spreads is one minus the opacity, and the pattern follows from the means.

    Args:
        rows: (n, d) float64 finite.
        labels: (n,) int64.
        suspects: (n,) bool, at least one.
        target: Their label.

    Returns:
        The signature and the trigger; NONE and None where neither is seen.
    """
    own, foreign = rows[suspects], rows[(labels != target) & ~suspects]
    value = np.median(own, axis=0)
    usual = (foreign == value).mean(axis=0)
    patch = ((own == value).mean(axis=0) >= _CONSTANT) & (usual <= 0.5)
    opacity = _opacity(own, foreign, ~patch)
    if opacity > 1 - _OPAQUE and not patch.all():
        near = foreign[nearest_rows(own, foreign, _NEIGHBOURS)].mean(axis=(0, 1))
        pattern = (own.mean(axis=0) - (1 - opacity) * near) / opacity
        return Signature.BLEND, Trigger(columns=np.arange(rows.shape[1]), value=pattern, opacity=opacity)
    if patch.any():
        columns = np.flatnonzero(patch)
        return Signature.PATCH, Trigger(columns=columns, value=value[columns], opacity=1.0)
    return Signature.NONE, None


def _opacity(own: Matrix, foreign: Matrix, free: Mask) -> float:
    """One minus the median ratio of the spreads of cells that vary in the foreign rows; 0 where none does."""
    near = foreign[nearest_rows(own[:, free], foreign[:, free], _NEIGHBOURS).ravel()][:, free]
    spread = near.std(axis=0)
    varies = spread > 0.1 * spread.max(initial=0.0)
    if not varies.any() or not spread.max(initial=0.0):
        return 0.0
    ratio = own[:, free].std(axis=0)[varies] / spread[varies]
    return float(np.clip(1 - np.median(ratio), 0.0, 0.95))
