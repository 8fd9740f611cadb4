"""What can be turned on a row without knowing the model, and how to draw new settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Reach

__all__ = ["Knob", "KnobKind", "copy_setting", "draw_setting", "end_setting", "make_knobs", "restore_setting"]

Matrix = NDArray[np.float64]

_LOCAL = 0.1
"""Standard deviation of a small step, as a share of the span."""


_FAR = 4.0
"""How far a search goes at least where the reach has no end, in standard deviations of the column."""


class KnobKind(StrEnum):
    """How a knob is turned."""

    NUMBER = "number"
    CHOICE = "choice"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Knob:
    """One column, or one one-hot group, of n rows.

    Attributes:
        kind: How it is turned.
        columns: The columns.
        low, high: (n,) float64 finite ends of a number, as far as a search goes where the reach is open.
        whole: Whether only whole numbers count.
        codes: (C,) float64, what a category can be set to.
        open: (n,) bool, which rows have anything to turn here.
    """

    kind: KnobKind
    columns: tuple[int, ...]
    low: Matrix
    high: Matrix
    whole: bool
    codes: Matrix
    open: NDArray[np.bool_]


def make_knobs(rows: Matrix, reach: Reach) -> tuple[Knob, ...]:
    """The knobs of rows (n, d) that at least one row can turn."""
    grouped = {column for group in reach.one_hot for column in group}
    knobs = [_group_knob(group, rows, reach) for group in reach.one_hot]
    for column in np.flatnonzero(reach.mutable):
        if column not in grouped:
            choices = reach.choices[column]
            made = _number_knob if choices is None else _choice_knob
            knobs.append(made(int(column), rows, reach))
    return tuple(knob for knob in knobs if knob.open.any())


def draw_setting(knob: Knob, index: NDArray[np.intp], current: Matrix, rng: np.random.Generator) -> Matrix:
    """(m, len(columns)) new settings for the rows `index`, whose current rows are given."""
    count = len(index)
    match knob.kind:
        case KnobKind.CHOICE:
            return knob.codes[rng.integers(len(knob.codes), size=count)][:, None]
        case KnobKind.GROUP:
            return np.eye(len(knob.columns))[rng.integers(len(knob.columns), size=count)]
        case KnobKind.NUMBER:
            return _draw_number(knob, index, current[:, knob.columns[0]], rng)[:, None]


def end_setting(knob: Knob, index: NDArray[np.intp], end: int, rng: np.random.Generator) -> Matrix:
    """(m, len(columns)) the low end (0) or the high end (1) of a number; what has no ends is drawn."""
    if knob.kind is not KnobKind.NUMBER:
        return draw_setting(knob, index, np.empty((len(index), 0)), rng)
    return (knob.high if end else knob.low)[index][:, None].copy()


def copy_setting(knob: Knob, index: NDArray[np.intp], donors: Matrix) -> Matrix:
    """(m, len(columns)) the settings of other rows, as near as the rows `index` can come to them."""
    settings = donors[:, list(knob.columns)].copy()
    if knob.kind is KnobKind.NUMBER:
        settings[:, 0] = np.clip(settings[:, 0], knob.low[index], knob.high[index])
    return settings


def restore_setting(knob: Knob, original: Matrix) -> Matrix:
    """(m, len(columns)) the settings of the original rows."""
    return original[:, list(knob.columns)].copy()


def _draw_number(knob: Knob, index: NDArray[np.intp], current: Matrix, rng: np.random.Generator) -> Matrix:
    low, high = knob.low[index], knob.high[index]
    span = high - low
    way = rng.integers(4, size=len(index))
    anywhere = low + span * rng.random(len(index))
    near = current + _LOCAL * span * rng.standard_normal(len(index))
    drawn = np.choose(way, [low, high, anywhere, near])
    drawn = np.round(drawn) if knob.whole else drawn
    return np.asarray(np.clip(drawn, low, high))


def _number_knob(column: int, rows: Matrix, reach: Reach) -> Knob:
    values = rows[:, column]
    known = ~np.isnan(values)
    seen = values[known] if known.any() else np.zeros(1)
    spread = np.maximum(_FAR * float(seen.std()), 1.0 + np.abs(values))
    low, high = reach.low[:, column], reach.high[:, column]
    low = np.where(np.isfinite(low), low, np.minimum(values - spread, seen.min()))
    high = np.where(np.isfinite(high), high, np.maximum(values + spread, seen.max()))
    whole = bool(reach.integer[column])
    if whole:
        low, high = np.ceil(low), np.floor(high)
    return Knob(
        kind=KnobKind.NUMBER,
        columns=(column,),
        low=low,
        high=high,
        whole=whole,
        codes=np.empty(0),
        open=known & (high >= low) & ~((low == high) & (low == values)),
    )


def _choice_knob(column: int, rows: Matrix, reach: Reach) -> Knob:
    choices = reach.choices[column]
    codes = np.flatnonzero(choices).astype(np.float64) if choices is not None else np.empty(0)
    values = rows[:, column]
    others = (codes != values[:, None]).any(axis=1) if len(codes) else np.zeros(len(rows), dtype=np.bool_)
    nothing = np.zeros(len(rows))
    return Knob(
        kind=KnobKind.CHOICE,
        columns=(column,),
        low=nothing,
        high=nothing,
        whole=False,
        codes=codes,
        open=~np.isnan(values) & others,
    )


def _group_knob(group: tuple[int, ...], rows: Matrix, reach: Reach) -> Knob:
    nothing = np.zeros(len(rows))
    present = ~np.isnan(rows[:, list(group)]).any(axis=1)
    return Knob(
        kind=KnobKind.GROUP,
        columns=group,
        low=nothing,
        high=nothing,
        whole=True,
        codes=np.empty(0),
        open=np.asarray(present & (np.count_nonzero(reach.mutable[list(group)]) > 1)),
    )
