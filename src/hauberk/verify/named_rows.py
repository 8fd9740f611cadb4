"""A finding that names the first of the rows it is about."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hauberk.core.finding import Finding, Severity

__all__ = ["NAMED_ROWS", "row_findings"]

NAMED_ROWS = 20
"""How many rows a finding names."""


def row_findings(
    code: str,
    message: str,
    broken: NDArray[np.bool_],
    *,
    severity: Severity = Severity.WARNING,
    feature: str = "",
    named: int = NAMED_ROWS,
) -> Iterator[Finding]:
    """One finding over the rows of a (n,) mask, none where it is all false; `{count}` in the message is filled in."""
    rows = np.flatnonzero(broken)
    if rows.size:
        yield Finding(
            code=code,
            severity=severity,
            message=message.format(count=rows.size),
            feature=feature,
            rows=tuple(int(row) for row in rows[:named]),
            count=int(rows.size),
        )
