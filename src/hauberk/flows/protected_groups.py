"""The groups of each protected column that are large enough to be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Kind, Schema
from hauberk.models import Matrix

__all__ = ["FEWEST", "ProtectedGroups", "decisions_of", "protected_groups"]

FEWEST = 20
"""Rows that a group must have before a rate of it is compared."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProtectedGroups:
    """The groups of one column.

    Attributes:
        name: Of the column.
        place: Among the inputs; it seeds the resampling.
        kept: (n,) bool, rows of the groups that are compared.
        group: (m,) int64, the group of each of these rows, from 0.
        count: How many groups.
    """

    name: str
    place: int
    kept: NDArray[np.bool_]
    group: NDArray[np.int64]
    count: int


def protected_groups(schema: Schema, rows: Matrix) -> Iterator[ProtectedGroups]:
    """Each protected column of categories with at least two groups of 20 rows; nothing unless there are two classes.

    Args:
        schema: With a target.
        rows: (n, d) encoded.
    """
    if schema.target is None or len(schema.target.categories) != 2:
        return
    for place, feature in enumerate(schema.inputs):
        if not feature.protected or feature.kind is not Kind.CATEGORY:
            continue
        codes = rows[:, place]
        counts = np.bincount(codes[~np.isnan(codes)].astype(np.int64), minlength=len(feature.categories))
        large = np.flatnonzero(counts >= FEWEST)
        if large.size < 2:
            continue
        kept = np.isin(codes, large)
        group = np.searchsorted(large, codes[kept]).astype(np.int64)
        yield ProtectedGroups(name=feature.name, place=place, kept=kept, group=group, count=large.size)


def decisions_of(right: NDArray[np.bool_], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) what a classifier of two classes said, by whether it was right."""
    return np.where(right, labels, 1 - labels)
