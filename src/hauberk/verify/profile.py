"""What the columns of a table hold, in one pass over batches of any size."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.core.finding import Severity
from hauberk.data import Dataset, Feature, Kind
from hauberk.stats import (
    DistinctSketch,
    Moments,
    QuantileSketch,
    hash_numbers,
    measure_moments,
    sketch_distinct,
    sketch_quantiles,
)
from hauberk.verify.first_rows import FirstRows, first_rows
from hauberk.verify.schema_findings import row_rules

__all__ = ["ColumnProfile", "RuleTally", "TableProfile", "profile_dataset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """One column of a conformed table, which holds no infinity.

    Attributes:
        missing: Values that are missing.
        low, high: The least and the largest number, None where there is none.
        moments, quantiles: Of the numbers.
        distinct: Different values that are there.
        categories: Rows of each category of the schema.
    """

    missing: int = 0
    low: float | None = None
    high: float | None = None
    moments: Moments = field(default_factory=Moments)
    quantiles: QuantileSketch = field(default_factory=QuantileSketch)
    distinct: DistinctSketch = field(default_factory=DistinctSketch)
    categories: tuple[int, ...] = ()

    def __add__(self, other: ColumnProfile) -> ColumnProfile:
        return ColumnProfile(
            missing=self.missing + other.missing,
            low=min((end for end in (self.low, other.low) if end is not None), default=None),
            high=max((end for end in (self.high, other.high) if end is not None), default=None),
            moments=self.moments + other.moments,
            quantiles=self.quantiles + other.quantiles,
            distinct=self.distinct + other.distinct,
            categories=tuple(a + b for a, b in zip(self.categories, other.categories, strict=True)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTally:
    """A rule of the schema and the rows that break it; `message`, `severity` and so on as in `RowRule`."""

    code: str
    message: str
    severity: Severity
    feature: str
    broken: FirstRows

    def __add__(self, other: RuleTally) -> RuleTally:
        return RuleTally(
            code=self.code,
            message=self.message,
            severity=self.severity,
            feature=self.feature,
            broken=self.broken + other.broken,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TableProfile:
    """A table that was seen in parts, all of one schema.

    Law: `a + b` is what all rows of both give, in any order: exactly, but for the rounding of the moments.

    Attributes:
        rows: How many.
        columns: One profile a feature of the schema.
        rules: One tally a rule of the schema.
    """

    rows: int
    columns: tuple[ColumnProfile, ...]
    rules: tuple[RuleTally, ...]

    def __add__(self, other: TableProfile) -> TableProfile:
        return TableProfile(
            rows=self.rows + other.rows,
            columns=tuple(a + b for a, b in zip(self.columns, other.columns, strict=True)),
            rules=tuple(a + b for a, b in zip(self.rules, other.rules, strict=True)),
        )


def profile_dataset(dataset: Dataset, *, first_row: int = 0) -> TableProfile:
    """The profile of a batch.

    Args:
        dataset: The batch.
        first_row: Number of its first row in the table.
    """
    rules = tuple(
        RuleTally(
            code=rule.code,
            message=rule.message,
            severity=rule.severity,
            feature=rule.feature,
            broken=first_rows(rule.broken, first_row=first_row),
        )
        for rule in row_rules(dataset)
    )
    columns = tuple(_column(dataset.table.column(feature.name), feature) for feature in dataset.schema.features)
    return TableProfile(rows=dataset.rows, columns=columns, rules=rules)


def _column(column: pa.ChunkedArray, feature: Feature) -> ColumnProfile:
    missing = column.null_count
    if feature.kind in (Kind.CATEGORY, Kind.TEXT):
        return ColumnProfile(missing=missing, distinct=_texts(column), categories=_counts(column, feature))
    values: NDArray[np.float64] = column.cast(pa.float64(), safe=False).drop_null().to_numpy()
    if not values.size:
        return ColumnProfile(missing=missing)
    return ColumnProfile(
        missing=missing,
        low=float(values.min()),
        high=float(values.max()),
        moments=measure_moments(values),
        quantiles=sketch_quantiles(values),
        distinct=sketch_distinct(hash_numbers(values)),
    )


def _texts(column: pa.ChunkedArray) -> DistinctSketch:
    hashes = b"".join(
        hashlib.blake2b(text.encode(), digest_size=8).digest() for text in pc.unique(column.drop_null()).to_pylist()
    )
    return sketch_distinct(np.frombuffer(hashes, np.uint64))


def _counts(column: pa.ChunkedArray, feature: Feature) -> tuple[int, ...]:
    codes = pc.index_in(column, value_set=pa.array(feature.categories, pa.string())).drop_null()
    counts = np.bincount(codes.to_numpy(), minlength=len(feature.categories))
    return tuple(int(count) for count in counts)
