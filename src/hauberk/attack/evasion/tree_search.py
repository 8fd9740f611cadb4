"""Branch and bound: decides exactly what the leaf-box bound leaves open, as far as its budget goes.

A region whose bound is above the slack is safe. Otherwise the worst leaves of its trees either agree on a cell of
each axis, and then the row there has exactly the bound's margin and is tried on the model itself; or they conflict,
and the region is cut along the axis with the heaviest conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.contest import Contest
from hauberk.attack.evasion.field import Field
from hauberk.attack.evasion.judge import Judge
from hauberk.attack.evasion.leaves import MISSING
from hauberk.attack.evasion.presence import Bits
from hauberk.attack.evasion.tree_bounds import Favour, bound_regions, favour_cells, worst_of_trees
from hauberk.attack.evasion.tree_cuts import cut_at_cells, cut_conflicts
from hauberk.attack.evasion.tree_regions import Atlas, Regions, divide, first_regions, join, make_atlas

__all__ = ["Search", "search_regions"]

_LEAVES = 400_000
"""Leaves of all regions looked at together: enough that numpy's overhead is small, few enough for the cache."""
_AGREED = 1e-9
"""Conflict, in units of the margin, below which worst leaves agree; the model itself judges the row."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """What was decided of n rows; the rest of them stays open.

    Attributes:
        safe: (n,) bool, no row within reach has a margin below the slack.
        found: (n,) bool, `rows` holds a row within reach that beats the model.
        rows: (n, d) float64, the original row where nothing was found.
        regions: (n,) intp, how many regions were looked at.
        tried: (n,) intp, how many rows were tried on the model.
    """

    safe: NDArray[np.bool_]
    found: NDArray[np.bool_]
    rows: NDArray[np.float64]
    regions: NDArray[np.intp]
    tried: NDArray[np.intp]


def search_regions(contest: Contest, field: Field, alive: Bits, judge: Judge, *, budget: int) -> Search:
    """Search the region of each row, through at most about `budget` parts of it.

    Args:
        contest: Label against rival.
        field: The rows with their reach.
        alive: (L, n / 8) the leaves that touch each region, of `reached_leaves`.
        judge: Says of rows whether they are within reach and beat the model.
        budget: Largest number of parts for one row.
    """
    atlas, count = make_atlas(contest, field), len(field.rows)
    state = Search(
        safe=np.ones(count, dtype=np.bool_),
        found=np.zeros(count, dtype=np.bool_),
        rows=field.rows.copy(),
        regions=np.zeros(count, dtype=np.intp),
        tried=np.zeros(count, dtype=np.intp),
    )
    waiting = [first_regions(atlas, contest, field, alive)]
    while waiting:
        regions = _take(waiting)
        regions = regions.at(~state.found[regions.row])
        state.regions[:] += np.bincount(regions.row, minlength=count)
        spent = (state.regions > budget)[regions.row]
        state.safe[regions.row[spent]] = False
        parts = _look(atlas, contest, field, regions.at(~spent), judge, state)
        waiting += [parts] if parts is not None else []
    state.safe[state.found] = False
    return state


def _take(waiting: list[Regions]) -> Regions:
    """The newest regions, as many as go together; what was cut last is looked at first, so few wait."""
    parts = [waiting.pop()]
    while waiting and sum(len(part.leaf) for part in parts) + len(waiting[-1].leaf) <= _LEAVES:
        parts.append(waiting.pop())
    regions = join(parts)
    fits = np.cumsum(regions.count) <= _LEAVES
    fits[:1] = True
    if not fits.all():
        waiting.append(regions.at(~fits))
    return regions.at(fits)


def _look(
    atlas: Atlas, contest: Contest, field: Field, regions: Regions, judge: Judge, state: Search
) -> Regions | None:
    """Bound the regions, try the rows on which worst leaves agree, and cut the rest."""
    regions, bound = bound_regions(atlas, regions)
    regions = regions.at(bound <= contest.slack)
    if not len(regions.row):
        return None
    worst = worst_of_trees(atlas, regions)
    favours = [favour_cells(atlas, field, regions, worst, number) for number in range(len(field.axes))]
    live = ~_unreachable(field, regions, favours)
    agreed = np.ones(len(live), dtype=np.bool_)
    for favour in favours:
        agreed &= favour.conflict <= _AGREED
    again, cells = _try(field, regions, favours, np.flatnonzero(live & agreed), judge, contest.label, state)
    parts = []
    clash = np.flatnonzero(live & ~agreed & ~state.found[regions.row])
    if len(clash):
        parts.append(divide(atlas, regions, cut_conflicts(atlas, regions, worst, favours, clash)))
    if len(again):
        parts.append(divide(atlas, regions, cut_at_cells(atlas, regions, favours, again, cells)))
    return join(parts) if parts else None


def _unreachable(field: Field, regions: Regions, favours: Sequence[Favour]) -> NDArray[np.bool_]:
    """(B,) whether no row can be there: an axis without a cell, or a toll over its limit."""
    gone = np.zeros(len(regions.row), dtype=np.bool_)
    for favour in favours:
        gone |= favour.empty
    for toll in field.tolls:
        total = np.zeros(len(regions.row))
        for least, axis, favour in zip(toll.least, field.axes, favours, strict=True):
            cheapest = np.where(favour.offered, least[regions.row], np.inf).min(axis=1)
            total += np.where(axis.own[regions.row] == MISSING, 0.0, cheapest)
        gone |= total > toll.limit[regions.row]
    return gone


def _try(
    field: Field,
    regions: Regions,
    favours: Sequence[Favour],
    at: NDArray[np.intp],
    judge: Judge,
    label: int,
    state: Search,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Try the row of the favoured cells of the regions `at`.

    Returns:
        The regions to be cut further, because that row is not valid and others are left there; and (B, A) the cells.
    """
    cells = np.zeros((len(regions.row), len(field.axes)), dtype=np.intp)
    owner = regions.row[at]
    rows = field.rows[owner]
    for number, (axis, favour) in enumerate(zip(field.axes, favours, strict=True)):
        best = favour.weight[at] >= favour.weight[at].max(axis=1, keepdims=True) - _AGREED
        # Of the cells that all agree on the cheapest; a hole that is not offered never is.
        price = np.where(best & favour.offered[at], axis.cost[owner], np.inf)
        cells[at, number] = price.argmin(axis=1)
        has = axis.own[owner] != MISSING
        rows[np.flatnonzero(has)[:, None], list(axis.columns)] = axis.points[owner[has], cells[at[has], number]]
    valid = judge.valid(field, owner, rows)
    beaten = np.zeros(len(at), dtype=np.bool_)
    beaten[valid] = judge.beaten(rows[valid], label)
    state.tried[:] += np.bincount(owner[valid], minlength=len(state.tried))
    state.found[owner[beaten]] = True
    state.rows[owner[beaten]] = rows[beaten]
    several = np.zeros(len(at), dtype=np.bool_)
    for favour in favours:
        several |= favour.offered[at].sum(axis=1) > 1
    state.safe[owner[~beaten & (valid | ~several)]] = False
    return at[~valid & several & ~state.found[owner]], cells
