"""Every leaf of an ensemble as a box: what a row must look like to end there.

The line of each column is cut at the thresholds of all trees. Between two cuts lies a *cell*: the ensemble cannot
tell two values of one cell apart, so boxes, certificates and attacks count in cells and never compare floats twice.
A categorical split sends `floor(x)` by its bit set, so its column is cut at the whole numbers too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.models import TreeEnsemble

__all__ = ["MISSING", "ColumnBoxes", "LeafBoxes", "cells_of", "leaf_boxes", "make_column", "members", "select_trees"]

MISSING = -1
"""The cell of NaN."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColumnBoxes:
    """What the P leaves that ask anything of one column ask of it; many ask the same, so it is held in Z *shapes*.

    Attributes:
        column: The column, or -1 for a group of columns that move together.
        edges: (K - 1,) float64, ascending; cell c holds `edges[c - 1] <= cast(x) < edges[c]`. For a group the cells
            are its options and there are no edges.
        cells: K.
        leaf: (P,) intp, ascending leaf numbers.
        shape: (P,) intp, the shape of each leaf.
        first, last: (Z,) int32, the inclusive range of cells; K and -1 where no number leads to the leaf. The hull
            of the cells where `mask` is given.
        mask: (Z, K) bool, the cells themselves, where some shape is not a range; else None.
        missing: (Z,) bool, whether NaN leads to the leaf.
        firsts: The different values of `first`, ascending, and (Z,) which of them a shape has.
        lasts: The same of `last`.
    """

    column: int
    edges: NDArray[np.float64]
    cells: int
    leaf: NDArray[np.intp]
    shape: NDArray[np.intp]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    mask: NDArray[np.bool_] | None
    missing: NDArray[np.bool_]
    firsts: tuple[NDArray[np.int32], NDArray[np.intp]]
    lasts: tuple[NDArray[np.int32], NDArray[np.intp]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeafBoxes:
    """The L leaves of an ensemble, tree by tree.

    Attributes:
        start: (T,) intp, the first leaf of each tree.
        value: (L, k) float64.
        columns: Columns that some leaf constrains, ascending.
        precision: The type that values are cast to before they are compared.
    """

    start: NDArray[np.intp]
    value: NDArray[np.float64]
    columns: tuple[ColumnBoxes, ...]
    precision: np.dtype[np.floating]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Turns:
    """One entry for each inner node above each leaf."""

    leaf: NDArray[np.intp]
    node: NDArray[np.intp]
    left: NDArray[np.bool_]

    def at(self, index: NDArray[np.bool_]) -> _Turns:
        return _Turns(leaf=self.leaf[index], node=self.node[index], left=self.left[index])


def leaf_boxes(ensemble: TreeEnsemble) -> LeafBoxes:
    """The boxes of all leaves. Law: a row lies in the box of the leaf that it reaches, and in no other of the tree."""
    node = np.flatnonzero(ensemble.feature < 0)
    turns = _turns(ensemble, node)
    column = ensemble.feature[turns.node]
    columns = [_column_boxes(ensemble, int(c), turns.at(column == c)) for c in np.unique(column)]
    return LeafBoxes(
        start=np.searchsorted(node, ensemble.roots).astype(np.intp),
        value=ensemble.value[node],
        columns=tuple(columns),
        precision=ensemble.precision,
    )


def cells_of(boxes: ColumnBoxes, values: NDArray[np.float64], precision: np.dtype[np.floating]) -> NDArray[np.int32]:
    """The cell of each value of the column, `MISSING` (-1) for NaN; any shape."""
    with np.errstate(over="ignore"):
        cast = values.astype(precision).astype(np.float64)
    cells = np.searchsorted(boxes.edges, cast, side="right").astype(np.int32)
    cells[np.isnan(cast)] = MISSING
    return cells


def members(boxes: ColumnBoxes, cells: NDArray[np.integer]) -> NDArray[np.bool_]:
    """(Z, len(cells)) whether a value of the cell leads to the leaves of the shape; `MISSING` is a cell too."""
    if boxes.mask is None:
        inside = (boxes.first[:, None] <= cells) & (boxes.last[:, None] >= cells)
    else:
        inside = boxes.mask[:, cells]
    inside[:, cells == MISSING] = boxes.missing[:, None]
    return inside


def select_trees(boxes: LeafBoxes, chosen: NDArray[np.bool_]) -> LeafBoxes:
    """The boxes of the trees that are chosen, (T,) bool, with leaves renumbered."""
    if chosen.all():
        return boxes
    sizes = np.diff(np.append(boxes.start, len(boxes.value)))
    kept = np.repeat(chosen, sizes)
    number = np.cumsum(kept) - 1
    columns = []
    for column in boxes.columns:
        here = kept[column.leaf]
        if here.any():
            columns.append(replace(column, leaf=number[column.leaf[here]], shape=column.shape[here]))
    start = np.cumsum(sizes[chosen]) - sizes[chosen]
    return replace(boxes, start=start.astype(np.intp), value=boxes.value[kept], columns=tuple(columns))


def make_column(
    column: int,
    edges: NDArray[np.float64],
    leaf: NDArray[np.intp],
    inside: tuple[NDArray[np.int32], NDArray[np.int32]] | NDArray[np.bool_],
    missing: NDArray[np.bool_],
) -> ColumnBoxes:
    """The boxes of one column.

    Args:
        column: Its number.
        edges: (K - 1,) as in `ColumnBoxes`.
        leaf: (P,) the leaves.
        inside: For each leaf the first and the last cell, or (P, K) bool.
        missing: (P,) whether NaN leads to the leaf.
    """
    if isinstance(inside, tuple):
        mask, cells = None, len(edges) + 1
        empty = inside[0] > inside[1]
        first, last = np.where(empty, cells, inside[0]), np.where(empty, -1, inside[1])
        # One number says all three: sorting rows of a matrix is many times slower.
        key = ((first.astype(np.int64) * (cells + 1)) + last + 1) * 2 + missing
        _, one, shape = np.unique(key, return_index=True, return_inverse=True)
        first, last, missing = first[one], last[one], missing[one]
    else:
        cells = inside.shape[1]
        packed = np.packbits(np.concatenate([inside, missing[:, None]], axis=1), axis=1)
        _, one, shape = np.unique(packed.view(f"V{packed.shape[1]}").ravel(), return_index=True, return_inverse=True)
        mask, missing = inside[one], missing[one]
        some = mask.any(axis=1)
        first = np.where(some, mask.argmax(axis=1), cells)
        last = np.where(some, cells - 1 - mask[:, ::-1].argmax(axis=1), -1)
    first, last = first.astype(np.int32), last.astype(np.int32)
    return ColumnBoxes(
        column=column,
        edges=edges,
        cells=cells,
        leaf=leaf,
        shape=shape,
        first=first,
        last=last,
        mask=mask,
        missing=missing,
        firsts=np.unique(first, return_inverse=True),
        lasts=np.unique(last, return_inverse=True),
    )


def _turns(ensemble: TreeEnsemble, leaves: NDArray[np.intp]) -> _Turns:
    """The turns on the way from each leaf up to its root."""
    inner = np.flatnonzero(ensemble.feature >= 0)
    parent = np.full(len(ensemble.feature), -1, dtype=np.intp)
    went_left = np.zeros(len(ensemble.feature), dtype=np.bool_)
    parent[ensemble.left[inner]] = parent[ensemble.right[inner]] = inner
    went_left[ensemble.left[inner]] = True
    number = np.arange(len(leaves))
    found = []
    below = leaves
    while len(below):
        above = parent[below]
        known = above >= 0
        found.append(_Turns(leaf=number[known], node=above[known], left=went_left[below[known]]))
        number, below = number[known], above[known]
    empty = np.empty(0, dtype=np.intp)
    return _Turns(
        leaf=np.concatenate([empty, *(turns.leaf for turns in found)]),
        node=np.concatenate([empty, *(turns.node for turns in found)]),
        left=np.concatenate([empty.astype(np.bool_), *(turns.left for turns in found)]),
    )


def _column_boxes(ensemble: TreeEnsemble, column: int, turns: _Turns) -> ColumnBoxes:
    categorical = ensemble.categorical[turns.node]
    edges = _edges(ensemble, turns.node, categorical)
    cells = len(edges) + 1
    leaf, pair = np.unique(turns.leaf, return_inverse=True)
    first, last = np.zeros(len(leaf), dtype=np.int32), np.full(len(leaf), cells - 1, dtype=np.int32)
    missing = np.ones(len(leaf), dtype=np.bool_)
    np.logical_and.at(missing, pair, ensemble.missing_left[turns.node] == turns.left)
    cut = np.searchsorted(edges, ensemble.threshold[turns.node]).astype(np.int32)
    right, left = ~turns.left & ~categorical, turns.left & ~categorical
    np.maximum.at(first, pair[right], cut[right] + 1)
    np.minimum.at(last, pair[left], cut[left])
    if not categorical.any():
        return make_column(column, edges, leaf, (first, last), missing)
    mask = (first[:, None] <= np.arange(cells)) & (last[:, None] >= np.arange(cells))
    goes_left = _category_cells(ensemble, turns.node[categorical], edges)
    np.logical_and.at(mask, pair[categorical], goes_left == turns.left[categorical, None])
    return make_column(column, edges, leaf, mask, missing)


def _edges(ensemble: TreeEnsemble, nodes: NDArray[np.intp], categorical: NDArray[np.bool_]) -> NDArray[np.float64]:
    edges = np.unique(ensemble.threshold[nodes[~categorical]])
    if not categorical.any():
        return edges
    listed = np.bitwise_or.reduce(ensemble.category_words[np.unique(nodes[categorical])], axis=0)
    bits = np.unpackbits(listed.astype("<u8").view(np.uint8), bitorder="little")
    codes = np.flatnonzero(bits)
    # Beyond the highest listed code every split sends a value right, as it does below zero.
    return np.union1d(edges, np.arange(codes.max(initial=-1) + 2, dtype=np.float64))


def _category_cells(ensemble: TreeEnsemble, nodes: NDArray[np.intp], edges: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(len(nodes), K) whether the categorical split sends the cell left."""
    words = ensemble.category_words
    code = np.floor(np.concatenate([[-1.0], edges]))
    inside = (code >= 0) & (code < 64 * words.shape[1])
    whole = np.where(inside, code, 0).astype(np.intp)
    word = words[nodes][:, whole >> 6]
    bit = (word >> (whole & 63).astype(np.uint64)) & np.uint64(1)
    return np.asarray(inside & bit.astype(np.bool_))
