"""Where an adversary can move a row: the schema's adversary, resolved for given rows.

A `Reach` speaks of the encoded matrix (float64, categories as codes, missing as NaN); attacks, certificates and
adversarial training take it and nothing else of the schema.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reach"]


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

    def rows(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Reach:
        """The reach of some of the rows."""
        return Reach(
            low=self.low[index], high=self.high[index], choices=self.choices, mutable=self.mutable,
            integer=self.integer, cost=self.cost, budget=self.budget, relations=self.relations, one_hot=self.one_hot,
        )  # fmt: skip
