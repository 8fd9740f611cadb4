"""Attack on tree ensembles: steepest descent over the cells of every axis, then pairs of moves, then fresh starts.

Source: the neighbourhood of a leaf tuple in Zhang, Zhang, Hsieh 2020, "An efficient adversarial attack for tree
ensembles"; here all neighbours along an axis are compared exactly instead of sampled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.contest import Contest, contests
from hauberk.attack.evasion.effort import QUICK, Effort
from hauberk.attack.evasion.field import Field, batches, make_field
from hauberk.attack.evasion.judge import Judge, make_judge
from hauberk.attack.evasion.leaves import MISSING
from hauberk.attack.evasion.samples import cost_of, verify_samples
from hauberk.attack.evasion.tree_moves import (
    Moves,
    Position,
    allowed_cells,
    apply_moves,
    best_moves,
    gains_of_moves,
    start_position,
)
from hauberk.core.progress import Progress, silent
from hauberk.data import Reach
from hauberk.models import Link, TreeEnsemble

__all__ = ["Attack", "descend_field", "descend_trees"]

_WORTH = 1e-6
"""A smaller gain is rounding of the float32 ranking, not progress."""
_PARTNERS = 6
"""First moves that a pair may begin with, the least harmful of different axes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attack:
    """What an attack made of n rows.

    Attributes:
        rows: (n, d) float64, each within reach; the row itself where the attack failed or had nothing to do.
        success: (n,) bool, the model's own answer is what the adversary wants.
        cost: (n,) float64, what the changes cost.
        queries: (n,) intp, how many rows were tried on the model.
    """

    rows: NDArray[np.float64]
    success: NDArray[np.bool_]
    cost: NDArray[np.float64]
    queries: NDArray[np.intp]


def descend_trees(
    ensemble: TreeEnsemble,
    rows: NDArray[np.float64],
    labels: NDArray[np.int64],
    reach: Reach,
    *,
    goal: int | None = None,
    effort: Effort = QUICK,
    seed: int = 0,
    progress: Progress = silent,
) -> Attack:
    """Attack rows (n, d) with labels (n,) within their reach.

    Args:
        ensemble: A classifier.
        rows: Encoded rows.
        labels: Class codes.
        reach: Resolved for these rows.
        goal: The class that the adversary wants for rows of other classes; None: any wrong class.
        effort: How hard to try; branch and bound is not part of this attack.
        seed: Of the random starting points.
        progress: Told the number of rows done.

    Raises:
        WrongSamples, NotAttackable, BadTarget: See `verify_samples`.
    """
    classes = {Link.LOGISTIC: 2, Link.IDENTITY: 1}.get(ensemble.link, len(ensemble.base))
    verify_samples(rows, labels, reach, width=ensemble.width, classes=classes, goal=goal)
    judge = make_judge(ensemble, goal)
    changed, queries = rows.copy(), np.ones(len(rows), dtype=np.intp)
    success = judge.outcome(rows, labels)
    for number, contest in enumerate(contests(ensemble, labels, goal=goal)):
        open_rows = np.flatnonzero((labels == contest.label) & ~success)
        for index in batches(contest.boxes, reach, open_rows):
            field = make_field(contest.boxes, rows[index], reach.rows(index))
            rng = np.random.default_rng([seed, number, int(index[0])])
            found = descend_field(contest, field, judge, effort=effort, rng=rng)
            success[index], changed[index] = found.success, found.rows
            queries[index] += found.queries
            progress(float(success.sum()), float(len(rows)), "descending")
    return Attack(rows=changed, success=success, cost=cost_of(reach, rows, changed), queries=queries)


def descend_field(
    contest: Contest, field: Field, judge: Judge, *, effort: Effort, rng: np.random.Generator
) -> Attack:
    """Attack the rows of one field, all of the contest's label and none of them beaten yet."""
    trail = _Trail(field=field, judge=judge, contest=contest, queries=np.zeros(len(field.rows), dtype=np.intp))
    position, beaten = trail.descend(start_position(field), effort.sweeps)
    for _ in range(effort.pairs):
        position, beaten, moved = _pair(trail, position, beaten, effort.sweeps)
        if not moved:
            break
    for _ in range(effort.restarts):
        position, beaten = _restart(trail, position, beaten, effort.sweeps, rng)
    rows = _trim(trail, position, beaten)
    return Attack(rows=rows, success=beaten, cost=position.spent, queries=trail.queries)
