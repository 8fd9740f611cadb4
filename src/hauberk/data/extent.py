"""How far the values of all columns reach, batch by batch, and the schema that is widened to them.

What a column is can be read off the first rows of a long table. What its values are cannot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hauberk.data.columns import column_values
from hauberk.data.dataset import Dataset
from hauberk.data.errors import BadTarget
from hauberk.data.infer import DEFAULT_INFERENCE, Inference, sorted_categories
from hauberk.data.overrides import FeatureOverride
from hauberk.data.schema import Feature, Kind, Role, Schema
from hauberk.data.schema_rules import verify_schema

__all__ = ["Extent", "loosened_schema", "measure_extents", "widen_schema"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What the values of one column are so far.

    Law: `a + b` is exactly what all values of both give, in any order.

    Attributes:
        missing: Values that are missing.
        low, high: The least and the largest number, None where there is none.
        whole: All numbers are whole.
        categories: The different categories, None where they are more than may be kept.
    """

    missing: int = 0
    low: float | None = None
    high: float | None = None
    whole: bool = True
    categories: frozenset[str] | None = frozenset()

    def __add__(self, other: Extent) -> Extent:
        return Extent(
            missing=self.missing + other.missing,
            low=min((end for end in (self.low, other.low) if end is not None), default=None),
            high=max((end for end in (self.high, other.high) if end is not None), default=None),
            whole=self.whole and other.whole,
            categories=_few(self.categories, other.categories),
        )


def _few(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    both = None if one is None or other is None else one | other
    return both if both is not None and len(both) <= DEFAULT_INFERENCE.categories else None


def loosened_schema(schema: Schema, overrides: Mapping[str, FeatureOverride]) -> Schema:
    """The schema that later rows cannot contradict: whole numbers that nobody demands may turn out to be fractions."""

    def loosened(feature: Feature) -> Feature:
        said = overrides.get(feature.name, FeatureOverride()).kind is not None
        return replace(feature, kind=Kind.NUMBER) if feature.kind is Kind.INTEGER and not said else feature

    return Schema(features=tuple(loosened(feature) for feature in schema.features))


def measure_extents(dataset: Dataset) -> tuple[Extent, ...]:
    """The extent of each column of a batch."""
    return tuple(_extent(dataset.table.column(feature.name), feature) for feature in dataset.schema.features)


def _extent(column: pa.ChunkedArray, feature: Feature) -> Extent:
    if feature.kind is Kind.TEXT:
        return Extent(missing=column.null_count)
    if feature.kind is Kind.CATEGORY:
        found = frozenset(pc.unique(column.drop_null()).to_pylist())
        return Extent(missing=column.null_count, categories=_few(found, frozenset()))
    ends = pc.min_max(column).as_py()
    if ends["min"] is None:
        return Extent(missing=column.null_count)
    values = column_values(column)
    return Extent(
        missing=column.null_count,
        low=float(ends["min"]),
        high=float(ends["max"]),
        whole=feature.kind is Kind.INTEGER or bool(np.all((np.floor(values) == values) | np.isnan(values))),
    )


def widen_schema(
    schema: Schema,
    extents: tuple[Extent, ...],
    overrides: Mapping[str, FeatureOverride],
    *,
    inference: Inference = DEFAULT_INFERENCE,
    where: str = "",
) -> Schema:
    """The schema of the first rows, so that it holds for all of them; what an override says stays.

    Whole numbers of which some have fractions become numbers, and categories of which there are more than inputs may
    have become text, which is no input.

    Args:
        schema: Of the first rows, with the overrides put in.
        extents: Of all rows, one a column.
        overrides: What is known of single columns.
        inference: Where guesses change over.
        where: File, for messages.

    Raises:
        BadTarget: More classes than a target may have.
        BadOverride: The result contradicts itself.
    """
    features = tuple(
        _widened(feature, extent, overrides.get(feature.name, FeatureOverride()), inference, where)
        for feature, extent in zip(schema.features, extents, strict=True)
    )
    return verify_schema(replace(schema, features=features), where=where)


def _widened(feature: Feature, extent: Extent, said: FeatureOverride, inference: Inference, where: str) -> Feature:
    if feature.role is not Role.TARGET and said.nullable is None:
        feature = replace(feature, nullable=extent.missing > 0)
    if feature.kind is Kind.INTEGER and said.kind is None and not extent.whole:
        feature = replace(feature, kind=Kind.NUMBER)
    if feature.kind in (Kind.NUMBER, Kind.INTEGER):
        low = extent.low if said.low is None else feature.low
        return replace(feature, low=low, high=extent.high if said.high is None else feature.high)
    if feature.kind is not Kind.CATEGORY or said.categories is not None:
        return feature
    many = extent.categories is None or (feature.role is Role.TARGET and len(extent.categories) > inference.classes)
    if not many and extent.categories is not None:
        return replace(feature, categories=sorted_categories(list(extent.categories)))
    if feature.role is Role.TARGET or said.kind is not None:
        expected = f"at most {inference.classes if feature.role is Role.TARGET else inference.categories} categories"
        raise BadTarget(where=f"{where}: column `{feature.name}`".removeprefix(": "), expected=expected, got="more")
    role = Role.IGNORED if feature.role is Role.INPUT and said.role is None else feature.role
    return replace(feature, kind=Kind.TEXT, categories=(), role=role)
