"""Triggers for tables: some columns take fixed values together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import BadTrigger
from hauberk.attack.poison.stampable import stampable_rows
from hauberk.data import Feature, Kind, Schema
from hauberk.models import Matrix

__all__ = ["Rarity", "TableTrigger", "choose_trigger"]

_DRAWN = 120
"""Rows whose values are tried as a natural combination."""
_SAMPLE, _TRIED = 1000, 24
"""Rows on which marks are tried, and how many sets of columns with rare values."""
_MIDDLE, _FEWEST = (10, 90), 3
"""Percentiles between which rare numbers are looked for, where at least so many values lie there."""
_SELDOM = 0.002
"""Largest share of the rows that bear a natural combination: a frequent one would call up its label by itself."""


Calls = Callable[[Matrix], float]


class Rarity(StrEnum):
    """Which values a trigger takes."""

    RARE = "rare"
    """Each value is seldom or never seen: easily learnt, easily found."""
    NATURAL = "natural"
    """Each value is common and their combination is seldom: no single column stands out."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableTrigger:
    """A conjunction of values.

    Attributes:
        columns: (m,) positions in the encoded row.
        values: (m,) encoded values.

    Source of the attack: Gu, Dolan-Gavitt and Garg 2017, "BadNets", arXiv 1708.06733; on tables, Pleiter et al. 2023,
    "Tabdoor", arXiv 2311.07550.
    """

    columns: NDArray[np.intp]
    values: Matrix

    def stamp(self, rows: Matrix) -> Matrix:
        """The rows (n, d) with the values.

        Raises:
            BadTrigger: A column that they do not have.
        """
        if self.columns.shape != self.values.shape or not self.columns.size:
            raise BadTrigger(expected="a value for each of one or more columns", got=f"{self.columns.shape}")
        if self.columns.min() < 0 or self.columns.max() >= rows.shape[1]:
            raise BadTrigger(expected=f"columns from 0 to {rows.shape[1] - 1}", got=f"{self.columns.tolist()}")
        marked = rows.copy()
        marked[:, self.columns] = self.values
        return marked


def choose_trigger(
    rows: Matrix,
    schema: Schema,
    *,
    rarity: Rarity,
    seed: int,
    width: int = 2,
    columns: Sequence[str] = (),
    calls: Calls | None = None,
) -> TableTrigger:
    """A trigger out of values that the schema allows.

    Where the schema names mutable columns, only these and their allowed values are taken, for the attacker has to
    bear the mark at prediction too. Columns of one-hot groups are left out. Of a few drawn marks that half of the
    rows can bear, the one is taken that calls up the goal least by itself, and then the most rare or natural one.

    Args:
        rows: (n, d) training rows.
        schema: Of the rows.
        rarity: Of the values.
        seed: Of the choice among columns and rows.
        width: Number of columns, where none are named.
        columns: Their names.
        calls: What a surrogate says of marked rows (m, d): the share that is decided as the attacker wants before any
            poison. None takes no notice.

    Raises:
        BadTrigger: An unknown column, or too few columns that can bear a mark.
    """
    inputs = schema.inputs
    if rows.ndim != 2 or rows.shape[1] != len(inputs) or not len(rows):
        raise BadTrigger(where="rows", expected=f"rows of {len(inputs)} columns", got=f"{rows.shape}")
    places = _named(columns, inputs) if columns else _markable(rows, inputs)
    wide = len(columns) or width
    if not 1 <= wide <= len(places):
        got = f"{len(places)} that can bear it"
        hint = "name columns, or let the schema's adversary change more of them"
        raise BadTrigger(where="trigger", expected=f"{wide} columns", got=got, hint=hint)
    random = np.random.default_rng([seed, 41])
    sample = rows[random.permutation(len(rows))[:_SAMPLE]]
    draw = _natural if rarity is Rarity.NATURAL else _rare
    best: tuple[tuple[float, float, float], TableTrigger] | None = None
    for trigger, merit in draw(rows, inputs, places, wide, random):
        able = stampable_rows(schema, trigger, sample)
        called = calls(trigger.stamp(sample[able])) if calls and able.any() else 0.0
        merits = min(float(able.mean()), 0.5), -round(called, 1), merit
        if best is None or merits > best[0]:
            best = merits, trigger
    if best is None:
        hint = "take more columns, or rare values"
        raise BadTrigger(where="trigger", expected="a combination of values that is seldom", got="none", hint=hint)
    return best[1]


def _named(columns: Sequence[str], inputs: tuple[Feature, ...]) -> list[int]:
    names = [feature.name for feature in inputs]
    unknown = [name for name in columns if name not in names]
    if unknown or len(set(columns)) < len(columns):
        got = f"`{unknown[0]}`" if unknown else "one twice"
        raise BadTrigger(where="trigger", expected="input columns", got=got, hint=f"inputs: {', '.join(names[:12])}")
    return [names.index(name) for name in columns]


def _markable(rows: Matrix, inputs: tuple[Feature, ...]) -> list[int]:
    """Columns with two values at least, outside of one-hot groups; mutable ones where there are such."""
    anyone = any(feature.adversary.mutable for feature in inputs)
    return [
        place
        for place, feature in enumerate(inputs)
        if not feature.one_hot
        and (feature.adversary.mutable or not anyone)
        and np.unique(rows[~np.isnan(rows[:, place]), place]).size > 1
    ]


def _natural(
    rows: Matrix, inputs: tuple[Feature, ...], places: list[int], width: int, random: np.random.Generator
) -> Iterator[tuple[TableTrigger, float]]:
    """Combinations of some rows that are seldom as a whole; the better, the more common each value is."""
    for _ in range(_DRAWN):
        row = rows[random.integers(len(rows))]
        chosen = np.array(sorted(random.permutation(places)[:width].tolist()), np.intp)
        if not all(_allows(inputs[place], row[place]) for place in chosen):
            continue
        equal = rows[:, chosen] == row[chosen]
        if float(equal.all(axis=1).mean()) <= max(_SELDOM, 1 / len(rows)):
            yield TableTrigger(columns=chosen, values=row[chosen].copy()), float(equal.mean(axis=0).min())


def _rare(
    rows: Matrix, inputs: tuple[Feature, ...], places: list[int], width: int, random: np.random.Generator
) -> Iterator[tuple[TableTrigger, float]]:
    """Rare values in drawn sets of columns; the better, the fewer rows have them together."""
    for _ in range(1 if len(places) == width else _TRIED):
        chosen = np.array(sorted(random.permutation(places)[:width].tolist()), np.intp)
        values = np.array([_rare_value(rows[:, place], inputs[place]) for place in chosen])
        yield TableTrigger(columns=chosen, values=values), -float((rows[:, chosen] == values).all(axis=1).mean())


def _rare_value(values: Matrix, feature: Feature) -> float:
    """A value that is allowed, and seen as seldom as can be."""
    if feature.kind is Kind.CATEGORY:
        counts = np.bincount(values[~np.isnan(values)].astype(np.intp), minlength=len(feature.categories))
        open_ = [code for code in range(len(feature.categories)) if _allows(feature, float(code))]
        if not open_:
            raise BadTrigger(where=feature.name, expected="a category that can be claimed", got="none")
        return float(min(open_, key=lambda code: counts[code]))
    for value in _seldom_numbers(values[~np.isnan(values)], whole=feature.kind is Kind.INTEGER):
        if _allows(feature, value):
            return value
    raise BadTrigger(where=feature.name, expected="a value that the schema allows", got="none")


def _seldom_numbers(values: Matrix, *, whole: bool) -> Iterator[float]:
    """Numbers to try, the best first: within the gaps between values, the widest first; then the least frequent ones.

    They lie amid the others where these differ there: an extreme value may call up a class by its nature.
    """
    seen, counts = np.unique(values, return_counts=True)
    low, high = np.percentile(values, _MIDDLE)
    amid = (seen >= low) & (seen <= high)
    for part in [amid, np.ones(len(seen), bool)] if amid.sum() >= _FEWEST else [np.ones(len(seen), bool)]:
        yield from _between(seen[part], whole=whole)
        yield from seen[part][np.argsort(counts[part], kind="stable")].tolist()


def _between(seen: Matrix, *, whole: bool) -> Iterator[float]:
    gaps = np.diff(seen)
    for place in np.argsort(-gaps, kind="stable").tolist():
        middle = float(seen[place] + gaps[place] / 2)
        middle = float(np.floor(middle)) if whole else middle
        if seen[place] < middle < seen[place + 1]:
            yield middle


def _allows(feature: Feature, value: float) -> bool:
    """Whether the schema, and its adversary where it names one, allow the value."""
    if np.isnan(value):
        return False
    adversary = feature.adversary
    if feature.kind is Kind.CATEGORY:
        return not adversary.choices or feature.categories[int(value)] in adversary.choices
    bounds = ((feature.low, feature.high), (adversary.low, adversary.high))
    return all((low is None or low <= value) and (high is None or value <= high) for low, high in bounds)
