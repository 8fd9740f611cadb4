"""The groups of each protected column that are large enough to be compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Dataset, Feature, Kind

__all__ = ["FEWEST", "ProtectedGroups", "decisions_of", "protected_groups"]

FEWEST = 20
"""Rows that a group must have before a rate of it is compared."""
_MOST = 100
"""Groups of one column, above which its values are no groups."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProtectedGroups:
    """The groups of one column.

    Attributes:
        name: Of the column.
        place: Among the columns; it seeds the resampling.
        kept: (n,) bool, rows of the groups that are compared.
        group: (m,) int64, the group of each of these rows, from 0.
        count: How many groups.
    """

    name: str
    place: int
    kept: NDArray[np.bool_]
    group: NDArray[np.int64]
    count: int


def protected_groups(dataset: Dataset) -> tuple[list[ProtectedGroups], dict[str, str]]:
    """The protected columns that can be compared, inputs of the model or not, and of the others why not.

    Categories, and whole numbers of few values, make groups; two classes and two groups of 20 rows are needed.

    Args:
        dataset: With a target.
    """
    found: list[ProtectedGroups] = []
    refused: dict[str, str] = {}
    target = dataset.schema.target
    for place, feature in enumerate(dataset.schema.features):
        if not feature.protected:
            continue
        if target is None or len(target.categories) != 2:
            refused[feature.name] = "there are not two classes"
            continue
        codes = _codes(dataset, feature)
        if codes is None:
            refused[feature.name] = "neither categories nor whole numbers of few values"
            continue
        large = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=1) >= FEWEST)
        if large.size < 2:
            refused[feature.name] = f"fewer than two groups of {FEWEST} rows"
            continue
        kept = np.isin(codes, large)
        group = np.searchsorted(large, codes[kept]).astype(np.int64)
        found.append(ProtectedGroups(name=feature.name, place=place, kept=kept, group=group, count=large.size))
    return found, refused


def _codes(dataset: Dataset, feature: Feature) -> NDArray[np.int64] | None:
    """(n,) the group of each row, -1 for a missing value; None where the values make no groups."""
    if feature.kind not in (Kind.CATEGORY, Kind.INTEGER):
        return None
    column = dataset.table.column(feature.name).combine_chunks().dictionary_encode()
    if len(column.dictionary) > _MOST:
        return None
    return np.asarray(column.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def decisions_of(right: NDArray[np.bool_], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) what a classifier of two classes said, by whether it was right."""
    return np.where(right, labels, 1 - labels)
