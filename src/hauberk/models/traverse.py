"""Walks rows down the trees: margins equal to the library's, bit for bit.

Rows and trees are walked together in blocks that stay in the processor's cache; a leaf is its own child, so that
every lane of a block takes the same number of steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.models.ensemble import TreeEnsemble
from hauberk.models.errors import WrongRows
from hauberk.models.link import apply_link

__all__ = ["Traversal", "cast_rows", "compile_ensemble", "leaves", "margins", "scores"]

_ROWS = 4096
_LANES = 1 << 15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traversal:
    """An ensemble made ready to walk; make it once with `compile_ensemble` when many small batches follow.

    Attributes:
        ensemble: What is walked.
        feature: (N,) column of each node; 0 at leaves.
        threshold: (N,) in the precision of the ensemble.
        children: (2N,) the right child of node i at 2i, the left one at 2i + 1; a leaf is its own child.
        value: (N, k) in the type in which the library sums.
        depth: (T,) number of steps from the root to the deepest leaf of each tree.
    """

    ensemble: TreeEnsemble
    feature: NDArray[np.intp]
    threshold: NDArray[np.floating]
    children: NDArray[np.intp]
    value: NDArray[np.floating]
    depth: NDArray[np.intp]

    def leaves(self, rows: NDArray[np.float64]) -> NDArray[np.int32]:
        """(n, T) int32, the node number of the leaf that each row reaches in each tree.

        Raises:
            WrongRows: Not a float matrix of the ensemble's width, or not finite.
        """
        out = np.empty((len(rows), len(self.ensemble.roots)), dtype=np.int32)
        for block, trees, nodes in self._blocks(cast_rows(self.ensemble, rows)):
            out[block, trees] = nodes.T
        return out

    def margins(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, k) float64 margins: the base, then one leaf value a tree, in the type and order of the library.

        Raises:
            WrongRows: Not a float matrix of the ensemble's width, or not finite.
        """
        ensemble = self.ensemble
        total = np.empty((len(rows), len(ensemble.base)), dtype=ensemble.sum_dtype)
        total[:] = ensemble.base.astype(ensemble.sum_dtype)
        for block, _, nodes in self._blocks(cast_rows(ensemble, rows)):
            for tree in nodes:  # one after the other: addition in another order would round otherwise
                total[block] += self.value[tree]
        if ensemble.average:
            total /= len(ensemble.roots)
        return total.astype(np.float64)

    def _blocks(self, rows: NDArray[np.floating]) -> Iterator[tuple[slice, slice, NDArray[np.intp]]]:
        roots = self.ensemble.roots.astype(np.intp)
        for first in range(0, len(rows), _ROWS):
            block = rows[first : first + _ROWS]
            step = max(1, _LANES // len(block))
            for tree in range(0, len(roots), step):
                trees = slice(tree, min(tree + step, len(roots)))
                nodes = np.repeat(roots[trees], len(block))
                lanes = np.tile(np.arange(len(block)), trees.stop - trees.start) * self.ensemble.width
                nodes = self._walk(block.ravel(), nodes, lanes, int(self.depth[trees].max(initial=0)))
                yield slice(first, first + len(block)), trees, nodes.reshape(-1, len(block))

    def _walk(
        self, cells: NDArray[np.floating], nodes: NDArray[np.intp], lanes: NDArray[np.intp], depth: int
    ) -> NDArray[np.intp]:
        missing = bool(np.isnan(cells).any())
        categorical = bool(self.ensemble.categorical.any())
        for _ in range(depth):
            x = cells.take(self.feature.take(nodes) + lanes)
            left = x < self.threshold.take(nodes)
            if categorical:
                self._send_categories(x, nodes, left)
            if missing:
                left |= np.isnan(x) & self.ensemble.missing_left.take(nodes)
            nodes = self.children.take(2 * nodes + left)
        return nodes

    def _send_categories(self, x: NDArray[np.floating], nodes: NDArray[np.intp], left: NDArray[np.bool_]) -> None:
        words = self.ensemble.category_words
        at = np.flatnonzero(self.ensemble.categorical.take(nodes))
        codes, nodes = x[at], nodes[at]
        bits = 64 * words.shape[1]
        inside = (codes >= 0) & (codes < bits)  # NaN is not inside either
        whole = np.where(inside, codes, 0).astype(np.intp)
        word = words[nodes, whole >> 6]
        left[at] = inside & ((word >> (whole & 63).astype(np.uint64)) & np.uint64(1)).astype(np.bool_)


def compile_ensemble(ensemble: TreeEnsemble) -> Traversal:
    """The ensemble made ready to walk."""
    leaf = ensemble.feature < 0
    own = np.arange(len(leaf), dtype=np.intp)
    children = np.empty(2 * len(leaf), dtype=np.intp)
    children[0::2] = np.where(leaf, own, ensemble.right)
    children[1::2] = np.where(leaf, own, ensemble.left)
    return Traversal(
        ensemble=ensemble,
        feature=np.where(leaf, 0, ensemble.feature).astype(np.intp),
        threshold=ensemble.threshold.astype(ensemble.precision),
        children=children,
        value=ensemble.value.astype(ensemble.sum_dtype),
        depth=_depths(ensemble, leaf),
    )


def margins(ensemble: TreeEnsemble, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, k) float64 margins of rows (n, d), bit for bit those of the library that trained the ensemble.

    Raises:
        WrongRows: Not a float matrix of the ensemble's width, or not finite.
    """
    return compile_ensemble(ensemble).margins(rows)


def scores(ensemble: TreeEnsemble, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities (n, classes) or values (n, 1) of rows (n, d): the margins through the link, in float64.

    Raises:
        WrongRows: Not a float matrix of the ensemble's width, or not finite.
    """
    return apply_link(ensemble.link, margins(ensemble, rows))


def leaves(ensemble: TreeEnsemble, rows: NDArray[np.float64]) -> NDArray[np.int32]:
    """(n, T) int32, the node number of the leaf that each row reaches in each tree.

    Raises:
        WrongRows: Not a float matrix of the ensemble's width, or not finite.
    """
    return compile_ensemble(ensemble).leaves(rows)


def cast_rows(ensemble: TreeEnsemble, rows: NDArray[np.float64]) -> NDArray[np.floating]:
    """The rows in the precision in which the ensemble compares, contiguous.

    Raises:
        WrongRows: Not a float matrix of the ensemble's width, or a number at or beyond the largest of the precision.
    """
    if rows.ndim != 2 or rows.shape[1] != ensemble.width or rows.dtype.kind != "f":
        shape = f"{rows.dtype} {rows.shape}"
        raise WrongRows(expected=f"a float matrix (n, {ensemble.width})", got=shape)
    with np.errstate(over="ignore"):
        cast = np.ascontiguousarray(rows, dtype=ensemble.precision)
    # Thresholds of infinity are stored as the largest number: below it, both send a row the same way.
    beyond = np.abs(cast) >= np.finfo(ensemble.precision).max
    if beyond.any():
        row, column = (int(index) for index in np.argwhere(beyond)[0])
        limit = f"numbers below {np.finfo(ensemble.precision).max:.3g} in size, or NaN"
        raise WrongRows(where=f"row {row}, column {column}", expected=limit, got=repr(float(rows[row, column])))
    return cast


def _depths(ensemble: TreeEnsemble, leaf: NDArray[np.bool_]) -> NDArray[np.intp]:
    depth = np.zeros(len(ensemble.roots), dtype=np.intp)
    nodes = ensemble.roots.astype(np.intp)
    trees = np.arange(len(nodes))
    while len(inner := np.flatnonzero(~leaf[nodes])):
        trees, nodes = np.tile(trees[inner], 2), nodes[inner]
        nodes = np.concatenate([ensemble.left[nodes], ensemble.right[nodes]]).astype(np.intp)
        depth[trees] += 1
    return depth
