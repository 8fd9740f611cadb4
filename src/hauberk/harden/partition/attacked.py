"""A certificate held against an attack: certified is at most true, and true at most what the attack left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.core.claim import Estimate
from hauberk.harden.partition.certificate import Certificate
from hauberk.stats import estimate_proportion

__all__ = ["AttackedPoint", "attacked_point"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackedPoint:
    """One budget of poison.

    Attributes:
        changes: As the certificate counts: a row whose inputs are changed is two.
        certified: Share of the rows whose good decision is certified for so many changes.
        attacked: Share of the rows that are decided well after one attack with so many changes.
        refuted: Rows whose decision was certified and came out otherwise: 0, or the certificate is wrong.
    """

    changes: int
    certified: Estimate
    attacked: Estimate
    refuted: int


def attacked_point(
    certificate: Certificate, good: Mask, after: NDArray[np.intp], good_after: Mask, *, changes: int
) -> AttackedPoint:
    """The certificate of a clean election beside the election that an attack made.

    Args:
        certificate: Of n rows.
        good: (n,) which of its decisions are good ones: right, or not what the attacker wants.
        after: (n,) class codes by the election that was trained on poisoned rows.
        good_after: (n,) which of these are good.
        changes: Of the training rows, at least 0.

    Raises:
        BadSample: There are no rows.
    """
    held = certificate.radius >= changes
    return AttackedPoint(
        changes=changes,
        certified=estimate_proportion(int((held & good).sum()), len(good)),
        attacked=estimate_proportion(int(good_after.sum()), len(good)),
        refuted=int((held & (after != certificate.predicted)).sum()),
    )
