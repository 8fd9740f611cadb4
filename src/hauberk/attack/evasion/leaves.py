"""Every leaf of an ensemble as a box: what a row must look like to end there.

The line of each column is cut at the thresholds of all trees. Between two cuts lies a *cell*: the ensemble cannot
tell two values of one cell apart, so boxes, certificates and attacks count in cells and never compare floats twice.
A categorical split sends `floor(x)` by its bit set, so its column is cut at the whole numbers too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.core.kept import kept_with
from hauberk.models import TreeEnsemble

__all__ = ["MISSING", "ColumnBoxes", "LeafBoxes", "cells_of", "leaf_boxes", "masked_column", "members", "select_trees"]

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
    firsts: tuple[NDArray[np.intp], NDArray[np.intp]]
    lasts: tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, slots=True, weakref_slot=True, kw_only=True, eq=False)
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


@kept_with
def leaf_boxes(ensemble: TreeEnsemble) -> LeafBoxes:
    """The boxes of all leaves. Law: a row lies in the box of the leaf that it reaches, and in no other of the tree."""
    node = np.flatnonzero(ensemble.feature < 0)
    turns = _turns(ensemble, node)
    column = ensemble.feature[turns.node]
    mixed = np.unique(ensemble.feature[ensemble.categorical])
    columns = [_mixed_column(ensemble, int(c), turns.at(column == c)) for c in mixed]
    columns += _number_columns(ensemble, turns.at(~np.isin(column, mixed)) if len(mixed) else turns, len(node))
    return LeafBoxes(
        start=np.searchsorted(node, ensemble.roots).astype(np.intp),
        value=ensemble.value[node],
        columns=tuple(sorted(columns, key=lambda boxes: boxes.column)),
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


def masked_column(
    column: int,
    edges: NDArray[np.float64],
    leaf: NDArray[np.intp],
    inside: NDArray[np.bool_],
    missing: NDArray[np.bool_],
) -> ColumnBoxes:
    """The boxes of a column whose leaves hold any cells.

    Args:
        column: Its number.
        edges: (K - 1,) as in `ColumnBoxes`.
        leaf: (P,) the leaves.
        inside: (P, K) their cells.
        missing: (P,) whether NaN leads to the leaf.
    """
    cells = inside.shape[1]
    packed = np.packbits(np.concatenate([inside, missing[:, None]], axis=1), axis=1)
    _, one, shape = np.unique(packed.view(f"V{packed.shape[1]}").ravel(), return_index=True, return_inverse=True)
    mask = inside[one]
    some = mask.any(axis=1)
    first = np.where(some, mask.argmax(axis=1), cells).astype(np.int32)
    last = np.where(some, cells - 1 - mask[:, ::-1].argmax(axis=1), -1).astype(np.int32)
    return ColumnBoxes(
        column=column,
        edges=edges,
        cells=cells,
        leaf=leaf,
        shape=shape,
        first=first,
        last=last,
        mask=mask,
        missing=missing[one],
        firsts=_distinct(first, cells + 1),
        lasts=_distinct(last + 1, cells + 1, shift=1),
    )


def _distinct(values: NDArray[np.integer], limit: int, *, shift: int = 0) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The different values below a limit, less a shift, and which of them each is; without the cost of sorting."""
    present = np.zeros(limit, dtype=np.bool_)
    present[values] = True
    number = np.cumsum(present) - 1
    return np.flatnonzero(present) - shift, number[values]


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


def _number_columns(ensemble: TreeEnsemble, turns: _Turns, leaves: int) -> list[ColumnBoxes]:
    """The boxes of all columns without categorical splits, made together: most models have many small ones."""
    if not len(turns.node):
        return []
    edges, edge_column, cut = _all_edges(ensemble, turns.node)
    width = ensemble.width
    edge_start = np.searchsorted(edge_column, np.arange(width + 1))
    column = ensemble.feature[turns.node].astype(np.intp)
    pairs, pair = np.unique(column * leaves + turns.leaf, return_inverse=True)
    pair_column = pairs // leaves
    first = np.zeros(len(pairs), dtype=np.int64)
    last = np.diff(edge_start)[pair_column]
    missing = np.ones(len(pairs), dtype=np.bool_)
    cut = cut - edge_start[column]
    np.maximum.at(first, pair[~turns.left], cut[~turns.left] + 1)
    np.minimum.at(last, pair[turns.left], cut[turns.left])
    np.logical_and.at(missing, pair, ensemble.missing_left[turns.node] == turns.left)
    empty = first > last
    first[empty], last[empty] = np.diff(edge_start)[pair_column[empty]] + 1, -1
    # One number says column, range and whether NaN fits, in the order of the columns.
    radix = len(edges) + 3
    key = ((pair_column * radix + first) * radix + last + 1) * 2 + missing
    _, one, shape = np.unique(key, return_index=True, return_inverse=True)
    pair_start = np.searchsorted(pair_column, np.arange(width + 1))
    shape_start = np.searchsorted(pair_column[one], np.arange(width + 1))
    made = []
    for at in np.flatnonzero(np.diff(pair_start)):
        here, shapes = slice(pair_start[at], pair_start[at + 1]), one[shape_start[at] : shape_start[at + 1]]
        cells = int(edge_start[at + 1] - edge_start[at]) + 1
        made.append(
            ColumnBoxes(
                column=int(at),
                edges=edges[edge_start[at] : edge_start[at + 1]],
                cells=cells,
                leaf=pairs[here] - at * leaves,
                shape=shape[here] - shape_start[at],
                first=first[shapes].astype(np.int32),
                last=last[shapes].astype(np.int32),
                mask=None,
                missing=missing[shapes],
                firsts=_distinct(first[shapes], cells + 1),
                lasts=_distinct(last[shapes] + 1, cells + 1, shift=1),
            )
        )
    return made


def _all_edges(
    ensemble: TreeEnsemble, nodes: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.intp]]:
    """The different thresholds of each column, their columns, and the number of each node's threshold among them."""
    column, threshold = ensemble.feature[nodes], ensemble.threshold[nodes]
    order = np.lexsort((threshold, column))
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (np.diff(column[order]) != 0) | (np.diff(threshold[order]) != 0)
    number = np.empty(len(order), dtype=np.intp)
    number[order] = np.cumsum(fresh) - 1
    return threshold[order][fresh], column[order][fresh], number


def _mixed_column(ensemble: TreeEnsemble, column: int, turns: _Turns) -> ColumnBoxes:
    """The boxes of a column with categorical splits, and perhaps others."""
    categorical = ensemble.categorical[turns.node]
    edges = _edges(ensemble, turns.node, categorical)
    leaf, pair = np.unique(turns.leaf, return_inverse=True)
    missing = np.ones(len(leaf), dtype=np.bool_)
    np.logical_and.at(missing, pair, ensemble.missing_left[turns.node] == turns.left)
    cut = np.searchsorted(edges, ensemble.threshold[turns.node])
    goes_left = np.arange(len(edges) + 1) <= cut[:, None]
    goes_left[categorical] = _category_cells(ensemble, turns.node[categorical], edges)
    mask = np.ones((len(leaf), len(edges) + 1), dtype=np.bool_)
    np.logical_and.at(mask, pair, goes_left == turns.left[:, None])
    return masked_column(column, edges, leaf, mask, missing)


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
