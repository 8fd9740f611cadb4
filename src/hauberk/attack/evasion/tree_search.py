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

from hauberk.attack.evasion.axes import cell_ends
from hauberk.attack.evasion.contest import Contest
from hauberk.attack.evasion.field import Field
from hauberk.attack.evasion.judge import Judge
from hauberk.attack.evasion.leaves import MISSING
from hauberk.attack.evasion.presence import Bits
from hauberk.attack.evasion.settle import settle_row
from hauberk.attack.evasion.tree_bounds import AGREED, Favour, bound_regions, favour_cells, worst_of_trees
from hauberk.attack.evasion.tree_cuts import cut_at_cells, cut_conflicts
from hauberk.attack.evasion.tree_regions import Atlas, Regions, divide, first_regions, join, make_atlas

__all__ = ["Search", "search_regions"]

_LEAVES = 400_000
"""Leaves of all regions looked at together: enough that numpy's overhead is small, few enough for the cache."""
_PROGRAMS = 16
"""Most programs that are solved for one row, to make its numbers obey relations."""


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Quest:
    """What the search is about and how far it is.

    Attributes:
        settled: (n,) intp, how many programs were solved to make a row obey its relations.
    """

    atlas: Atlas
    contest: Contest
    field: Field
    judge: Judge
    state: Search
    settled: NDArray[np.intp]


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
    nothing = np.zeros(count, dtype=np.intp)
    quest = _Quest(atlas=atlas, contest=contest, field=field, judge=judge, state=state, settled=nothing)
    waiting = [first_regions(atlas, contest, field, alive)]
    while waiting:
        regions = _take(waiting)
        regions = regions.at(~state.found[regions.row])
        state.regions[:] += np.bincount(regions.row, minlength=count)
        spent = (state.regions > budget)[regions.row]
        state.safe[regions.row[spent]] = False
        parts = _look(quest, regions.at(~spent))
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


def _look(quest: _Quest, regions: Regions) -> Regions | None:
    """Bound the regions, try the rows on which worst leaves agree, and cut the rest."""
    atlas, field = quest.atlas, quest.field
    regions, bound = bound_regions(atlas, regions)
    regions = regions.at(bound <= quest.contest.slack)
    if not len(regions.row):
        return None
    worst = worst_of_trees(atlas, regions)
    favours = favour_cells(atlas, regions, worst)
    live = ~_unreachable(field, regions, favours)
    agreed = np.ones(len(live), dtype=np.bool_)
    for favour in favours:
        agreed &= favour.conflict <= AGREED
    cells = _agreed_cells(field, regions, favours)
    again = _try(quest, regions, favours, cells, np.flatnonzero(live & agreed))
    parts = []
    clash = np.flatnonzero(live & ~agreed & ~quest.state.found[regions.row])
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
            # An axis without a cell and a relation without a lower end add up to no number; the first says it is gone.
            with np.errstate(invalid="ignore"):
                total += np.where(axis.own[regions.row] == MISSING, 0.0, cheapest)
        gone |= total > toll.limit[regions.row]
    return gone


def _agreed_cells(field: Field, regions: Regions, favours: Sequence[Favour]) -> NDArray[np.intp]:
    """(B, A) on each axis the cheapest of the cells that most weight is on."""
    cells = np.zeros((len(regions.row), len(field.axes)), dtype=np.intp)
    for number, (axis, favour) in enumerate(zip(field.axes, favours, strict=True)):
        price = axis.cost if field.reach.within is None else axis.power
        price = np.where(favour.heavy, price[regions.row], np.inf)
        cells[:, number] = price.argmin(axis=1)
    return cells


def _try(
    quest: _Quest, regions: Regions, favours: Sequence[Favour], cells: NDArray[np.intp], at: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Try the rows in the agreed cells of the regions `at`; gives the regions that must be cut further.

    A region without undecided trees, or of one cell on each axis, gives the same answer everywhere, so with two classes
    the row decides all of it, also where the bound is within the slack.
    """
    field, judge, state = quest.field, quest.judge, quest.state
    owner = regions.row[at]
    rows = _rows_in_cells(field, owner, cells[at])
    # Without tolls each cell's point is within reach whatever the others are; what is found is checked all the same.
    valid = judge.valid(field, owner, rows) if field.tolls else np.ones(len(at), dtype=np.bool_)
    if field.reach.relations[1].size:
        _settle(quest, favours, cells, at, owner, rows, valid)
    beaten = np.zeros(len(at), dtype=np.bool_)
    beaten[valid] = judge.beaten(rows[valid], quest.contest.label)
    beaten[beaten] = judge.valid(field, owner[beaten], rows[beaten])
    state.tried[:] += np.bincount(owner[valid], minlength=len(state.tried))
    state.found[owner[beaten]] = True
    state.rows[owner[beaten]] = rows[beaten]
    several = np.zeros(len(at), dtype=np.bool_)
    for favour in favours:
        several |= favour.conflict[at] >= 0
    constant = valid & (((regions.count[at] == 0) & (judge.one_output | (not judge.two_classes))) | ~several)
    again = ~beaten & several & ~(constant & judge.one_rival)
    state.safe[owner[~beaten & ~again & ~(constant & judge.two_classes)]] = False
    return np.asarray(at[again & ~state.found[owner]])


def _rows_in_cells(field: Field, owner: NDArray[np.intp], cells: NDArray[np.intp]) -> NDArray[np.float64]:
    """(m, d) the rows `owner` after going to these cells, (m, A)."""
    rows = field.rows[owner]
    for number, axis in enumerate(field.axes):
        has = np.flatnonzero(axis.own[owner] != MISSING)
        rows[has[:, None], list(axis.columns)] = axis.points[owner[has], cells[has, number]]
    return rows


def _settle(
    quest: _Quest,
    favours: Sequence[Favour],
    cells: NDArray[np.intp],
    at: NDArray[np.intp],
    owner: NDArray[np.intp],
    rows: NDArray[np.float64],
    valid: NDArray[np.bool_],
) -> None:
    """Where the nearest points break a relation, move them inside the agreed cells until it holds, in place."""
    field = quest.field
    for place in np.flatnonzero(~valid):
        row = owner[place]
        if quest.settled[row] >= _PROGRAMS:
            continue
        quest.settled[row] += 1
        low, high = field.reach.low[row].copy(), field.reach.high[row].copy()
        for number, (axis, favour) in enumerate(zip(field.axes, favours, strict=True)):
            if axis.ordered and axis.own[row] != MISSING:
                heavy = _run_around(favour.heavy[at[place]], int(cells[at[place], number]))
                ends = cell_ends(quest.contest.boxes, axis, field.reach, int(row), heavy)
                low[axis.columns[0]], high[axis.columns[0]] = ends
        settled = settle_row(field, int(row), rows[place], low, high)
        if settled is not None:
            rows[place] = settled
            valid[place] = quest.judge.valid(field, owner[[place]], settled[None])[0]


def _run_around(held: NDArray[np.bool_], cell: int) -> tuple[int, int]:
    """First and last of the cells around one that are all held."""
    breaks = np.flatnonzero(~held)
    after = np.searchsorted(breaks, cell)
    first = int(breaks[after - 1]) + 1 if after else 0
    return first, (int(breaks[after]) if after < len(breaks) else len(held)) - 1
