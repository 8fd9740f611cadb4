"""Columns against the schema: missing values, ranges, categories, relations, constants and keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset, Feature, Kind, Role
from hauberk.verify.named_rows import NAMED_ROWS, row_findings

__all__ = ["RowRule", "check_columns", "row_rules", "use_findings"]

_KEY_SHARE = 0.95
_KEY_ROWS = 50
"""Below, whole numbers that all differ are no sign of a key."""
_ROUNDING = 2.0**-40
"""Relative room for the order in which the terms of a relation are summed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowRule:
    """One rule of the schema over the rows of a dataset.

    Attributes:
        code, severity, feature: Of the finding where rows break it.
        message: Of the finding, `{count}` for the number of rows.
        broken: (n,) bool.
    """

    code: str
    message: str
    broken: NDArray[np.bool_]
    severity: Severity = Severity.WARNING
    feature: str = ""


def check_columns(dataset: Dataset, *, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """What the schema says and the values do not keep.

    Codes `verify.schema.` and: `null` (missing where the schema allows none), `out_of_range`, `unknown_category`,
    `constant` (an input that says nothing), `id_like` (an input that names rows: learnt by heart, useless on new
    ones), `relation`, `one_hot`. No value is shown, since it may be anybody's.
    """
    found: list[Finding] = []
    for rule in row_rules(dataset):
        found += row_findings(
            rule.code, rule.message, rule.broken, severity=rule.severity, feature=rule.feature, named=named
        )
    for feature in dataset.schema.inputs:
        column = dataset.table.column(feature.name)
        different = pc.count_distinct(column, mode="only_valid").as_py()
        found += use_findings(feature, different=different, missing=column.null_count, rows=dataset.rows)
    return tuple(found)


def row_rules(dataset: Dataset) -> Iterator[RowRule]:
    """Every rule of the schema that speaks of single rows; in the same order for all datasets of one schema."""
    for feature in dataset.schema.features:
        if feature.role is not Role.IGNORED:
            yield from _column_rules(dataset.table.column(feature.name), feature)
    yield from _relation_rules(dataset)
    yield from _group_rules(dataset)


def _column_rules(column: pa.ChunkedArray, feature: Feature) -> Iterator[RowRule]:
    name = feature.name
    missing = _mask(pc.is_null(column))
    severity = Severity.ERROR if feature.role is Role.TARGET else Severity.WARNING
    if not feature.nullable:
        message = f"{{count}} values of `{_safe(name)}` are missing, and the schema allows none"
        yield RowRule(code="verify.schema.null", message=message, broken=missing, severity=severity, feature=name)
    if feature.kind is Kind.CATEGORY:
        known = _mask(pc.is_in(column, value_set=pa.array(feature.categories, pa.string())))
        message = f"{{count}} values of `{_safe(name)}` are none of its {len(feature.categories)} categories"
        code = "verify.schema.unknown_category"
        yield RowRule(code=code, message=message, broken=~known & ~missing, severity=severity, feature=name)
    elif feature.kind is not Kind.TEXT:
        yield _range_rule(column, feature)


def _range_rule(column: pa.ChunkedArray, feature: Feature) -> RowRule:
    low = -np.inf if feature.low is None else feature.low
    high = np.inf if feature.high is None else feature.high
    # In float64 as the ends are; Arrow would refuse to compare a whole number beyond 2**53, such as a long key.
    values = column.cast(pa.float64(), safe=False)
    outside = _mask(pc.or_(pc.less(values, low), pc.greater(values, high)))
    unit = f" {_safe(feature.unit)}" if feature.unit else ""
    message = f"{{count}} values of `{_safe(feature.name)}` lie outside {low:g} to {high:g}{unit}"
    return RowRule(code="verify.schema.out_of_range", message=message, broken=outside, feature=feature.name)


def use_findings(
    feature: Feature, *, different: int, missing: int, rows: int, estimated: bool = False
) -> Iterator[Finding]:
    """Whether an input is of any use to a model: neither the same everywhere nor different everywhere.

    Args:
        feature: The input.
        different: Different values among those that are there.
        missing: Values that are missing.
        rows: All rows.
        estimated: Whether `different` is an estimate.
    """
    filled = rows - missing
    if different + bool(missing) <= 1:
        message = f"`{feature.name}` has the same value in every row"
        yield _of_column("verify.schema.constant", message, feature, rows)
    countable = feature.kind in (Kind.INTEGER, Kind.CATEGORY)
    if countable and filled >= _KEY_ROWS and different >= _KEY_SHARE * filled:
        about = "about " if estimated else ""
        message = (
            f"`{feature.name}` differs in {about}{min(different, filled)} of {filled} rows, as a key does; "
            "give it the role `id`"
        )
        yield _of_column("verify.schema.id_like", message, feature, rows)


def _of_column(code: str, message: str, feature: Feature, count: int) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, message=message, feature=feature.name, count=count)


def _relation_rules(dataset: Dataset) -> Iterator[RowRule]:
    for relation in dataset.schema.relations:
        terms = [coefficient * _values(dataset, name) for name, coefficient in relation.coefficients]
        room = _ROUNDING * np.abs(terms).sum(axis=0)
        broken = np.sum(terms, axis=0) > relation.bound + room
        message = f"{{count}} rows break the relation `{_safe(relation.name)}`"
        yield RowRule(code="verify.schema.relation", message=message, broken=broken)


def _group_rules(dataset: Dataset) -> Iterator[RowRule]:
    groups: dict[str, list[Feature]] = {}
    for feature in dataset.schema.inputs:
        if feature.one_hot:
            groups.setdefault(feature.one_hot, []).append(feature)
    for name, members in groups.items():
        cells = np.array([_bits(dataset, member) for member in members])
        broken = ~(np.isin(cells, (0.0, 1.0)).all(axis=0) & (cells.sum(axis=0) == 1))
        message = f"in {{count}} rows not exactly one column of the one-hot group `{_safe(name)}` is 1"
        yield RowRule(code="verify.schema.one_hot", message=message, broken=broken)


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
