"""How far rows have moved, and between which distances the truth lies for each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.axes import Axis
from hauberk.attack.evasion.ball import Norm
from hauberk.attack.evasion.field import Field
from hauberk.attack.evasion.tolls import LEAST_NORMAL
from hauberk.data import Reach, Within

__all__ = ["Bracket", "Measure"]

Matrix = NDArray[np.float64]

_ROUNDING = 2.0**-23
"""Relative room for a number that only its cast takes into a cell."""
_MORE, _LEAST = 1e-6, 1e-12
"""Room by which a radius is widened to be sure that it holds all cells, relative and absolute."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measure:
    """How far a row has moved.

    Attributes:
        norm: In which steps are summed up.
        scale: (d,) float64 unit of each.
        number: (d,) bool, features whose step is a difference; that of others is 1.
    """

    norm: Norm
    scale: Matrix
    number: NDArray[np.bool_]

    def open(self, reach: Reach) -> Reach:
        """The reach with room for the norm, but no bound of it yet; Linf is kept to by cells alone."""
        if self.norm is Norm.LINF:
            return reach
        power = {Norm.L2: 2, Norm.L1: 1, Norm.L0: 0}[self.norm]
        return replace(reach, within=Within(power=power, scale=self.scale, radius=np.full(len(reach.low), np.inf)))

    def cell_distances(self, field: Field, axis: Axis, room: float = _ROUNDING) -> Matrix:
        """(n, K) how far each row must go in Linf to be cast into each cell, at least; at most, with negative room."""
        columns = list(axis.columns)
        there, here = axis.points, field.rows[:, None, columns]
        step = np.abs(there - here) - room * (np.abs(there) + np.abs(here) + LEAST_NORMAL)
        step = np.where(self.number[columns], np.maximum(step, 0.0), there != here)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(step > 0, step / self.scale[columns], 0.0)
        return np.asarray(share.max(axis=2))

    def distance(self, rows: Matrix, changed: Matrix) -> Matrix:
        """(n,) how far each changed row is from its row; NaN counts as unchanged."""
        step = np.nan_to_num(np.abs(changed - rows))
        step = np.where(self.number, step, step > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(step > 0, step / self.scale, 0.0)
        if self.norm is Norm.LINF:
            return np.asarray(share.max(axis=1, initial=0.0))
        if self.norm is Norm.L2:
            return np.asarray(np.sqrt((share**2).sum(axis=1)))
        return np.asarray((share > 0).sum(axis=1, dtype=np.float64) if self.norm is Norm.L0 else share.sum(axis=1))

    def beyond(self, radius: Matrix) -> Matrix:
        """(n,) the least distance that a row can have that is not within the radius; in L0 the next whole number."""
        return np.asarray(np.floor(radius) + 1 if self.norm is Norm.L0 else radius)

    def farthest(self, field: Field) -> Matrix:
        """(n,) a radius within which each row can be anywhere in its reach, as far as the trees can tell."""
        linf = self.norm is Norm.LINF
        most = np.zeros(len(field.rows))
        for axis in field.axes:
            far = self.cell_distances(field, axis, -_ROUNDING) if linf else axis.power
            far = np.where(axis.allowed, far, 0.0).max(axis=1, initial=0.0)
            most = np.maximum(most, far) if linf else most + far
        return np.asarray((np.sqrt(most) if self.norm is Norm.L2 else most) * (1 + _MORE) + _LEAST)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bracket:
    """Between which distances the truth lies for n rows in one contest; narrowed in place.

    Attributes:
        original: (n, d) the rows.
        rows, distance: What was found.
        proved: (n,) nothing is nearer.
        tried: (n,) nothing nearer was found.
    """

    original: Matrix
    rows: Matrix
    distance: Matrix
    proved: Matrix
    tried: Matrix

    def open(self, gap: float) -> NDArray[np.intp]:
        """Rows of which something was found and the gap is wider than this share of its distance."""
        return np.flatnonzero(np.isfinite(self.distance) & (self.tried < (1 - gap) * self.distance))

    def middle(self, index: NDArray[np.intp]) -> Matrix:
        """The radius to try next."""
        return np.asarray((self.tried[index] + self.distance[index]) / 2)

    def tell(
        self, index: NDArray[np.intp], radius: Matrix, found: NDArray[np.bool_], rows: Matrix, distance: Matrix
    ) -> None:
        """Note what came of trying all that is nearer than these radii."""
        nearer = found & (distance < self.distance[index])
        self.rows[index[nearer]], self.distance[index[nearer]] = rows[nearer], distance[nearer]
        self.tried[index[~found]] = radius[~found]
