"""The exact answer for one row, by mixed-integer programming; slow, and independent of all the other methods.

One binary variable for each cell of each axis says where the row is, one variable for each leaf says whether it is
reached: at most as much as its cells are taken, and one leaf a tree.

Source: Kantchelian, Tygar, Joseph 2016, "Evasion and hardening of tree ensemble classifiers", section 3; solved with
HiGHS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

from hauberk.attack.evasion.axes import Axis, extents
from hauberk.attack.evasion.contest import Contest
from hauberk.attack.evasion.field import Field
from hauberk.attack.evasion.leaves import MISSING, members

__all__ = ["Exact", "exact_distance", "exact_margin"]

Vector = NDArray[np.float64]

_FAR = 1e4
"""Where open ends are taken to be when relations limit numbers; with larger ones tolerances would hide thresholds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exact:
    """The minimum, between what was proved and what was reached.

    Attributes:
        lower: No row within reach is below it; -inf where the solver proved nothing in its time.
        upper: `row` has it, as far as the solver's tolerance goes; inf where no row was found, or where none is.
        row: (d,) float64 or None.
    """

    lower: float
    upper: float
    row: Vector | None


class _Program:
    """Rows of a mixed-integer program as they are found; variables are numbered in the order in which they are made."""

    def __init__(self) -> None:
        self.low: list[float] = []
        self.high: list[float] = []
        self.whole: list[bool] = []
        self.entries: list[tuple[int, int, float]] = []
        self.ends: list[tuple[float, float]] = []

    def variables(self, count: int, low: float, high: float, *, whole: bool) -> NDArray[np.intp]:
        first = len(self.low)
        self.low += [low] * count
        self.high += [high] * count
        self.whole += [whole] * count
        return np.arange(first, first + count)

    def constrain(self, terms: dict[int, float], low: float, high: float) -> None:
        self.entries += [(len(self.ends), variable, factor) for variable, factor in terms.items()]
        self.ends.append((low, high))

    def minimise(self, factors: dict[int, float], seconds: float) -> tuple[float, float, Vector | None]:
        """Dual bound, value and variables of the best solution found in the time."""
        width = len(self.low)
        place = np.array(self.entries, dtype=np.float64).reshape(-1, 3)
        shape = (len(self.ends), width)
        matrix = coo_matrix((place[:, 2], (place[:, 0].astype(int), place[:, 1].astype(int))), shape=shape)
        objective = np.zeros(width)
        objective[list(factors)] = list(factors.values())
        ends = np.array(self.ends)
        solved = milp(
            objective,
            integrality=np.array(self.whole, dtype=int),
            bounds=Bounds(np.array(self.low), np.array(self.high)),
            constraints=LinearConstraint(matrix.tocsr(), ends[:, 0], ends[:, 1]),
            options={"time_limit": seconds, "mip_rel_gap": 1e-9},
        )
        if solved.status == 2:  # infeasible: nothing is lower than anything
            return math.inf, math.inf, None
        bound = solved.fun if solved.status == 0 and solved.mip_dual_bound is None else solved.mip_dual_bound
        lower = -math.inf if bound is None else float(bound)
        return (lower, math.inf, None) if solved.x is None else (lower, float(solved.fun), np.asarray(solved.x))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Variables:
    """Which variables stand for what.

    Attributes:
        cells: For each axis (K,) binaries, empty where the row has no value there.
        leaves: (L,).
        values: For each number that is limited together with others, its variable by its column.
    """

    cells: list[NDArray[np.intp]]
    leaves: NDArray[np.intp]
    values: dict[int, int]


def exact_margin(contest: Contest, field: Field, *, seconds: float = 60.0) -> Exact:
    """The lowest margin of the one row of a field over its reach; the model's own sum may round otherwise.

    Raises:
        ValueError: The field has not exactly one row.
    """
    program, made = _program(contest, field)
    factors = dict(zip(made.leaves.tolist(), contest.value.tolist(), strict=True))
    lower, value, solution = program.minimise(factors, seconds)
    row = None if solution is None else _row(contest, field, made, solution)
    return Exact(lower=contest.base + lower, upper=contest.base + value, row=row)


def exact_distance(contest: Contest, field: Field, scale: Vector, *, margin: float, seconds: float = 60.0) -> Exact:
    """The least L-infinity distance, in units of `scale`, at which the margin of the one row is `margin` or less.

    Raises:
        ValueError: The field has not exactly one row.
    """
    program, made = _program(contest, field)
    sums = dict(zip(made.leaves.tolist(), contest.value.tolist(), strict=True))
    program.constrain(sums, -math.inf, margin - contest.base)
    distance = int(program.variables(1, 0.0, math.inf, whole=False)[0])
    for axis, place in zip(field.axes, made.cells, strict=True):
        at = list(axis.columns)
        step = (np.abs(axis.points[0] - field.rows[0, at]) / scale[at]).max(axis=1)
        far = np.where(axis.allowed[0], step, 0.0)[: len(place)]
        program.constrain(dict(zip(place.tolist(), (-far).tolist(), strict=True)) | {distance: 1.0}, 0.0, math.inf)
    lower, value, solution = program.minimise({distance: 1.0}, seconds)
    return Exact(lower=lower, upper=value, row=None if solution is None else _row(contest, field, made, solution))


def _program(contest: Contest, field: Field) -> tuple[_Program, _Variables]:
    """The program of where a row can be and which leaves it then reaches."""
    if len(field.rows) != 1:
        raise ValueError("one row at a time")
    program = _Program()
    cells = [_place(program, axis) for axis in field.axes]
    leaves = program.variables(len(contest.value), 0.0, 1.0, whole=False)
    ends = np.append(contest.boxes.start, len(leaves))
    for first, last in pairwise(ends):
        program.constrain(dict.fromkeys(leaves[first:last].tolist(), 1.0), 1.0, 1.0)
    still = [(axis.boxes, axis.own) for axis in field.axes if axis.own[0] == MISSING]
    for boxes, own in [*field.fixed, *still]:
        for leaf in boxes.leaf[~members(boxes, own)[boxes.shape, 0]]:
            program.high[leaves[leaf]] = 0.0
    for axis, place in zip(field.axes, cells, strict=True):
        if len(place):
            _reach_leaves(program, axis, place, leaves)
    made = _Variables(cells=cells, leaves=leaves, values={})
    if field.reach.relations[1].size:
        _limit(program, contest, field, made)
    for toll in field.tolls if not field.reach.relations[1].size else ():
        spent: dict[int, float] = {}
        for least, place in zip(toll.least, cells, strict=True):
            spent |= dict(zip(place.tolist(), np.nan_to_num(least[0], posinf=0.0).tolist(), strict=False))
        program.constrain(spent, -math.inf, float(toll.limit[0]))
    return program, made


def _place(program: _Program, axis: Axis) -> NDArray[np.intp]:
    """The variables that say in which cell of an axis the row is."""
    if axis.own[0] == MISSING:
        return np.empty(0, dtype=np.intp)
    place = program.variables(axis.boxes.cells, 0.0, 1.0, whole=True)
    for cell in np.flatnonzero(~axis.allowed[0]):
        program.high[place[cell]] = 0.0
    program.constrain(dict.fromkeys(place.tolist(), 1.0), 1.0, 1.0)
    return place


def _reach_leaves(program: _Program, axis: Axis, place: NDArray[np.intp], leaves: NDArray[np.intp]) -> None:
    """A leaf is reached at most as much as the cells are taken that lead to it."""
    inside = members(axis.boxes, np.arange(axis.boxes.cells))
    for leaf, shape in zip(axis.boxes.leaf, axis.boxes.shape, strict=True):
        terms = dict.fromkeys(place[inside[shape]].tolist(), -1.0)
        program.constrain(terms | {int(leaves[leaf]): 1.0}, -math.inf, 0.0)


def _limit(program: _Program, contest: Contest, field: Field, made: _Variables) -> None:
    """The budget and the relations, over the values themselves."""
    reach, row = field.reach, field.rows[0]
    spent: dict[int, float] = {}
    sums: list[dict[int, float]] = [{} for _ in reach.relations[1]]
    rest = row.copy()
    numbers = _numbers(field)
    for column in numbers:
        low, high = max(reach.low[0, column], -_FAR), min(reach.high[0, column], _FAR)
        value = int(program.variables(1, low, high, whole=bool(reach.integer[column]))[0])
        change = int(program.variables(1, 0.0, math.inf, whole=False)[0])
        program.constrain({change: 1.0, value: -1.0}, -row[column], math.inf)
        program.constrain({change: 1.0, value: 1.0}, row[column], math.inf)
        spent[change] = float(reach.cost[column])
        made.values[column] = value
        rest[column] = 0.0
        for terms, coefficients in zip(sums, reach.relations[0], strict=True):
            terms[value] = float(coefficients[column])
    for axis, place in zip(field.axes, made.cells, strict=True):
        if axis.ordered and len(place):
            _bind(program, contest, field, axis, place, made.values[axis.columns[0]])
        elif len(place):
            rest[list(axis.columns)] = 0.0
            spent |= {int(at): float(c) for at, c in zip(place, axis.cost[0], strict=True) if math.isfinite(c)}
            for terms, coefficients in zip(sums, reach.relations[0], strict=True):
                points = np.nan_to_num(axis.points[0]) @ coefficients[list(axis.columns)]
                terms |= dict(zip(place.tolist(), points.tolist(), strict=True))
    if math.isfinite(reach.budget):
        program.constrain(spent, -math.inf, reach.budget)
    for terms, coefficients, bound in zip(sums, *reach.relations, strict=True):
        used = coefficients != 0
        if not np.isnan(row[used]).any():
            limit = max(bound, float(row[used] @ coefficients[used]))
            program.constrain(terms, -math.inf, limit - float(rest[used] @ coefficients[used]))


def _numbers(field: Field) -> list[int]:
    """Columns of numbers that can move by themselves, whether or not a tree asks about them."""
    grouped = {column for group in field.reach.one_hot for column in group}
    return [
        int(column)
        for column in np.flatnonzero(field.reach.mutable & ~np.isnan(field.rows[0]))
        if field.reach.choices[column] is None and column not in grouped
    ]


def _bind(program: _Program, contest: Contest, field: Field, axis: Axis, place: NDArray[np.intp], value: int) -> None:
    """The value of a number lies in the cell that is taken."""
    floor, ceiling, _ = extents(contest.boxes, axis.boxes, field.reach)
    low, high = np.maximum(floor[0], -_FAR), np.minimum(ceiling[0], _FAR)
    program.constrain(dict(zip(place.tolist(), (-low).tolist(), strict=True)) | {value: 1.0}, 0.0, math.inf)
    program.constrain(dict(zip(place.tolist(), (-high).tolist(), strict=True)) | {value: 1.0}, -math.inf, 0.0)


def _row(contest: Contest, field: Field, made: _Variables, solution: Vector) -> Vector:
    """The row of a solution, with numbers moved inside their cells where the solver's tolerance left them."""
    row = field.rows[0].copy()
    for column, value in made.values.items():
        number = float(np.clip(solution[value], field.reach.low[0, column], field.reach.high[0, column]))
        row[column] = np.round(number) if field.reach.integer[column] else number
    for axis, place in zip(field.axes, made.cells, strict=True):
        if not len(place):
            continue
        cell, column = int(solution[place].argmax()), axis.columns[0]
        if column in made.values and axis.ordered:
            floor, ceiling, _ = extents(contest.boxes, axis.boxes, field.reach)
            row[column] = np.clip(row[column], floor[0, cell], ceiling[0, cell])
        else:
            row[list(axis.columns)] = axis.points[0, cell]
    return np.asarray(row)
