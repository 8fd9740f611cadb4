"""One-hot groups as a single direction: which column is 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.leaves import ColumnBoxes, LeafBoxes, cells_of, masked_column, members

__all__ = ["Options", "group_boxes", "group_options"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Options:
    """What a group of m columns can hold.

    Attributes:
        patterns: (K, m) float64, the m unit vectors and then every other pattern that a row has of its own.
        own: (n,) int32, the pattern of each row.
    """

    patterns: NDArray[np.float64]
    own: NDArray[np.int32]


def group_options(group: tuple[int, ...], rows: NDArray[np.float64]) -> Options:
    """The options of a group, for these rows."""
    held = rows[:, list(group)] + 0.0  # -0.0 becomes 0.0
    units = np.eye(len(group))
    # Compared as bytes, so that NaN equals NaN.
    patterns, own = np.unique(np.concatenate([units, held]).view(np.uint64), axis=0, return_inverse=True)
    number = np.full(len(patterns), -1, dtype=np.int32)
    number[own[: len(group)]] = np.arange(len(group))
    others = np.flatnonzero(number < 0)
    number[others] = len(group) + np.arange(len(others))
    return Options(
        patterns=np.concatenate([units, patterns[others].view(np.float64)]),
        own=number[own[len(group) :]],
    )


def group_boxes(boxes: LeafBoxes, group: tuple[int, ...], options: Options) -> ColumnBoxes | None:
    """What the leaves ask of the group, with its options as cells; None where no leaf asks anything."""
    columns = [column for column in boxes.columns if column.column in group]
    if not columns:
        return None
    inside = np.ones((len(boxes.value), len(options.patterns)), dtype=np.bool_)
    for column in columns:
        values = options.patterns[:, group.index(column.column)]
        inside[column.leaf] &= members(column, cells_of(column, values, boxes.precision))[column.shape]
    leaf = np.unique(np.concatenate([column.leaf for column in columns]))
    return masked_column(-1, np.empty(0), leaf, inside[leaf], np.ones(len(leaf), dtype=np.bool_))
