"""How far rows of a table lie from one row: numbers in units of their spread, categories equal or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison.labelled import Labelled, Mask
from hauberk.models import Matrix

__all__ = ["Nearness", "Region", "find_region", "measure_nearness", "require_region"]

_SPREAD = (10, 90)
"""Percentiles between which a column is taken to spread: a few extreme values do not shrink all others."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nearness:
    """The metric of one table.

    Attributes:
        scale: (d,) unit of each number, 1 for categories.
        categorical: (d,) bool.
    """

    scale: Matrix
    categorical: Mask

    def distance(self, rows: Matrix, anchor: Matrix) -> Matrix:
        """(n,) Euclidean distances of rows (n, d) from one row (d,); where one value is missing they count as 1."""
        apart = np.abs(rows - anchor) / self.scale
        apart = np.where(self.categorical, rows != anchor, apart)
        missing, lost = np.isnan(rows), np.isnan(anchor)
        apart = np.where(missing | lost, missing != lost, apart)
        return np.asarray(np.sqrt((apart.astype(np.float64) ** 2).sum(axis=1)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """The rows around one row.

    Attributes:
        nearness: The metric.
        anchor: (d,) the row.
        radius: Of the region.
    """

    nearness: Nearness
    anchor: Matrix
    radius: float

    def holds(self, rows: Matrix) -> Mask:
        """(n,) which rows (n, d) lie in it."""
        return np.asarray(self.nearness.distance(rows, self.anchor) <= self.radius)


def measure_nearness(rows: Matrix, categorical: Mask) -> Nearness:
    """The metric in which each number of the rows (n, d) spreads alike; `categorical` is (d,)."""
    with np.errstate(invalid="ignore"):
        known = np.where(np.isnan(rows), np.nanmedian(np.where(np.isnan(rows).all(axis=0), 0.0, rows), axis=0), rows)
    low, high = np.percentile(known, _SPREAD, axis=0)
    spread = np.where(high > low, high - low, known.max(axis=0) - known.min(axis=0))
    return Nearness(scale=np.where(categorical | ~(spread > 0), 1.0, spread), categorical=categorical)


def find_region(train: Labelled, nearness: Nearness, anchor: Matrix, *, share: float) -> Region:
    """The region around the row `anchor` (d,) that holds a share of the training rows.

    Raises:
        BadPoison: A row of another width, or a share that is not above 0 and at most 1.
    """
    if anchor.shape != train.rows.shape[1:]:
        raise BadPoison(where="anchor", expected=f"a row of {train.rows.shape[1]} values", got=f"{anchor.shape}")
    require_region(share)
    distance = nearness.distance(train.rows, anchor)
    place = max(1, round(share * len(train.rows))) - 1
    radius = float(np.partition(distance, place)[place])
    return Region(nearness=nearness, anchor=anchor.copy(), radius=radius)


def require_region(share: float) -> None:
    """Refuse what is no share of the rows that could lie in a region.

    Raises:
        BadPoison: It is not above 0 and at most 1.
    """
    if not 0 < share <= 1:
        raise BadPoison(where="region", expected="a share of the rows above 0 and at most 1", got=f"{share}")
