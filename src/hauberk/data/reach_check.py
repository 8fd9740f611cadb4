"""Whether an adversary could really make these rows: every adversarial row passes here before it is reported.

A number counts as inside its interval if it is so after rounding to float32. Rounding is monotone, so a value that
lies inside in float64 never fails, and the end of an interval that an attack has written as float32 passes; a value
that passes wrongly is nearer than half a float32 spacing to the interval. `exact=True` leaves no such room, for
models that compare in float64. Whole numbers, categories and missing values are compared exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.data.errors import BadRows
from hauberk.data.reach import Reach, Within

__all__ = ["Violation", "check_reach", "list_violations"]

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]

_HALF_SPACING = 2.0**-24
"""Largest relative error of rounding to float32 (IEEE 754 binary32, 24 bits of significand)."""
_ROUNDING = 2.0**-40
"""Relative room for the order in which float64 products are summed."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Violation:
    """One rule that one row breaks; `column` is -1 for rules of the whole row."""

    row: int
    rule: str
    column: int = -1


def check_reach(reach: Reach, rows: Matrix, changed: Matrix, *, exact: bool = False) -> Mask:
    """Which of the changed rows are within reach.

    What the original row breaks already (a relation, a group, a range) is not held against a change that makes it no
    worse, so an unchanged row always passes. A relation over a missing value is not applied.

    Args:
        reach: Resolved for `rows`.
        rows: (n, d) float64, the original rows.
        changed: (n, d) float64, what the adversary made of them.
        exact: Compare numbers in float64.

    Returns:
        (n,) bool.

    Raises:
        BadRows: Shapes that do not belong together.
    """
    valid = np.ones(len(rows), bool)
    for _, broken in _rules(reach, rows, changed, exact):
        valid &= ~(broken.any(axis=1) if broken.ndim == 2 else broken)
    return valid


def list_violations(reach: Reach, rows: Matrix, changed: Matrix, *, exact: bool = False) -> tuple[Violation, ...]:
    """Each rule that is broken and where, for messages and tests; empty where `check_reach` is all true."""
    found = [
        Violation(row=int(place[0]), rule=rule, column=int(place[1]) if broken.ndim == 2 else -1)
        for rule, broken in _rules(reach, rows, changed, exact)
        for place in np.argwhere(broken)
    ]
    return tuple(sorted(found))


def _rules(reach: Reach, rows: Matrix, changed: Matrix, exact: bool) -> Iterator[tuple[str, Mask]]:
    """Each rule's name and where it is broken: (n, d) for rules of a cell, (n,) for rules of a row."""
    if not rows.shape == changed.shape == reach.low.shape:
        raise BadRows(expected=f"two matrices of shape {reach.low.shape}", got=f"{rows.shape} and {changed.shape}")
    gone, left = np.isnan(rows), np.isnan(changed)
    same = (changed == rows) | (left & gone)
    yield "missing", gone != left
    yield from _cell_rules(reach, rows, changed, ~(same | gone | left), exact)
    room = 0.0 if exact else _HALF_SPACING
    yield "cost", _over_budget(reach, rows, changed, same, room)
    if reach.within is not None:
        yield "norm", _too_far(reach, reach.within, rows, changed, same, room)
    yield from _relation_rules(reach, rows, changed, room)
    yield from _group_rules(reach, changed, same)


def _cell_rules(reach: Reach, rows: Matrix, changed: Matrix, moved: Mask, exact: bool) -> Iterator[tuple[str, Mask]]:
    """What a value must be that has `moved`, (n, d), all columns together: attacks ask this of many small batches."""
    number = np.array([allowed is None for allowed in reach.choices], bool)
    category = np.zeros(rows.shape, bool)
    for column in np.flatnonzero(~number):
        allowed = reach.choices[column]
        if allowed is not None:
            category[:, column] = moved[:, column] & ~_allowed(allowed, changed[:, column])
    yield "category", category
    low, high = np.where(reach.mutable, reach.low, rows), np.where(reach.mutable, reach.high, rows)
    outside = (changed < low) | (changed > high)
    if not exact:
        outside = np.where(reach.integer, outside, _outside_rounded(low, high, changed))
    yield "interval", moved & number & outside
    yield "integer", moved & number & reach.integer & (np.floor(changed) != changed)


def _allowed(allowed: Mask, codes: Matrix) -> Mask:
    """(n,) whether each value is the code of a category that can be claimed."""
    inside = (codes >= 0) & (codes < allowed.size) & (np.floor(codes) == codes)
    known: Mask = inside.copy()
    known[inside] = allowed[codes[inside].astype(np.intp)]
    return known


def _outside_rounded(low: Matrix, high: Matrix, values: Matrix) -> Mask:
    with np.errstate(over="ignore"):
        least, most, narrow = low.astype(np.float32), high.astype(np.float32), values.astype(np.float32)
    return (narrow < least) | (narrow > most)


def _over_budget(reach: Reach, rows: Matrix, changed: Matrix, same: Mask, room: float) -> Mask:
    number = np.array([choices is None for choices in reach.choices], bool)
    move = np.where(same, 0.0, np.where(number, np.abs(changed - rows), 1.0))
    slack = np.where(same | ~number | reach.integer, 0.0, room * np.abs(changed))
    limit = reach.budget * (1 + _ROUNDING) + slack @ reach.cost
    broken: Mask = ~(move @ reach.cost <= limit) & ~np.isnan(changed - rows).any(axis=1, where=~same)
    return broken


def _too_far(reach: Reach, within: Within, rows: Matrix, changed: Matrix, same: Mask, room: float) -> Mask:
    number = np.array([choices is None for choices in reach.choices], bool)
    step = np.where(same, 0.0, np.where(number, np.abs(changed - rows), 1.0))
    if within.power:  # a number may have been rounded away from its row
        slack = np.where(~number | reach.integer, 0.0, room * np.abs(changed))
        step = np.where(same, 0.0, np.maximum(step - slack, 0.0))
    size = within.powers(step).sum(axis=1)
    broken: Mask = np.isinf(size) | ~(size <= within.limit * (1 + _ROUNDING))
    return broken & ~np.isnan(changed - rows).any(axis=1, where=~same)


def _relation_rules(reach: Reach, rows: Matrix, changed: Matrix, room: float) -> Iterator[tuple[str, Mask]]:
    for coefficients, bound in zip(*reach.relations, strict=True):
        used = coefficients != 0
        old, new = rows[:, used] * coefficients[used], changed[:, used] * coefficients[used]
        before, after = old.sum(axis=1), new.sum(axis=1)
        slack = (room + _ROUNDING) * np.abs(new).sum(axis=1)
        yield "relation", after > np.fmax(bound, before) + slack


def _group_rules(reach: Reach, changed: Matrix, same: Mask) -> Iterator[tuple[str, Mask]]:
    for group in reach.one_hot:
        members = changed[:, list(group)]
        one = np.isin(members, (0.0, 1.0)).all(axis=1) & (members.sum(axis=1) == 1)
        yield "one_hot", ~one & ~same[:, list(group)].all(axis=1)
