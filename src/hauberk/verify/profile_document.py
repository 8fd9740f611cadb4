"""A profile as JSON. Columns that may tell of single persons are counted, and none of their values is told."""

from __future__ import annotations

from hauberk.core.encoding import Json
from hauberk.data import Feature, Kind, Role, Schema
from hauberk.verify.profile import ColumnProfile, TableProfile

__all__ = ["profile_document"]

_SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_TOLD = (Role.INPUT, Role.TARGET)


def profile_document(profile: TableProfile, schema: Schema) -> dict[str, Json]:
    """Rows, and for each column what is missing, how many values differ, range, moments, quantiles, categories.

    Range, quantiles and categories are left out of columns that are personal, sensitive or no input.
    """
    columns: list[Json] = [
        _column(column, feature) for column, feature in zip(profile.columns, schema.features, strict=True)
    ]
    return {"rows": profile.rows, "columns": columns}


def _column(column: ColumnProfile, feature: Feature) -> Json:
    document: dict[str, Json] = {
        "name": feature.name,
        "kind": str(feature.kind),
        "missing": column.missing,
        "distinct": column.distinct.count,
        "distinct_exact": column.distinct.exact,
    }
    if feature.personal or feature.sensitive or feature.role not in _TOLD:
        return document
    if feature.kind is Kind.CATEGORY:
        return document | {"categories": dict(zip(feature.categories, column.categories, strict=True))}
    if not column.moments.count:
        return document
    return document | {
        "low": column.low,
        "high": column.high,
        "mean": column.moments.mean,
        "deviation": column.moments.deviation,
        "quantiles": {f"{share:g}": column.quantiles.quantile(share) for share in _SHARES},
    }
