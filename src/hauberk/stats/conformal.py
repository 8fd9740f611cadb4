"""How extreme a score is among scores that are known to be ordinary."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.stats.errors import BadSample

__all__ = ["conformal_p_values"]


def conformal_p_values(
    reference: NDArray[np.float64],
    scores: NDArray[np.float64],
    *,
    reference_groups: NDArray[np.integer] | None = None,
    groups: NDArray[np.integer] | None = None,
) -> NDArray[np.float64]:
    """(n,) the share of references at least as extreme, with the row itself among them; larger scores are more extreme.

    Law: where a score and the references of its group are exchangeable, its p-value is at most u with a probability of
    at most u, for each u. Without a reference in a group its p-values are 1.

    Args:
        reference: (m,) float64.
        scores: (n,) float64.
        reference_groups: (m,) codes, or None for one group.
        groups: (n,) codes: each score is held against the references of its own group (Mondrian).

    Raises:
        BadSample: A NaN, or groups for one side only or of another length.

    Source: Vovk, Gammerman, Shafer 2005, "Algorithmic learning in a random world", sections 2.2 and 4.5.
    """
    if np.isnan(reference).any() or np.isnan(scores).any() or (groups is None) != (reference_groups is None):
        raise BadSample(expected="scores without NaN, groups for both sides or none", got="others")
    if groups is None or reference_groups is None:
        return _share_above(reference, scores)
    if groups.shape != scores.shape or reference_groups.shape != reference.shape:
        raise BadSample(expected="a group for each score", got=f"{groups.shape} and {reference_groups.shape}")
    p_values = np.ones(scores.size)
    for group in np.unique(groups):
        mine = groups == group
        p_values[mine] = _share_above(reference[reference_groups == group], scores[mine])
    return p_values


def _share_above(reference: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    above = reference.size - np.searchsorted(np.sort(reference), scores, side="left")
    return np.asarray((1 + above) / (1 + reference.size))
