"""The strongest that is known about rows under a reach, when the model shows its trees."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.effort import STANDARD, Effort
from hauberk.attack.evasion.samples import Adversarial, cost_of
from hauberk.attack.evasion.tree_certify import certify_trees
from hauberk.attack.evasion.tree_descent import descend_trees
from hauberk.core.progress import Progress, silent
from hauberk.data import Reach
from hauberk.models import TreeEnsemble

__all__ = ["TreeVerdict", "attack_trees"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TreeVerdict:
    """What was found and what was proved about n rows; where neither holds, the row stays open.

    Attributes:
        adversarial: What the attacks made of the rows.
        certified: (n,) bool, no attack can succeed.
    """

    adversarial: Adversarial
    certified: NDArray[np.bool_]


def attack_trees(
    ensemble: TreeEnsemble,
    rows: NDArray[np.float64],
    labels: NDArray[np.int64],
    reach: Reach,
    *,
    goal: int | None = None,
    effort: Effort = STANDARD,
    seed: int = 0,
    progress: Progress = silent,
) -> TreeVerdict:
    """Attack and certify rows (n, d) with labels (n,) within their reach.

    A descent beats most rows that can be beaten at all, a certificate or branch and bound decides most others, and
    pairs and fresh starts are for what then is still open. Rows that one method decides are spared the others.

    Raises:
        WrongSamples, NotAttackable, BadTarget: See `verify_samples`.
    """
    single = replace(effort, pairs=0, restarts=0)
    attack = descend_trees(
        ensemble, rows, labels, reach, goal=goal, effort=single, seed=seed, progress=_part(progress, 0.0)
    )
    certified = np.zeros(len(rows), dtype=np.bool_)
    index = np.flatnonzero(~attack.success)
    if len(index):
        proof = certify_trees(
            ensemble,
            rows[index],
            labels[index],
            reach.rows(index),
            goal=goal,
            effort=effort,
            progress=_part(progress, 0.5),
        )
        certified[index] = proof.certified
        attack = _put(attack, index, proof.rows, proof.found, proof.queries)
    index = np.flatnonzero(~attack.success & ~certified)
    if len(index) and (effort.pairs or effort.restarts):
        again = descend_trees(
            ensemble, rows[index], labels[index], reach.rows(index), goal=goal, effort=effort, seed=seed
        )
        attack = _put(attack, index, again.rows, again.success, again.queries)
    return TreeVerdict(adversarial=replace(attack, cost=cost_of(reach, rows, attack.rows)), certified=certified)


def _part(progress: Progress, before: float) -> Progress:
    """One half of the work, as part of the whole."""

    def tell(done: float, total: float, what: str = "") -> None:
        progress(before + done / max(total, 1.0) / 2, 1.0, what)

    return tell


def _put(
    attack: Adversarial,
    index: NDArray[np.intp],
    rows: NDArray[np.float64],
    success: NDArray[np.bool_],
    queries: NDArray[np.intp],
) -> Adversarial:
    changed, beaten, asked = attack.rows.copy(), attack.success.copy(), attack.queries.copy()
    changed[index], beaten[index] = rows, success
    asked[index] += queries
    return Adversarial(rows=changed, success=beaten, cost=attack.cost, queries=asked)
