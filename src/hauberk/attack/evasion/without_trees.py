"""Attack on models that show no trees: by gradients where there are any, and by asking on the rows that then stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.effort import STANDARD, Effort
from hauberk.attack.evasion.query_search import search_queries
from hauberk.attack.evasion.samples import Adversarial
from hauberk.core.progress import Progress, silent
from hauberk.data import Reach
from hauberk.models import Model, NetworkModel

__all__ = ["Cascade", "attack_without_trees", "method_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cascade:
    """What one attack after the other made of n rows.

    Attributes:
        adversarial: The first success of each row; the queries of all attacks together.
        asked: (n,) intp, of these, the queries of the search that only asks.
    """

    adversarial: Adversarial
    asked: NDArray[np.intp]


def method_of(model: Model) -> str:
    """`gradients+queries` or `queries`: which attacks `attack_without_trees` makes of the model."""
    return "gradients+queries" if isinstance(model, NetworkModel) else "queries"


def attack_without_trees(
    model: Model,
    rows: NDArray[np.float64],
    labels: NDArray[np.int64],
    reach: Reach,
    *,
    goal: int | None = None,
    effort: Effort = STANDARD,
    seed: int = 0,
    progress: Progress = silent,
) -> Cascade:
    """Attack rows (n, d) with labels (n,) within their reach; on a network no row stands that asking alone beats.

    Args:
        model: A classifier; a network is attacked by its gradients too.
        rows: Encoded rows.
        labels: Class codes.
        reach: Resolved for these rows.
        goal: The class that the adversary wants for rows of other classes; None: any wrong class.
        effort: Of each attack.
        seed: Of all random choices.
        progress: Told how far each attack is.

    Raises:
        WrongSamples, NotAttackable, BadTarget: See `verify_samples`.
        WrongRows: A missing value, and the model is a network.
    """
    if not isinstance(model, NetworkModel):
        found = search_queries(model, rows, labels, reach, effort=effort, progress=progress, goal=goal, seed=seed)
        return Cascade(adversarial=found, asked=found.queries)
    # Loads torch, which is there because the model is a network.
    from hauberk.attack.evasion.torch_constrained import attack_constrained

    first = attack_constrained(model, rows, labels, reach, effort=effort, progress=progress, goal=goal, seed=seed)
    asked, left = np.zeros(len(rows), dtype=np.intp), np.flatnonzero(~first.success)
    if not len(left):
        return Cascade(adversarial=first, asked=asked)
    second = search_queries(
        model, rows[left], labels[left], reach.rows(left), effort=effort, progress=progress, goal=goal, seed=seed
    )
    made, success, cost = first.rows.copy(), first.success.copy(), first.cost.copy()
    made[left], success[left], cost[left], asked[left] = second.rows, second.success, second.cost, second.queries
    both = Adversarial(rows=made, success=success, cost=cost, queries=first.queries + asked)
    return Cascade(adversarial=both, asked=asked)
