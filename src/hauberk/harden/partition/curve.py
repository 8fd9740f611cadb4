"""Certified accuracy against the number of bad training rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.core.claim import Estimate
from hauberk.harden.partition.certificate import Certificate
from hauberk.stats import estimate_proportion

__all__ = ["CurvePoint", "certified_curve", "certified_point", "claimed_budgets", "radius_quantiles"]

_POINTS = 160
_QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """Certified accuracy with at most `rows` bad training rows; its interval covers this point by itself."""

    rows: int
    estimate: Estimate


def certified_curve(certificate: Certificate, labels: NDArray[np.int64], *, points: int = _POINTS) -> list[CurvePoint]:
    """The curve from 0 bad rows, the accuracy at rest, to the first number at which nothing is certified.

    Every number of rows has a point, or every second and so on where these would be more than `points`.

    Raises:
        BadSample: There are no rows.
    """
    right = certificate.radius[certificate.predicted == labels]
    last = int(right.max(initial=-1)) + 1
    step = -(-(last + 1) // points)
    return [certified_point(certificate, labels, rows) for rows in range(0, last + step, step)]


def certified_point(certificate: Certificate, labels: NDArray[np.int64], rows: int) -> CurvePoint:
    """One point of the curve, with its Clopper-Pearson interval.

    Raises:
        BadSample: There are no rows.
    """
    holds = certificate.withstands(labels, rows)
    return CurvePoint(rows=rows, estimate=estimate_proportion(int(holds.sum()), len(labels)))


def claimed_budgets(partitions: int) -> tuple[int, ...]:
    """The numbers of bad rows that become claims: 1, 2, 5, 10, 20, … up to what any row could stand.

    They depend on the number of partitions only, so that a gate finds its claim however the training goes.

    >>> claimed_budgets(50)
    (1, 2, 5, 10, 20)
    """
    ladder = (factor * 10**power for power in range(4) for factor in (1, 2, 5))
    return tuple(rows for rows in ladder if rows <= partitions // 2)


def radius_quantiles(certificate: Certificate, labels: NDArray[np.int64]) -> tuple[float, ...]:
    """Smallest, quartiles and largest of the radii of the rows; a row that is decided wrongly counts as -1."""
    radius = np.where(certificate.predicted == labels, certificate.radius, -1)
    return tuple(float(value) for value in np.quantile(radius, _QUANTILES, method="lower")) if radius.size else ()
