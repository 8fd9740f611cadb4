"""Branch and bound for the distance itself: the nearest row that is beaten, with a lower bound at any time.

Each part of the ball around a row has a lower bound of the distance, and the parts with the smallest are looked at
first, of all rows at once. At that distance the worst leaves of the trees either have a common point, which is then
the nearest of the part and is tried on the model itself; or they conflict, and the part is halved where most weight
is parted. So a radius is never decided twice, and no part is halved that is farther away than what is found in the
end.

Source: the bound is that of Chen et al. 2019, "Robustness verification of tree-based models", section 3; the order is
the best-first search of Devos, Meert, Davis 2021, "Versatile verification of tree ensembles", over boxes of cells in
place of leaf tuples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.contest import Contest
from hauberk.attack.evasion.field import Field
from hauberk.attack.evasion.judge import Judge
from hauberk.attack.evasion.leaves import MISSING
from hauberk.attack.evasion.tree_parts import (
    Critical,
    Heads,
    Parts,
    bound_parts,
    critical_leaves,
    halve,
    whole_balls,
)
from hauberk.attack.evasion.tree_patch import Patch, make_patch
from hauberk.attack.evasion.tree_waiting import Waiting

__all__ = ["Nearest", "search_nearest"]

_TOGETHER = 32
"""Parts that are halved at once: enough that numpy's overhead is small; more would be halved in vain."""
_WAITING = 1 << 23
"""Leaves of waiting parts above which the search goes deep instead of wide, to bound memory: 64 MiB."""
_EVEN = 1e-3
"""Worth of weight on one side only, against weight on both."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nearest:
    """What was found of n rows.

    Attributes:
        found: (n,) bool, `rows` holds a row within reach and limit that beats the model.
        rows: (n, d) float64, the original row where nothing was found.
        lower: (n,) float64, no row nearer than this loses the contest.
        left: (n,) bool, whether the budget ended the search.
    """

    found: NDArray[np.bool_]
    rows: NDArray[np.float64]
    lower: NDArray[np.float64]
    left: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Hunt:
    """What the search is about and how far it is; the last five are changed in place.

    Attributes:
        labels: (n,) class codes.
        gap: Share of the distance found that may stay open.
        rows, found: As in `Nearest`.
        best: (n,) int32, the rank of what was found, or the first beyond the limit.
        limit: (n,) int32, what is not below this rank is near enough to the best, or beyond the limit.
        stuck: (n,) int32, the least rank of a part that cannot be decided.
    """

    labels: NDArray[np.int64]
    field: Field
    judge: Judge
    patch: Patch
    gap: float
    rows: NDArray[np.float64]
    found: NDArray[np.bool_]
    best: NDArray[np.int32]
    limit: NDArray[np.int32]
    stuck: NDArray[np.int32]

    def note(self, row: NDArray[np.intp], rank: NDArray[np.int32], changed: NDArray[np.float64]) -> None:
        """Keep what is nearer than what was known."""
        order = np.argsort(-rank, kind="stable")  # of the same row, the nearest is written last
        row, rank, changed = row[order], rank[order], changed[order]
        nearer = rank < self.best[row]
        row, rank = row[nearer], rank[nearer]
        self.rows[row], self.found[row], self.best[row] = changed[nearer], True, rank
        for one in np.unique(row):
            radius = self.patch.radius[one]
            self.limit[one] = np.searchsorted(radius, (1 - self.gap) * radius[self.best[one]])


def search_nearest(
    contests: Sequence[Contest],
    which: NDArray[np.intp],
    field: Field,
    distances: Sequence[NDArray[np.float64]],
    judge: Judge,
    *,
    limit: NDArray[np.float64],
    budget: int,
    gap: float,
) -> Nearest:
    """The nearest rows that are beaten in Linf, of those within their limits.

    Args:
        contests: Labels against rivals, over the same leaves.
        which: (n,) the contest of each row.
        field: The rows with their reach, which `fits_patch`.
        distances: For each axis (n, K), no row that is cast into the cell is nearer.
        judge: Says of rows whether they are within reach and beat the model.
        limit: (n,) float64, only what is nearer is looked for.
        budget: Largest number of parts for one row, about.
        gap: Share of the distance found within which nothing nearer is looked for.
    """
    patch = make_patch(contests, which, field, distances, limit)
    count = len(field.rows)
    hunt = _Hunt(
        labels=np.array([contest.label for contest in contests])[which],
        field=field,
        judge=judge,
        patch=patch,
        gap=gap,
        rows=field.rows.copy(),
        found=np.zeros(count, dtype=np.bool_),
        best=patch.beyond.copy(),
        limit=patch.beyond.copy(),
        stuck=patch.beyond.copy(),
    )
    spent = np.ones(count, dtype=np.intp)
    waiting = Waiting(_look(hunt, whole_balls(patch)))
    while True:
        waiting.keep(waiting.heads.lower < hunt.limit[waiting.heads.row])
        chosen = _choose(waiting, spent < budget)
        if not chosen.any():
            break
        spent += 2 * np.bincount(waiting.heads.row[chosen], minlength=count)
        waiting.add(_look(hunt, halve(patch, waiting.take(chosen), hunt.limit)))
    rank, left = np.minimum(hunt.limit, hunt.stuck), np.zeros(count, dtype=np.bool_)
    np.minimum.at(rank, waiting.heads.row, waiting.heads.lower)
    left[waiting.heads.row] = True
    lower = np.minimum(patch.radius[np.arange(count), rank], limit)
    return Nearest(found=hunt.found, rows=hunt.rows, lower=lower, left=left)


def _choose(waiting: Waiting, may: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(B,) the parts to halve next: of each row that may, the nearest; the newest where too many wait."""
    heads = waiting.heads
    open_rows = int(np.count_nonzero(np.bincount(heads.row, minlength=len(may)) * may))
    first = heads.lower if waiting.leaves < _WAITING else -np.arange(len(heads.row))
    order = np.lexsort((first, heads.row))
    row = heads.row[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    chosen = np.zeros(len(row), dtype=np.bool_)
    chosen[order] = (place < max(1, _TOGETHER // max(1, open_rows))) & may[row]
    return chosen


def _look(hunt: _Hunt, parts: Parts) -> Parts:
    """Bound the parts, try the points that worst leaves agree on, and say where to halve the rest."""
    parts = bound_parts(hunt.patch, parts, hunt.limit)
    critical = critical_leaves(hunt.patch, parts)
    low, high = _common(parts.heads, critical)
    agreed = np.logical_and.reduce(low <= high, axis=1)
    over = _try(hunt, parts.heads, low, high, np.flatnonzero(agreed))
    left = ~over & (parts.heads.lower < hunt.limit[parts.heads.row])
    axis, cut = _cuts(hunt.patch, parts.heads, critical, (low > high) | agreed[:, None], left)
    return replace(parts, heads=replace(parts.heads, axis=axis, cut=cut)).at(left)


def _common(heads: Heads, critical: Critical) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """(B, A) the first and last cell that all critical leaves of a part hold; the first is larger where none is."""
    low, high = heads.low.copy(), heads.high.copy()
    start = np.flatnonzero(np.diff(critical.part, prepend=-1))
    if len(start):
        part = critical.part[start]
        low[part] = np.maximum.reduceat(critical.first, start, axis=1).T
        high[part] = np.minimum.reduceat(critical.last, start, axis=1).T
    return low, high


def _try(
    hunt: _Hunt, heads: Heads, low: NDArray[np.int32], high: NDArray[np.int32], at: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """(B,) which of the parts are over with, after the nearest of the common points of the parts `at` was tried."""
    over = np.zeros(len(heads.row), dtype=np.bool_)
    if not len(at):
        return over
    row = heads.row[at]
    cells = np.minimum(np.maximum(hunt.patch.own[row], low[at]), high[at])
    rows = _rows_in_cells(hunt, row, cells)
    beaten = hunt.judge.outcome(rows, hunt.labels[row])
    beaten[beaten] = hunt.judge.valid(hunt.field, row[beaten], rows[beaten])
    hunt.note(row[beaten], heads.lower[at[beaten]], rows[beaten])
    # Where no tree is undecided, all rows of the part get the same answer; else a bound within the slack of rounding
    # may hide one that is beaten, away from the common point.
    constant = heads.count[at] == 0
    over[at] = beaten | constant
    unsure = constant & ~beaten & (not hunt.judge.one_output)
    np.minimum.at(hunt.stuck, row[unsure], heads.lower[at[unsure]])
    return over


def _rows_in_cells(hunt: _Hunt, row: NDArray[np.intp], cells: NDArray[np.int32]) -> NDArray[np.float64]:
    """(m, d) the rows after going to these kept cells, (m, A)."""
    rows, patch = hunt.field.rows[row], hunt.patch
    for number in np.flatnonzero((cells != patch.own[row]).any(axis=0)):
        axis = hunt.field.axes[number]
        there = patch.cell[row, patch.begin[number] + cells[:, number]]
        has = axis.own[row] != MISSING
        rows[has, axis.columns[0]] = axis.points[row[has], there[has], 0]
    return rows


def _cuts(
    patch: Patch, heads: Heads, critical: Critical, open_axes: NDArray[np.bool_], left: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(B,) the axis and the first cell of the upper half, for parts that are `left`; of open axes, (B, A), only.

    The least weight of both sides is made largest, so that both halves lose critical leaves. Where leaves agree, what
    one half loses counts.
    """
    chosen = np.flatnonzero(left)
    axis, cut = np.zeros((2, len(left)), dtype=np.intp)
    if not len(chosen):
        return axis, cut
    number = np.full(len(left), -1)
    number[chosen] = np.arange(len(chosen))
    held = open_axes[critical.part].T & left[critical.part]
    ends = np.nonzero(held & (critical.last < heads.high[critical.part].T))
    begins = np.nonzero(held & (critical.first > heads.low[critical.part].T))
    # Sides of critical leaves: which part, the first cell of the upper half, the weight.
    part = [number[critical.part[at]] for _, at in (ends, begins)]
    place = [patch.begin[ends[0]] + critical.last[ends] + 1, patch.begin[begins[0]] + critical.first[begins]]
    weight = [critical.weight[at] for _, at in (ends, begins)]
    width = int(patch.begin[-1])
    below, above = (
        np.asarray(np.bincount(one * width + cell, heavy, len(chosen) * width), dtype=np.float64).reshape(-1, width)
        for one, cell, heavy in zip(part, place, weight, strict=True)
    )
    lost_above, lost_below = _sums_before(below, patch.begin), _sums_before(above[:, ::-1], width - patch.begin[::-1])
    one, cell = np.concatenate(part), np.concatenate(place)
    above_cell, below_cell = lost_above[one, cell], lost_below[one, width - 1 - cell]
    score = np.minimum(above_cell, below_cell) + _EVEN * (above_cell + below_cell)
    best = np.zeros(len(chosen))
    np.maximum.at(best, one, score)
    top = score == best[one]
    one, cell = one[top], cell[top]
    axis[chosen[one]] = np.searchsorted(patch.begin, cell, side="right") - 1
    cut[chosen[one]] = cell - patch.begin[axis[chosen[one]]]
    return axis, cut


def _sums_before(weight: NDArray[np.float64], begin: NDArray[np.intp]) -> NDArray[np.float64]:
    """(m, C) what the weights of the cells of an axis add up to, up to each of them; axes begin at `begin`."""
    sums = weight.cumsum(axis=1)
    before = np.concatenate([np.zeros((len(sums), 1)), sums], axis=1)[:, begin[:-1]]
    return np.asarray(sums - np.repeat(before, np.diff(begin), axis=1))
