"""Trusted rows that are training rows themselves cannot vouch for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.verify.errors import TrustedRowsUnusable

__all__ = ["refuse_shared_rows"]

_COPIES = 0.05
"""Share of the trusted rows that may be training rows beyond what is natural: whatever their scores, a share e of the
references raises the rate of false flags by no more than a factor 1 / (1 - e)."""


def refuse_shared_rows(shared: NDArray[np.bool_], *, natural: float, rows: int) -> None:
    """Refuse trusted rows that stand in the training data more often than the training rows have twins among them.

    A row that is drawn like the others is among them as often as one of them is among the rest.

    Args:
        shared: (m,) which trusted rows have the inputs of a training row.
        natural: Share of the training rows that have the inputs of another one.
        rows: Training rows.

    Raises:
        TrustedRowsUnusable: They do.
    """
    noise = 3 * np.sqrt(natural * (1 - natural) * (1 / rows + 1 / shared.size))
    if shared.mean() > natural + noise + _COPIES:
        got = f"{shared.sum()} of {shared.size} that stand in the training data, where {natural:.0%} have a twin"
        hint = "take them out of the training data"
        raise TrustedRowsUnusable(expected="trusted rows that are no training rows", got=got, hint=hint)
