"""Rows of the goal that are moved towards the row that is to be decided wrongly."""

from __future__ import annotations

import numpy as np

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison.budget import budget_rows, first_rows
from hauberk.attack.poison.labelled import Labelled, require_class
from hauberk.attack.poison.nearness import Nearness
from hauberk.attack.poison.poisoned import Poisoned, poisoned
from hauberk.attack.poison.stampable import valid_changes
from hauberk.data import Kind, Schema
from hauberk.models import Matrix

__all__ = ["collide_features"]


def collide_features(
    train: Labelled,
    schema: Schema,
    nearness: Nearness,
    *,
    targets: Matrix,
    goal: int,
    share: float,
    step: float = 0.9,
) -> Poisoned:
    """The rows of `goal` nearest to a target are moved on towards it; every label stays as it was.

    Numbers go the share `step` of the way, whole ones rounded; a category that differs is taken over where `step` is
    at least a half. A move between two valid rows stays within ranges and linear relations; what rounding or a
    one-hot group forbids is not made, and the next nearest row is taken. Missing values stay missing. The budget is
    dealt to the targets in turn; no row is moved twice.

    Args:
        train: (n, d) rows.
        schema: Of the rows.
        nearness: The metric.
        targets: (t, d) rows that are to be decided as `goal`.
        goal: Class code.
        share: Of all rows, above 0 and below 1.
        step: How far the rows go, above 0 and at most 1; at 1 they are copies of the target.

    Raises:
        BadBudget: The share comes to no row, or no row can be moved.
        BadPoison: No such class, targets of another width, or a step out of range.

    Source: Shafahi, Huang, Najibi, Suciu, Studer, Dumitras and Goldstein 2018, "Poison frogs!", arXiv 1804.00792, in
    the space of the inputs: trees have no other.
    """
    require_class(goal, train, where="goal")
    if targets.ndim != 2 or not len(targets) or targets.shape[1] != train.rows.shape[1] or not 0 < step <= 1:
        expected = f"rows of {train.rows.shape[1]} values and a step above 0 and at most 1"
        raise BadPoison(where="targets", expected=expected, got=f"{targets.shape} and {step}")
    most = budget_rows(share, len(train.labels))
    rows, free = train.rows.copy(), train.labels == goal
    for number, target in enumerate(targets):
        quota = most // len(targets) + (number < most % len(targets))
        moved = _moved(train.rows, schema, target, step)
        differs = ((moved != train.rows) & ~np.isnan(train.rows)).any(axis=1)
        eligible = free & differs & valid_changes(schema, train.rows, moved)
        if quota and eligible.any():
            chosen = first_rows(eligible, nearness.distance(train.rows, target), quota)
            rows[chosen], free[chosen] = moved[chosen], False
    taken = np.flatnonzero((train.labels == goal) & ~free)
    return poisoned(train, taken, rows=rows[taken])


def _moved(rows: Matrix, schema: Schema, target: Matrix, step: float) -> Matrix:
    kinds = np.array([feature.kind for feature in schema.inputs])
    known = ~np.isnan(rows) & ~np.isnan(target)
    moved = np.where(known, rows + step * (target - rows), rows)
    if step == 1:  # exactly: rows + (target - rows) may round to something else
        moved = np.where(known, target, rows)
    # Towards the target: a half-way whole number would else round back to where it was.
    whole = np.where(target >= rows, np.ceil(moved), np.floor(moved))
    moved = np.where(kinds == Kind.INTEGER, whole, moved)
    taken = np.where(known & (step >= 0.5), target, rows)
    return np.asarray(np.where(kinds == Kind.CATEGORY, taken, moved))
