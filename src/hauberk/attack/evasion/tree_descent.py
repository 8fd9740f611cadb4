"""Attack on tree ensembles: steepest descent over the cells of every axis, then pairs of moves, then fresh starts.

Source: the neighbourhood of a leaf tuple in Zhang, Zhang, Hsieh 2020, "An efficient adversarial attack for tree
ensembles"; here all neighbours along an axis are compared exactly instead of sampled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.contest import Contest, contests
from hauberk.attack.evasion.effort import QUICK, Effort
from hauberk.attack.evasion.field import Field, batches, make_field
from hauberk.attack.evasion.judge import Judge, make_judge
from hauberk.attack.evasion.samples import Adversarial, classes_of, cost_of, verify_samples
from hauberk.attack.evasion.tree_moves import (
    Moves,
    Position,
    allowed_cells,
    apply_moves,
    best_moves,
    gains_of_moves,
    start_position,
)
from hauberk.attack.evasion.trim import trim_rows
from hauberk.core.progress import Progress, silent
from hauberk.data import Reach
from hauberk.models import TreeEnsemble

__all__ = ["descend_field", "descend_trees"]

_WORTH = 1e-6
"""A smaller gain is rounding of the float32 ranking, not progress."""
_PARTNERS = 6
"""First moves that a pair may begin with, the least harmful of different axes."""


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
) -> Adversarial:
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
    verify_samples(rows, labels, reach, width=ensemble.width, classes=classes_of(ensemble), goal=goal)
    judge = make_judge(ensemble, goal)
    changed, queries = rows.copy(), np.ones(len(rows), dtype=np.intp)
    success, done = judge.outcome(rows, labels), 0
    for number, contest in enumerate(contests(ensemble, labels, goal=goal)):
        open_rows = np.flatnonzero((labels == contest.label) & ~success)
        for index in batches(contest.boxes, reach.mutable, open_rows):
            field = make_field(contest.boxes, rows[index], reach.rows(index))
            rng = np.random.default_rng([seed, number, int(index[0])])
            found = descend_field(contest, field, judge, effort=effort, rng=rng)
            success[index], changed[index] = found.success, found.rows
            queries[index] += found.queries
            done += len(index)
            progress(done, max(done, len(rows)), "descending")
    return Adversarial(rows=changed, success=success, cost=cost_of(reach, rows, changed), queries=queries)


def descend_field(
    contest: Contest, field: Field, judge: Judge, *, effort: Effort, rng: np.random.Generator, trim: bool = True
) -> Adversarial:
    """Attack the rows of one field, all of the contest's label and none of them beaten yet.

    With `trim`, moves that a row succeeds without are taken back.
    """
    hunt = _Hunt(contest=contest, field=field, judge=judge, queries=np.zeros(len(field.rows), dtype=np.intp))
    everyone = np.arange(len(field.rows))
    position, beaten = _descend(hunt, everyone, start_position(field), effort.sweeps)
    for _ in range(effort.pairs):
        left = np.flatnonzero(~beaten)
        better, moved = _pair(hunt, left, position.at(left))
        left = left[moved]
        if not len(left):
            break
        reached, won = _descend(hunt, left, better.at(moved), effort.sweeps)
        position, beaten[left] = position.put(left, reached), won
    for _ in range(effort.restarts):
        left = np.flatnonzero(~beaten)
        reached, won = _descend(hunt, left, _scatter(field.at(left), rng), effort.sweeps)
        position, beaten[left] = position.put(left[won], reached.at(won)), won
    if trim:
        rows, asked = trim_rows(contest, field, judge, position.rows, beaten)
        hunt.queries[:] += asked
    else:
        rows = position.rows
    success = beaten.copy()
    success[beaten] = judge.valid(field, np.flatnonzero(beaten), rows[beaten])
    rows = np.where(success[:, None], rows, field.rows)
    cost = cost_of(field.reach, field.rows, rows)
    return Adversarial(rows=rows, success=success, cost=cost, queries=hunt.queries)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Hunt:
    """What stays the same during an attack, and the count of queries, which grows."""

    contest: Contest
    field: Field
    judge: Judge
    queries: NDArray[np.intp]

    def beaten(self, index: NDArray[np.intp], rows: NDArray[np.float64]) -> NDArray[np.bool_]:
        self.queries[index] += 1
        return self.judge.beaten(rows, self.contest.label)


def _descend(
    hunt: _Hunt, index: NDArray[np.intp], position: Position, sweeps: int
) -> tuple[Position, NDArray[np.bool_]]:
    """Where the best moves lead the rows `index`, and which of them are beaten there."""
    beaten = hunt.beaten(index, position.rows)
    live = np.flatnonzero(~beaten)
    for _ in range(sweeps):
        if not len(live):
            break
        field, here = hunt.field.at(index[live]), position.at(live)
        moves = best_moves(hunt.contest, field, here)
        go = moves.gain > _WORTH
        there = apply_moves(field, here, moves).at(go)
        live = live[go]
        position = position.put(live, there)
        beaten[live] = hunt.beaten(index[live], there.rows)
        live = live[~beaten[live]]
    return position, beaten


def _pair(hunt: _Hunt, index: NDArray[np.intp], position: Position) -> tuple[Position, NDArray[np.bool_]]:
    """The best pair of moves of rows that no single move helps, and for which rows it lowers the margin."""
    count, field = len(index), hunt.field.at(index)
    firsts = [(gains.argmax(axis=0), gains.max(axis=0)) for _, gains in gains_of_moves(hunt.contest, field, position)]
    if not firsts or not count:
        return position, np.zeros(count, dtype=np.bool_)
    cells, gains = np.stack([cell for cell, _ in firsts]), np.stack([gain for _, gain in firsts])
    width = min(_PARTNERS, len(firsts))
    axes = np.argsort(-gains, axis=0, kind="stable")[:width].T.ravel()
    copies = np.repeat(np.arange(count), width)
    first = Moves(axis=axes, cell=cells[axes, copies], gain=gains[axes, copies])
    field, middle = field.at(copies), position.at(copies)
    middle = apply_moves(field, middle, first)
    second = best_moves(hunt.contest, field, middle)
    total = (first.gain + second.gain).reshape(count, width)
    chosen = np.arange(count) * width + total.argmax(axis=1)
    return apply_moves(field, middle, second).at(chosen), total.max(axis=1) > _WORTH


def _scatter(field: Field, rng: np.random.Generator) -> Position:
    """A random point within reach of each row: each axis moves with probability one half."""
    position = start_position(field)
    for number, axis in enumerate(field.axes):
        allowed = allowed_cells(field, axis, position, number)
        draw = np.where(allowed, rng.random(allowed.shape), -1.0)
        moving = allowed.any(axis=1) & (rng.random(len(draw)) < 0.5)
        moves = Moves(
            axis=np.full(len(draw), number),
            cell=draw.argmax(axis=1),
            gain=np.where(moving, 0.0, -np.inf).astype(np.float32),
        )
        position = apply_moves(field, position, moves)
    return position
