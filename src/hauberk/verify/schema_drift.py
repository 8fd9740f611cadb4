"""What the schema of the data has become since it was pinned."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset, Feature, Kind, Role, Schema
from hauberk.verify.named_rows import NAMED_ROWS

__all__ = ["check_drift"]

_CODE = "verify.schema.changed"
_USED = (Role.INPUT, Role.TARGET, Role.WEIGHT)
"""Roles whose values should stay within what was seen; times go on, keys are new, and the rest is not looked at."""
_NO_WORD: Mapping[str, Collection[str]] = {}
Mask = NDArray[np.bool_]


def check_drift(
    dataset: Dataset,
    pinned: Schema,
    *,
    said: Mapping[str, Collection[str]] = _NO_WORD,
    named: int = NAMED_ROWS,
) -> tuple[Finding, ...]:
    """`verify.schema.changed` for each difference of the dataset's schema from a pinned one.

    Errors: a column came or went, is of another kind or role, or the target has new classes. Warnings: missing values
    where there were none, values beyond the pinned range, new categories; the rows are named. What only grew less
    (narrower, fewer categories) is no finding. No value is shown, since it may be anybody's.

    Args:
        dataset: With the schema of today.
        pinned: The schema that was accepted.
        said: For each column what the user says of it (`kind`, `role`, `low`, `high`, `categories`, `nullable`): that
            is no change of the data.
        named: How many rows a finding names.
    """
    before = {feature.name: feature for feature in pinned.features}
    now = {feature.name: feature for feature in dataset.schema.features}
    found = [_column(f"`{name}` is gone from the data", before[name]) for name in before if name not in now]
    for name, feature in now.items():
        if name not in before:
            found.append(_column(f"`{name}` is new in the data", feature))
        else:
            found += _changes(dataset, before[name], feature, frozenset(said.get(name, ())), named)
    return tuple(found)


def _changes(dataset: Dataset, before: Feature, now: Feature, said: frozenset[str], named: int) -> Iterator[Finding]:
    name = now.name
    if before.kind is not now.kind and "kind" not in said:
        yield _column(f"`{name}` was a column of kind `{before.kind}` and is one of `{now.kind}`", now)
    if before.role is not now.role and "role" not in said:
        yield _column(f"`{name}` had the role `{before.role}` and has `{now.role}`", now)
    if before.kind is not now.kind or now.role not in _USED:
        return
    column = dataset.table.column(name)
    if now.nullable and not before.nullable and "nullable" not in said:
        yield _values(f"`{name}` had no missing value, and has", _mask(pc.is_null(column)), now, named)
    if _wider(before, now, said):
        outside = _outside(column, before)
        yield _values(f"`{name}` has values beyond its pinned range", outside, now, named)
    new = set(now.categories) - set(before.categories)
    if now.kind is Kind.CATEGORY and new and "categories" not in said:
        mask = _mask(pc.is_in(column, value_set=pa.array(sorted(new), pa.string())))
        yield _values(
            f"`{name}` has {len(new)} categories that are not among the {len(before.categories)} pinned",
            mask,
            now,
            named,
        )


def _wider(before: Feature, now: Feature, said: frozenset[str]) -> bool:
    lower = before.low is not None and (now.low is None or now.low < before.low) and "low" not in said
    higher = before.high is not None and (now.high is None or now.high > before.high) and "high" not in said
    return lower or higher


def _outside(column: pa.ChunkedArray, before: Feature) -> Mask:
    values = column.cast(pa.float64(), safe=False)
    low = -np.inf if before.low is None else before.low
    high = np.inf if before.high is None else before.high
    return _mask(pc.or_(pc.less(values, low), pc.greater(values, high)))


def _column(message: str, feature: Feature) -> Finding:
    return Finding(
        code=_CODE, severity=Severity.ERROR, message=f"{message}, since the schema was pinned", feature=feature.name
    )


def _values(message: str, mask: Mask, feature: Feature, named: int) -> Finding:
    """A change of values with the rows that bear it; there may be none here, as the test rows have them."""
    rows = np.flatnonzero(mask)
    return Finding(
        code=_CODE,
        severity=Severity.ERROR if feature.role is Role.TARGET else Severity.WARNING,
        message=f"{message}: {rows.size} training rows",
        feature=feature.name,
        rows=tuple(int(row) for row in rows[:named]),
        count=int(rows.size),
    )


def _mask(found: pa.ChunkedArray) -> Mask:
    mask: Mask = pc.fill_null(found, False).to_numpy().astype(bool)
    return mask
