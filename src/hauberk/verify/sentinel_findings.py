"""Numbers that stand for something else: -1, 999 or 0 where a value is missing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset, Kind, Role
from hauberk.verify.named_rows import NAMED_ROWS, row_findings

__all__ = ["check_sentinels"]

_NINES = (9.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0)
_ENDS = (2147483647.0, float(np.finfo(np.float32).max), 1e20, 1e30, 1e37)
SENTINELS = (-1.0, 0.0, *_NINES, *_ENDS, *(-value for value in (*_NINES, *_ENDS)), -2147483648.0)
"""What programs write for a missing number, the ends of int32 and float32 among them."""
_LEAST = 5
_OTHERS = 5
_NEAR = 20
_COUNTED = 5
_APART = 5.0
"""Times the usual distance of neighbours, from which a value stands apart."""
_OFTEN = 3.0
_ZERO = 0.15
"""Where the least value is above this share of the median, 0 is no amount like others (a pressure, a weight)."""
Vector = NDArray[np.float64]


def check_sentinels(dataset: Dataset, *, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """Well-known stand-ins for "missing" that stand apart in a numeric column: `verify.units.sentinel`.

    A stand-in lies beyond all other values, occurs five times or more, and three times as often as each of its
    neighbours. Its distance to the nearest value is five times what is usual there. A negative one also counts
    where it is the only negative value. 0 counts only where all others are positive and none is near it;
    that is information.
    A sentinel in the middle of the range, such as 99 among amounts, cannot be told from a price.
    """
    found: list[Finding] = []
    for feature in dataset.schema.features:
        if feature.role is Role.INPUT and feature.kind in (Kind.NUMBER, Kind.INTEGER):
            column = dataset.table.column(feature.name)
            values: Vector = column.cast("float64", safe=False).to_numpy()
            name = feature.name.replace("{", "{{").replace("}", "}}")
            for value in find_sentinels(values):
                severity = Severity.WARNING if value else Severity.INFO
                message = f"{{count}} values of `{name}` are {value:g}, which often stands for a missing one"
                found += row_findings(
                    "verify.units.sentinel",
                    message,
                    values == value,
                    severity=severity,
                    feature=feature.name,
                    named=named,
                )
    return tuple(found)


def find_sentinels(values: Vector) -> Iterator[float]:
    """The stand-ins among (n,) float64 values, missing as NaN.

    >>> list(find_sentinels(np.array([20.0, 31, 42, 53, 60, 64, 72] * 2 + [999.0] * 9)))
    [999.0]
    """
    different, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    known = np.isin(different, SENTINELS)
    others, repeats = different[~known], counts[~known]
    if others.size >= _OTHERS:
        for value, count in zip(different[known], counts[known], strict=True):
            if count >= _LEAST and _stands_apart(float(value), int(count), others, repeats):
                yield float(value)


def _stands_apart(value: float, count: int, others: Vector, repeats: NDArray[np.int64]) -> bool:
    """Whether a value lies beyond all others, that are ascending, as no value of theirs would."""
    below = value < others[0]
    if not below and value < others[-1]:
        return False
    if value < 0 <= others[0]:
        return True
    near, counted = (slice(_NEAR), slice(_COUNTED)) if below else (slice(-_NEAR, None), slice(-_COUNTED, None))
    closest = others[0] if below else others[-1]
    if count < _OFTEN * repeats[counted].max():
        return False
    if value == 0 and not (below and closest > _ZERO * np.repeat(others, repeats)[int(repeats.sum()) // 2]):
        return False
    return bool(abs(closest - value) >= _APART * np.median(np.diff(others[near])))
