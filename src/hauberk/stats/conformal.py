"""How extreme a score is among scores that are known to be ordinary."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.stats.errors import BadSample

__all__ = ["conformal_null_share", "conformal_p_values"]


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


def conformal_null_share(p_values: NDArray[np.float64], reference_sizes: NDArray[np.integer]) -> float:
    """An estimate, rather too high, of the share of scores that are like their references; above 0, and 1 or more too.

    Law: Benjamini-Hochberg on the p-values with this as `true_share` keeps its bound, also with groups. Take an
    ordinary score i. Its rank among itself and its m references is uniform, the other p-values fall with its own, and
    so does the estimate; so the bound holds if the estimate at the smallest p-value of i is above n0 / n in the
    harmonic mean, n0 the number of ordinary scores. There each other ordinary score counts with a probability b given
    the references, where E[1 / b] is at most (m + 1) / floor((m + 1) / 2): b is the order statistic of rank
    ceil((m + 1) / 2) from above of m + 1 uniform values for the group of i, of rank one less of m values for others.
    1 / (1 + X) is convex, so a sum X of Bernoulli variables is worst where all have the mean probability (Hoeffding
    1956), where E[1 / (1 + X)] is below 1 / (n0 b); Jensen's inequality takes the mean over the groups.

    Args:
        p_values: (n,) from `conformal_p_values`.
        reference_sizes: (g,) number of references of each group.

    Source: Storey, Taylor, Siegmund 2004, "Strong control, conservative point estimation and simultaneous conservative
    consistency of false discovery rates" (JRSS B 66); for conformal p-values Marandon et al. 2024, "Adaptive novelty
    detection with false discovery rate guarantee" (Annals of Statistics 52), section 3.
    """
    ranks = reference_sizes[reference_sizes > 0] + 1
    upper_half = float((ranks // 2 / ranks).min()) if ranks.size else 1.0
    return float((1 + (p_values >= 0.5).sum()) / (upper_half * max(1, p_values.size)))


def _share_above(reference: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    above = reference.size - np.searchsorted(np.sort(reference), scores, side="left")
    return np.asarray((1 + above) / (1 + reference.size))
