"""Columns against the schema: missing values, ranges, categories, relations, constants and keys."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset, Feature, Kind, Role
from hauberk.verify.named_rows import NAMED_ROWS, row_findings

__all__ = ["check_columns"]

_KEY_SHARE = 0.95
_KEY_ROWS = 50
"""Below, whole numbers that all differ are no sign of a key."""
_ROUNDING = 2.0**-40
"""Relative room for the order in which the terms of a relation are summed."""


def check_columns(dataset: Dataset, *, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """What the schema says and the values do not keep.

    Codes `verify.schema.` and: `null` (missing where the schema allows none), `out_of_range`, `unknown_category`,
    `constant` (an input that says nothing), `id_like` (an input that names rows: learnt by heart, useless on new
    ones), `relation`, `one_hot`. No value is shown, since it may be anybody's.
    """
    found: list[Finding] = []
    for feature in dataset.schema.features:
        if feature.role is not Role.IGNORED:
            found += _column_findings(dataset.table.column(feature.name), feature, named)
    found += _relation_findings(dataset, named)
    found += _group_findings(dataset, named)
    return tuple(found)


def _column_findings(column: pa.ChunkedArray, feature: Feature, named: int) -> Iterator[Finding]:
    name = feature.name
    missing = _mask(pc.is_null(column))
    if not feature.nullable:
        severity = Severity.ERROR if feature.role is Role.TARGET else Severity.WARNING
        message = f"{{count}} values of `{_safe(name)}` are missing, and the schema allows none"
        yield from row_findings("verify.schema.null", message, missing, severity=severity, feature=name, named=named)
    if feature.kind is Kind.CATEGORY:
        known = _mask(pc.is_in(column, value_set=pa.array(feature.categories, pa.string())))
        message = f"{{count}} values of `{_safe(name)}` are none of its {len(feature.categories)} categories"
        unknown = ~known & ~missing
        severity = Severity.ERROR if feature.role is Role.TARGET else Severity.WARNING
        yield from row_findings(
            "verify.schema.unknown_category", message, unknown, severity=severity, feature=name, named=named
        )
    elif feature.kind is not Kind.TEXT:
        yield from _range_findings(column, feature, named)
    if feature.role is Role.INPUT:
        yield from _use_findings(column, feature)


def _range_findings(column: pa.ChunkedArray, feature: Feature, named: int) -> Iterator[Finding]:
    low = -np.inf if feature.low is None else feature.low
    high = np.inf if feature.high is None else feature.high
    # In float64 as the ends are; Arrow would refuse to compare a whole number beyond 2**53, such as a long key.
    values = column.cast(pa.float64(), safe=False)
    outside = _mask(pc.or_(pc.less(values, low), pc.greater(values, high)))
    unit = f" {_safe(feature.unit)}" if feature.unit else ""
    message = f"{{count}} values of `{_safe(feature.name)}` lie outside {low:g} to {high:g}{unit}"
    yield from row_findings("verify.schema.out_of_range", message, outside, feature=feature.name, named=named)


def _use_findings(column: pa.ChunkedArray, feature: Feature) -> Iterator[Finding]:
    """Whether an input is of any use to a model: neither the same everywhere nor different everywhere."""
    different = pc.count_distinct(column, mode="only_valid").as_py()
    filled = len(column) - column.null_count
    if different + bool(column.null_count) <= 1:
        message = f"`{feature.name}` has the same value in every row"
        yield _of_column("verify.schema.constant", message, feature, len(column))
    countable = feature.kind in (Kind.INTEGER, Kind.CATEGORY)
    if countable and filled >= _KEY_ROWS and different >= _KEY_SHARE * filled:
        message = f"`{feature.name}` differs in {different} of {filled} rows, as a key does; give it the role `id`"
        yield _of_column("verify.schema.id_like", message, feature, len(column))


def _of_column(code: str, message: str, feature: Feature, count: int) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, message=message, feature=feature.name, count=count)


def _relation_findings(dataset: Dataset, named: int) -> Iterator[Finding]:
    for relation in dataset.schema.relations:
        terms = [coefficient * _values(dataset, name) for name, coefficient in relation.coefficients]
        room = _ROUNDING * np.abs(terms).sum(axis=0)
        broken = np.sum(terms, axis=0) > relation.bound + room
        message = f"{{count}} rows break the relation `{_safe(relation.name)}`"
        yield from row_findings("verify.schema.relation", message, broken, named=named)


def _group_findings(dataset: Dataset, named: int) -> Iterator[Finding]:
    groups: dict[str, list[Feature]] = {}
    for feature in dataset.schema.inputs:
        if feature.one_hot:
            groups.setdefault(feature.one_hot, []).append(feature)
    for name, members in groups.items():
        cells = np.array([_bits(dataset, member) for member in members])
        broken = ~(np.isin(cells, (0.0, 1.0)).all(axis=0) & (cells.sum(axis=0) == 1))
        message = f"in {{count}} rows not exactly one column of the one-hot group `{_safe(name)}` is 1"
        yield from row_findings("verify.schema.one_hot", message, broken, named=named)


def _bits(dataset: Dataset, feature: Feature) -> NDArray[np.float64]:
    """A member of a one-hot group as numbers; a category counts by its code, false before true."""
    if feature.kind is not Kind.CATEGORY:
        return _values(dataset, feature.name)
    codes = pc.index_in(dataset.table.column(feature.name), value_set=pa.array(feature.categories, pa.string()))
    bits: NDArray[np.float64] = codes.cast(pa.float64()).to_numpy()
    return bits


def _values(dataset: Dataset, name: str) -> NDArray[np.float64]:
    values: NDArray[np.float64] = dataset.table.column(name).cast(pa.float64(), safe=False).to_numpy()
    return values


def _mask(found: pa.ChunkedArray) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = pc.fill_null(found, False).to_numpy().astype(bool)
    return mask


def _safe(text: str) -> str:
    """A name that stands for itself in a message with fields."""
    return text.replace("{", "{{").replace("}", "}}")
