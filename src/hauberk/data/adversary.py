"""From what the schema lets an adversary do to the rows that they can make."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hauberk.data.errors import BadRows
from hauberk.data.reach import Reach
from hauberk.data.schema import Direction, Feature, Kind, Schema
from hauberk.data.schema_rules import verify_schema

__all__ = ["ball_reach", "resolve_reach"]

Matrix = NDArray[np.float64]


def resolve_reach(schema: Schema, rows: Matrix) -> Reach:
    """What the schema's adversary can make of each row.

    The interval of a number is `within` around the row, cut by the direction, by the adversary's own bounds and,
    where those are open, by the feature's valid range; it is then widened to hold the row itself, so that doing
    nothing is always allowed even where the row lies beyond a bound. Ends of integers are rounded inwards.

    Args:
        schema: With the adversary of each feature, the relations and the budget.
        rows: (n, d) float64 as `encode_rows` gives it.

    Raises:
        BadRows: Another number of columns, or an infinity.
        BadOverride, UnknownColumn: The schema contradicts itself.
    """
    verify_schema(schema)
    inputs = schema.inputs
    _refuse_shape(rows, len(inputs))
    low, high = rows.copy(), rows.copy()
    for position, feature in enumerate(inputs):
        if feature.adversary.mutable and feature.kind is not Kind.CATEGORY:
            low[:, position], high[:, position] = _interval(rows[:, position], feature)
    budget = math.inf if schema.budget is None else schema.budget
    return Reach(
        low=low,
        high=high,
        choices=tuple(_choices(feature) for feature in inputs),
        mutable=np.array([feature.adversary.mutable for feature in inputs], bool),
        integer=np.array([feature.kind is Kind.INTEGER for feature in inputs], bool),
        cost=np.array([feature.adversary.cost for feature in inputs], np.float64),
        budget=budget,
        relations=_relations(schema),
        one_hot=_groups(inputs),
    )


def ball_reach(
    rows: Matrix,
    radius: float,
    *,
    scale: Matrix | None = None,
    low: Matrix | None = None,
    high: Matrix | None = None,
) -> Reach:
    """The L-infinity ball around each row: every feature may move by `radius * scale`, within `low` and `high`.

    Args:
        rows: (n, d) float64, numbers only; NaN stays NaN.
        radius: Of the ball, at least 0, in units of `scale`.
        scale: (d,) float64 unit of each feature, 1 where left out.
        low: (d,) float64 lower end of each feature's valid range, open where left out.
        high: (d,) float64 upper end.

    Raises:
        BadRows: Not a matrix, an infinity, a radius below 0, or ranges of another width.
    """
    _refuse_shape(rows, rows.shape[-1])
    width = rows.shape[1]
    if not radius >= 0 or any(given is not None and given.shape != (width,) for given in (scale, low, high)):
        raise BadRows(expected=f"a radius of at least 0 and arrays of {width} features", got=f"radius {radius}")
    step = radius * (np.ones(width) if scale is None else scale)
    floor = rows - step if low is None else np.maximum(rows - step, low)
    ceiling = rows + step if high is None else np.minimum(rows + step, high)
    return Reach(
        low=np.minimum(floor, rows),
        high=np.maximum(ceiling, rows),
        choices=(None,) * width,
        mutable=np.ones(width, bool),
        integer=np.zeros(width, bool),
        cost=np.zeros(width),
        budget=math.inf,
        relations=(np.empty((0, width)), np.empty(0)),
    )


def _refuse_shape(rows: Matrix, width: int) -> None:
    if rows.ndim != 2 or rows.shape[1] != width:
        raise BadRows(expected=f"a matrix of {width} columns", got=f"an array of shape {rows.shape}")
    infinite = np.flatnonzero(np.isinf(rows).any(axis=1))
    if infinite.size:
        raise BadRows(where=f"row {infinite[0]}", expected="finite or missing values", got="infinity")


def _interval(values: Matrix, feature: Feature) -> tuple[Matrix, Matrix]:
    """(n,) ends of what each value of a number can become."""
    adversary = feature.adversary
    within = math.inf if adversary.within is None else adversary.within
    down = 0.0 if adversary.direction is Direction.UP else within
    up = 0.0 if adversary.direction is Direction.DOWN else within
    floor = _first(adversary.low, feature.low, -math.inf)
    ceiling = _first(adversary.high, feature.high, math.inf)
    low, high = np.maximum(values - down, floor), np.minimum(values + up, ceiling)
    if feature.kind is Kind.INTEGER:
        low, high = np.ceil(low), np.floor(high)
    return np.minimum(low, values), np.maximum(high, values)


def _first(own: float | None, valid: float | None, otherwise: float) -> float:
    return own if own is not None else valid if valid is not None else otherwise


def _choices(feature: Feature) -> NDArray[np.bool_] | None:
    if feature.kind is not Kind.CATEGORY:
        return None
    allowed = feature.adversary.choices or feature.categories
    return np.array([feature.adversary.mutable and category in allowed for category in feature.categories], bool)


def _relations(schema: Schema) -> tuple[Matrix, Matrix]:
    position = {feature.name: index for index, feature in enumerate(schema.inputs)}
    coefficients = np.zeros((len(schema.relations), len(position)))
    for number, relation in enumerate(schema.relations):
        for name, coefficient in relation.coefficients:
            coefficients[number, position[name]] += coefficient
    return coefficients, np.array([relation.bound for relation in schema.relations], np.float64)


def _groups(inputs: tuple[Feature, ...]) -> tuple[tuple[int, ...], ...]:
    groups: dict[str, list[int]] = {}
    for position, feature in enumerate(inputs):
        if feature.one_hot:
            groups.setdefault(feature.one_hot, []).append(position)
    return tuple(tuple(members) for members in groups.values())
