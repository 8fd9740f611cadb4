"""How far an attacker may move rows: a norm and a radius, within what the schema allows."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.ball import Norm
from hauberk.data import Reach, Within

__all__ = ["NORMS", "Threat", "resolve_threat"]

Matrix = NDArray[np.float64]

NORMS = ("linf", "l2", "l1", "l0", "cost")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Threat:
    """How far an attacker may move each of n rows.

    Attributes:
        norm: Of the change, each feature in units of `scale`: `linf`, `l2`, `l1`, `l0` (how many features change), or
            `cost` (what the schema says that changes cost).
        eps: The radius, from 0.
        reach: What the schema allows besides, resolved for these rows; None where all numbers are free.
        scale: (d,) float64 unit of each feature; None for 1.
        low, high: (d,) float64 valid range of each feature, or one number for all; None for no end.
        goal: The class that the attacker wants; empty for any wrong one.
    """

    norm: str
    eps: float
    reach: Reach | None = None
    scale: Matrix | None = None
    low: Matrix | float | None = None
    high: Matrix | float | None = None
    goal: str = ""


def resolve_threat(threat: Threat, rows: Matrix, scale: Matrix, *, trees: bool) -> Reach:
    """The reach of a norm and a radius, cut by what the schema allows.

    Numbers move; categories do only where the norm counts or prices changes. With an infinite radius, all that the
    schema and the valid range allow. Attacks on trees keep to every norm besides the schema's own budget; others have
    one budget, and it is the norm's where the norm is a sum of prices.
    """
    width = rows.shape[1]
    allowed = threat.reach or _free(rows, width)
    number = np.array([choices is None for choices in allowed.choices], dtype=np.bool_)
    keeps = threat.norm in ("linf", "l2", "l1")
    mutable = allowed.mutable & (number if keeps else True)
    low, high = np.where(mutable, allowed.low, rows), np.where(mutable, allowed.high, rows)
    if keeps:
        step = np.where(scale > 0, threat.eps * np.where(scale > 0, scale, 1.0), 0.0)
        low, high = np.fmax(low, rows - step), np.fmin(high, rows + step)
    if threat.low is not None:
        low = np.where(mutable & number, np.minimum(np.fmax(low, threat.low), rows), low)
    if threat.high is not None:
        high = np.where(mutable & number, np.maximum(np.fmin(high, threat.high), rows), high)
    cost, budget = allowed.cost, allowed.budget
    if threat.norm == "cost":
        step = np.where(cost > 0, min(budget, threat.eps) / np.where(cost > 0, cost, 1.0), np.inf)
        low = np.where(mutable & number, np.fmax(low, rows - step), low)
        high = np.where(mutable & number, np.fmin(high, rows + step), high)
    choices = tuple(None if one is None else (np.zeros_like(one) if keeps else one) for one in allowed.choices)
    reach = replace(allowed, low=low, high=high, mutable=mutable, choices=choices)
    if threat.norm == "cost":
        return replace(reach, budget=min(budget, threat.eps))
    if trees:
        return _bounded(reach, Norm(threat.norm), scale, threat.eps)
    if threat.norm == "l1":
        cost = np.where(scale > 0, 1 / np.where(scale > 0, scale, 1.0), 0.0)
        return replace(reach, cost=cost, budget=threat.eps)
    return reach


def _bounded(reach: Reach, norm: Norm, scale: Matrix, eps: float) -> Reach:
    """The reach with a bound of the norm; intervals are one for L-infinity."""
    if norm is Norm.LINF or math.isinf(eps):
        return reach
    power = {Norm.L2: 2, Norm.L1: 1, Norm.L0: 0}[norm]
    return replace(reach, within=Within(power=power, scale=scale, radius=np.full(len(reach.low), eps)))


def _free(rows: Matrix, width: int) -> Reach:
    """All numbers are free."""
    return Reach(
        low=np.where(np.isnan(rows), rows, -np.inf),
        high=np.where(np.isnan(rows), rows, np.inf),
        choices=(None,) * width,
        mutable=np.ones(width, dtype=np.bool_),
        integer=np.zeros(width, dtype=np.bool_),
        cost=np.ones(width),
        budget=np.inf,
        relations=(np.empty((0, width)), np.empty(0)),
    )
