"""Certificates of rows under a reach: the leaf-box bound first, branch and bound for what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.contest import Contest, contests
from hauberk.attack.evasion.effort import STANDARD, Effort
from hauberk.attack.evasion.field import Field, batches, make_field
from hauberk.attack.evasion.judge import Judge, make_judge
from hauberk.attack.evasion.samples import classes_of, verify_samples
from hauberk.attack.evasion.tree_certificate import level_zero, reached_leaves
from hauberk.attack.evasion.tree_search import search_regions
from hauberk.attack.evasion.trim import trim_rows
from hauberk.core.progress import Progress, silent
from hauberk.data import Reach
from hauberk.models import TreeEnsemble

__all__ = ["Certificate", "certify_trees"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Certificate:
    """What is certain about n rows; where neither holds, the row stays open.

    Attributes:
        certified: (n,) bool, the adversary cannot have what they want, whatever they do within reach.
        found: (n,) bool, they can: `rows` shows how.
        rows: (n, d) float64, each within reach; the row itself where nothing was found.
        bound: (n,) float64, the leaf-box bound: the margin over the closest wanted class cannot fall below it. In
            the units of the margin; infinite where the adversary wants nothing.
        queries: (n,) intp, how many rows were tried on the model.
    """

    certified: NDArray[np.bool_]
    found: NDArray[np.bool_]
    rows: NDArray[np.float64]
    bound: NDArray[np.float64]
    queries: NDArray[np.intp]


def certify_trees(
    ensemble: TreeEnsemble,
    rows: NDArray[np.float64],
    labels: NDArray[np.int64],
    reach: Reach,
    *,
    goal: int | None = None,
    effort: Effort = STANDARD,
    progress: Progress = silent,
) -> Certificate:
    """Certify rows (n, d) with labels (n,) within their reach.

    The certificate covers every row that `check_reach` accepts (in float64 where the ensemble compares in float64),
    and the rounding of the library's own sum: only a bound above `Contest.slack` counts.

    Args:
        ensemble: A classifier.
        rows: Encoded rows.
        labels: Class codes.
        reach: Resolved for these rows.
        goal: The class that the adversary wants for rows of other classes; None: any wrong class.
        effort: `regions` of it bounds branch and bound; at 0 only the leaf-box bound is used.
        progress: Told the number of rows done.

    Raises:
        WrongSamples, NotAttackable, BadTarget: See `verify_samples`.
    """
    verify_samples(rows, labels, reach, width=ensemble.width, classes=classes_of(ensemble), goal=goal)
    judge = make_judge(ensemble, goal)
    found = judge.outcome(rows, labels)
    state = Certificate(
        certified=~found,
        found=found,
        rows=rows.copy(),
        bound=np.full(len(rows), np.inf),
        queries=np.ones(len(rows), dtype=np.intp),
    )
    rivals = tuple(contests(ensemble, labels, goal=goal))
    proved = [np.zeros(len(rows), dtype=np.bool_) for _ in rivals]
    left = effort.total_regions
    for contest, safe in zip(rivals, proved, strict=True):
        _bound(contest, rows, reach, labels, state, safe)
    for step, budget in enumerate(_budgets(effort)):
        for contest, safe in zip(rivals, proved, strict=True):
            index = np.flatnonzero((labels == contest.label) & ~state.found & ~safe)
            for batch in batches(contest.boxes, reach.mutable, index):
                if left > 0:
                    field = make_field(contest.boxes, rows[batch], reach.rows(batch))
                    left -= _search(contest, field, judge, budget, state, safe, batch)
            progress(step + 1, len(_budgets(effort)), "certifying")
    for contest, safe in zip(rivals, proved, strict=True):
        state.certified[(labels == contest.label) & ~safe] = False
    scale = len(ensemble.roots) if ensemble.average else 1
    return replace(state, bound=state.bound / scale)


def _budgets(effort: Effort) -> tuple[int, ...]:
    """Rising budgets: most rows need few regions, and the hard ones must not use up what all have together."""
    return tuple(sorted({budget for budget in (effort.regions // 32, effort.regions) if budget}))


def _bound(
    contest: Contest,
    rows: NDArray[np.float64],
    reach: Reach,
    labels: NDArray[np.int64],
    state: Certificate,
    safe: NDArray[np.bool_],
) -> None:
    """Write into `safe` which rows the leaf-box bound proves."""
    for index in batches(contest.boxes, reach.mutable, np.flatnonzero((labels == contest.label) & ~state.found)):
        bound = level_zero(contest, make_field(contest.boxes, rows[index], reach.rows(index)))
        state.bound[index] = np.minimum(state.bound[index], bound)
        safe[index] = bound > contest.slack


def _search(
    contest: Contest,
    field: Field,
    judge: Judge,
    budget: int,
    state: Certificate,
    safe: NDArray[np.bool_],
    index: NDArray[np.intp],
) -> int:
    """Write into `safe` and `state` what branch and bound finds out about the rows `index`; gives its regions."""
    search = search_regions(contest, field, reached_leaves(contest, field), judge, budget=budget)
    changed, asked = trim_rows(contest, field, judge, search.rows, search.found)
    safe[index] = search.safe
    state.found[index], state.rows[index] = search.found, changed
    state.queries[index] += search.tried + asked
    return int(search.regions.sum())
