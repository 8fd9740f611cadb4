"""Rows that an adversary cannot make, moved to rows near them that they can: what attacks on tables share.

What is chosen (a category, the column of a one-hot group) is settled first; the numbers then take the nearest point
of what is left: their intervals, the rest of the budget, and the relations. In units of `span`, with displacement u
from the row, that is a convex set which holds u = 0, because doing nothing is always within reach.

Source: repair inside of the loop as in Simonetto et al. 2024, "Constrained adaptive attack", section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.knobs import KnobKind, make_knobs
from hauberk.attack.evasion.polytope import Limit, project_box
from hauberk.data import Reach, check_reach

__all__ = ["Choice", "Ground", "make_ground", "repair_rows"]

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.intp]

_BACK = (1 - 1e-9, 0.99, 0.75, 0.5, 0.25)
"""Shares of a displacement that are kept, one after the other, where rounding broke a rule."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """Something that is set as a whole: a category's column, or the columns of a one-hot group.

    Attributes:
        columns: One column, or those of the group.
        options: (K, len(columns)) float64, what can be set.
        allowed: (n, K) bool, by which rows; a row's own setting is never an option.
    """

    columns: tuple[int, ...]
    options: Matrix
    allowed: Mask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """What n rows can become, prepared for repairing many proposals.

    Attributes:
        rows: (n, d) float64, as they were.
        reach: Resolved for these rows.
        numbers: (d,) bool, numbers that move one by one.
        span: (n, d) float64, how far each number goes at most, finite; 0 where it cannot move.
        low, high: (n, d) float64, finite ends of the numbers, as far as a search goes; the row itself elsewhere.
        choices: Everything that is set as a whole.
    """

    rows: Matrix
    reach: Reach
    numbers: Mask
    span: Matrix
    low: Matrix
    high: Matrix
    choices: tuple[Choice, ...]

    @property
    def still(self) -> Mask:
        """(n,) rows of which nothing can be changed."""
        moves = (self.span > 0).any(axis=1)
        for choice in self.choices:
            moves |= choice.allowed.any(axis=1)
        return np.asarray(~moves)


def make_ground(rows: Matrix, reach: Reach) -> Ground:
    """Prepare rows (n, d) and the reach that was resolved for them."""
    low, high = rows.copy(), rows.copy()
    numbers = np.zeros(rows.shape[1], dtype=np.bool_)
    for knob in make_knobs(rows, reach):
        if knob.kind is KnobKind.NUMBER:
            column = knob.columns[0]
            numbers[column] = True
            low[:, column] = np.where(knob.open, np.minimum(knob.low, rows[:, column]), rows[:, column])
            high[:, column] = np.where(knob.open, np.maximum(knob.high, rows[:, column]), rows[:, column])
    with np.errstate(divide="ignore"):
        paid = np.where(reach.cost > 0, reach.budget / np.where(reach.cost > 0, reach.cost, 1.0), np.inf)
    low, high = np.maximum(low, rows - paid), np.minimum(high, rows + paid)
    span = np.where(numbers & ~np.isnan(rows), high - low, 0.0)
    choices = [_group(group, rows, reach) for group in reach.one_hot]
    choices += [_category(int(column), rows, reach) for column in np.flatnonzero(reach.mutable)]
    return Ground(
        rows=rows, reach=reach, numbers=numbers, span=span, low=low, high=high,
        choices=tuple(choice for choice in choices if choice.allowed.any()),
    )  # fmt: skip


def repair_rows(ground: Ground, index: Index, proposed: Matrix, *, order: Matrix | None = None) -> Matrix:
    """(m, d) the proposals as rows that `check_reach` passes, near to them.

    Args:
        ground: Of the rows.
        index: (m,) which row each proposal is for.
        proposed: (m, d) float64, anything; NaN is taken as the row's own value.
        order: (m, len(ground.choices)) float64; where the budget does not pay for all choices, those with the largest
            numbers are paid first. None: in their own order.
    """
    rows, reach = ground.rows[index], ground.reach.rows(index)
    settled = _settled(ground, index, proposed, order)
    fixed = np.where(ground.numbers, rows, settled)
    wish = np.where(ground.numbers & ~np.isnan(proposed), proposed, fixed)
    found = _with_numbers(ground, index, fixed, wish)
    left = np.flatnonzero(~check_reach(reach, rows, found, exact=True))
    for share in _BACK:
        if not len(left):
            return found
        found[left] = _towards(ground, index[left], fixed[left], found[left], share)
        left = left[~check_reach(reach.rows(left), rows[left], found[left], exact=True)]
    # The choices themselves break a relation that the numbers cannot mend: the numbers alone, then nothing.
    found[left] = _with_numbers(ground, index[left], rows[left], np.where(ground.numbers, wish, rows)[left])
    left = left[~check_reach(reach.rows(left), rows[left], found[left], exact=True)]
    found[left] = rows[left]
    return found


def _settled(ground: Ground, index: Index, proposed: Matrix, order: Matrix | None) -> Matrix:
    """(m, d) the rows with those choices of the proposals that are options and that the budget pays."""
    rows, cost = ground.rows[index], ground.reach.cost
    settled, count = rows.copy(), len(index)
    here, whole = np.arange(count), len(ground.choices)
    picks, price = np.full((count, whole), -1, dtype=np.intp), np.zeros((count, whole))
    for number, choice in enumerate(ground.choices):
        at = list(choice.columns)
        away = np.abs(choice.options[None] - proposed[:, None, at]).sum(axis=2)
        own = np.abs(rows[:, at] - proposed[:, at]).sum(axis=1)
        away = np.where(choice.allowed[index], away, np.inf)
        best = np.nan_to_num(away, nan=np.inf).argmin(axis=1)
        moved = away[here, best] < own
        picks[moved, number] = best[moved]
        step = np.abs(choice.options[best] - rows[:, at])
        step = step if len(at) > 1 else np.ones_like(step)  # any change of a category costs the same
        price[:, number] = np.where(moved, step @ cost[at], 0.0)
    ranks = np.argsort(-order, axis=1, kind="stable") if order is not None else np.tile(np.arange(whole), (count, 1))
    left = np.full(count, ground.reach.budget)
    for rank in range(whole):
        turn = ranks[:, rank]
        taken = (picks[here, turn] >= 0) & (price[here, turn] <= left)
        left = np.where(taken, left - price[here, turn], left)
        for which in np.unique(turn[taken]):
            choice, some = ground.choices[which], taken & (turn == which)
            settled[np.flatnonzero(some)[:, None], list(choice.columns)] = choice.options[picks[some, which]]
    return settled


def _with_numbers(ground: Ground, index: Index, fixed: Matrix, wish: Matrix) -> Matrix:
    """(m, d) `fixed` with its numbers as near to `wish` as everything together allows."""
    if not ground.numbers.any():
        return fixed.copy()
    found = _nearest(ground, index, fixed, wish, np.zeros(fixed.shape, dtype=np.bool_))
    whole = ground.reach.integer & ground.numbers
    if not whole.any():
        return found
    found = _rounded(ground, index, found)
    if not len(ground.reach.relations[1]):
        return found  # rounding goes towards the row, where budget and interval hold
    rows, reach = ground.rows[index], ground.reach.rows(index)
    bad = np.flatnonzero(~check_reach(reach, rows, found, exact=True))
    if len(bad):  # what is not whole makes room for what is
        held = np.broadcast_to(whole, found[bad].shape)
        found[bad] = _nearest(ground, index[bad], fixed[bad], found[bad], held)
        bad = bad[~check_reach(reach.rows(bad), rows[bad], found[bad], exact=True)]
        found[bad] = _obliging(ground, index[bad], found[bad])
    return found


def _rounded(ground: Ground, index: Index, found: Matrix) -> Matrix:
    rows = ground.rows[index]
    up, down = np.minimum(np.ceil(found), rows), np.maximum(np.floor(found), rows)
    nearer = np.where(found > rows, down, np.where(found < rows, up, found))
    # A whole number that lost its last bits in the scaling is that number.
    near = np.round(found)
    nearer = np.where(np.abs(found - near) <= 1e-9 * np.maximum(np.abs(near), 1.0), near, nearer)
    nearer = np.where((nearer >= ground.low[index]) & (nearer <= ground.high[index]), nearer, rows)
    return np.where(ground.reach.integer & ground.numbers & ~np.isnan(rows), nearer, found)


def _obliging(ground: Ground, index: Index, found: Matrix) -> Matrix:
    """Whole numbers one step to the side that a broken relation asks for."""
    found = found.copy()
    rows, low, high = ground.rows[index], ground.low[index], ground.high[index]
    whole = ground.reach.integer & ground.numbers
    for slope, room in _relations(ground, index):
        over = np.nan_to_num(found - rows) @ slope > room
        step = np.where(over[:, None] & whole & (slope != 0), np.sign(slope), 0.0)
        stepped = found - step
        found = np.where((step != 0) & (stepped >= low) & (stepped <= high), stepped, found)
    return found


def _towards(ground: Ground, index: Index, fixed: Matrix, found: Matrix, share: float) -> Matrix:
    rows = ground.rows[index]
    back = np.where(ground.numbers, rows + share * (found - rows), fixed)
    return _rounded(ground, index, back)


def _nearest(ground: Ground, index: Index, fixed: Matrix, wish: Matrix, held: Mask) -> Matrix:
    """(m, d) the projection, with the numbers that are `held` (m, d) where `wish` has them."""
    rows, span, reach = ground.rows[index], ground.span[index], ground.reach
    free = (span > 0) & ~held
    unit = np.where(free, span, 1.0)
    ends = [np.where(free, (end[index] - rows) / unit, 0.0) for end in (ground.low, ground.high)]
    start = np.where(free, np.nan_to_num((wish - rows) / unit), 0.0)
    stay = np.where(held, wish, fixed)
    moved = np.nan_to_num(stay - rows)
    price = np.where(free, unit * reach.cost, 0.0)
    rest = np.maximum(reach.budget - _paid(ground, rows, stay), 0.0) if np.isfinite(reach.budget) else None
    limits = [] if rest is None else [Limit(slope=price, room=rest, size=True)]
    for slope, room in _relations(ground, index):
        limits.append(Limit(slope=np.where(free, unit * slope, 0.0), room=np.maximum(room - moved @ slope, 0.0)))
    u = project_box(start, ends[0], ends[1], limits)
    return np.where(free, np.clip(rows + unit * u, ground.low[index], ground.high[index]), stay)


def _paid(ground: Ground, rows: Matrix, changed: Matrix) -> Matrix:
    category = np.array([choices is not None for choices in ground.reach.choices], dtype=np.bool_)
    step = np.nan_to_num(np.abs(changed - rows))
    return np.asarray(np.where(category, step > 0, step) @ ground.reach.cost)


def _relations(ground: Ground, index: Index) -> list[tuple[Matrix, Matrix]]:
    """Of each relation its slope (d,) and how far beyond its row each row may go, (m,); infinite where it is silent."""
    found = []
    for slope, bound in zip(*ground.reach.relations, strict=True):
        used = slope != 0
        before = ground.rows[np.ix_(index, used)] @ slope[used]
        room = np.where(np.isnan(before), np.inf, np.maximum(bound - before, 0.0))
        found.append((slope, room))
    return found


def _category(column: int, rows: Matrix, reach: Reach) -> Choice:
    claims = reach.choices[column]
    codes = np.flatnonzero(claims).astype(np.float64) if claims is not None else np.empty(0)
    own = rows[:, column]
    allowed = (codes != own[:, None]) & ~np.isnan(own)[:, None]
    return Choice(columns=(int(column),), options=codes[:, None], allowed=allowed)


def _group(group: tuple[int, ...], rows: Matrix, reach: Reach) -> Choice:
    """The unit vectors to which each column of the group can go: mutable, and 0 or 1 within its interval."""
    at, units = list(group), np.eye(len(group))
    own = rows[:, at]
    low, high = np.where(reach.mutable[at], reach.low[:, at], own), np.where(reach.mutable[at], reach.high[:, at], own)
    same = own[:, None] == units
    fits = same | ((low[:, None] <= units) & (units <= high[:, None]))
    return Choice(columns=group, options=units, allowed=fits.all(axis=2) & ~same.all(axis=2))
