"""Where an adversary can move a row: the schema's adversary, resolved for given rows.

A `Reach` speaks of the encoded matrix (float64, categories as codes, missing as NaN); attacks, certificates and
adversarial training take it and nothing else of the schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reach", "Within"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Within:
    """A ball around each of n rows in a norm that all features share, besides what each may become.

    The size of a change is the sum over the features of (step / scale) ** power, to the power 1 / power; a category
    that changes has made a step of 1.

    Attributes:
        power: 1 (L1), 2 (L2), or 0: the number of features that change (L0).
        scale: (d,) float64 unit of each step; a feature of scale 0 cannot move, one of infinite scale moves freely.
        radius: (n,) float64 from 0.
    """

    power: int
    scale: NDArray[np.float64]
    radius: NDArray[np.float64]

    @property
    def limit(self) -> NDArray[np.float64]:
        """(n,) what the powers of a row's steps must not exceed together."""
        return np.asarray(self.radius**self.power if self.power else np.floor(self.radius))

    def powers(self, steps: NDArray[np.float64], columns: Sequence[int] | slice = slice(None)) -> NDArray[np.float64]:
        """(…, d) what steps, sizes from 0, add to the sum; `columns` names the features that the last axis holds."""
        if self.power == 0:
            scale = self.scale[columns]
            return np.where(steps > 0, np.where(scale == 0, np.inf, np.isfinite(scale)), 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = steps / self.scale[columns]
        return np.asarray(np.where(steps > 0, share, 0.0) ** self.power)

    def rows(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Within:
        """That of some of the rows."""
        return replace(self, radius=self.radius[index])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reach:
    """The set of rows that an adversary can make out of each of n rows with d features.

    Attributes:
        low, high: (n, d) float64, inclusive ends of the reachable interval of numbers; both equal the row where the
            feature is immutable, a category or missing.
        choices: For each of the d features None (a number) or a bool array (number of categories,): the codes that
            can be claimed; the row's own code can always be kept.
        mutable: (d,) bool.
        integer: (d,) bool; only whole numbers may be claimed.
        cost: (d,) float64, cost a unit of change (number) or of any change (category).
        budget: Total cost that a row's changes may sum to, infinity for no bound.
        relations: (m, d) float64 and (m,) float64: `coefficients @ x <= bounds` for every valid row.
        one_hot: Column-index groups of which exactly one column is 1.
        within: A norm in which all features share a radius; None for no such bound.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    choices: tuple[NDArray[np.bool_] | None, ...]
    mutable: NDArray[np.bool_]
    integer: NDArray[np.bool_]
    cost: NDArray[np.float64]
    budget: float
    relations: tuple[NDArray[np.float64], NDArray[np.float64]]
    one_hot: tuple[tuple[int, ...], ...] = ()
    within: Within | None = None

    def rows(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Reach:
        """The reach of some of the rows."""
        return Reach(
            low=self.low[index], high=self.high[index], choices=self.choices, mutable=self.mutable,
            integer=self.integer, cost=self.cost, budget=self.budget, relations=self.relations, one_hot=self.one_hot,
            within=None if self.within is None else self.within.rows(index),
        )  # fmt: skip
