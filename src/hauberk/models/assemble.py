"""Trees as the adapters read them, joined into one well-formed ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.models.check import verify_ensemble
from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.errors import NoTrees

__all__ = ["LARGEST_CODE", "MOST_OUTPUTS", "Form", "Tree", "assemble", "bits", "check_size", "strict_threshold"]

LARGEST_CODE = (1 << 16) - 1
"""Highest category code that a split may name; the bit sets of a node then take at most 8 KiB."""
MOST_OUTPUTS = 4096
"""Most margins that an ensemble may have."""
_VALUES = 1 << 27  # leaf values of an ensemble: 1 GiB
_WORDS = 1 << 26  # all bit sets of an ensemble together: 512 MiB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tree:
    """One tree of M nodes with its own node numbers, as a library stores it (any order, root at 0).

    Attributes:
        feature: (M,) the split's column; -1 at a leaf.
        threshold: (M,) float64; a number goes left iff it is below.
        left, right: (M,) children.
        missing_left: (M,) bool.
        value: (M, k) float64; read at leaves only.
        left_codes: For each categorical node the codes that go left; every other code goes right.
    """

    feature: NDArray[np.integer]
    threshold: NDArray[np.float64]
    left: NDArray[np.integer]
    right: NDArray[np.integer]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float64]
    left_codes: Mapping[int, NDArray[np.integer]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Form:
    """What all trees of an ensemble share; the fields are those of `TreeEnsemble`."""

    base: NDArray[np.float64]
    precision: np.dtype[np.floating]
    sum_dtype: np.dtype[np.floating]
    average: bool
    link: Link
    width: int


def assemble(trees: Sequence[Tree], form: Form, *, where: str) -> TreeEnsemble:
    """The ensemble of these trees, in this order; nodes are renumbered in depth-first order, left child first.

    Raises:
        NoTrees: There is no tree, a category code is too large, or a tree is deeper than it has nodes (a cycle).
        BadEnsemble: The library's trees are not well formed.
    """
    if not trees:
        raise NoTrees(where=where, expected="at least one tree", got="none")
    orders = [_depth_first(tree, where) for tree in trees]
    roots = np.cumsum([0] + [len(order) for order in orders[:-1]])
    parts = [_renumber(tree, order, int(root)) for tree, order, root in zip(trees, orders, roots, strict=True)]
    feature, threshold, left, right, missing_left, value = (
        np.concatenate(arrays) for arrays in zip(*parts, strict=True)
    )
    categorical, words = _category_sets(trees, orders, len(feature), where)
    limit = np.finfo(form.precision).max
    ensemble = TreeEnsemble(
        feature=feature.astype(np.int32),
        threshold=np.where((feature < 0) | categorical, 0.0, np.clip(threshold, -limit, limit)),
        left=left.astype(np.int32),
        right=right.astype(np.int32),
        missing_left=missing_left & (feature >= 0),
        category_words=words,
        categorical=categorical,
        value=np.where((feature < 0)[:, None], value, 0.0),
        roots=roots.astype(np.int32),
        base=form.base,
        precision=form.precision,
        sum_dtype=form.sum_dtype,
        average=form.average,
        link=form.link,
        width=form.width,
    )
    return verify_ensemble(ensemble, where=where)


def check_size(nodes: int, outputs: int, *, where: str) -> None:
    """Refuse an ensemble whose leaf values would not fit, before they are laid out.

    Raises:
        NoTrees: More than 4,096 outputs, or than 2^27 nodes times outputs.
    """
    if outputs > MOST_OUTPUTS or nodes * outputs > _VALUES:
        limit = f"at most {MOST_OUTPUTS} outputs and {_VALUES} values"
        raise NoTrees(where=where, expected=limit, got=f"{nodes} nodes of {outputs} outputs")


def strict_threshold(threshold: NDArray[np.float64], precision: np.dtype[np.floating]) -> NDArray[np.float64]:
    """The thresholds t' with `x < t'` iff `x <= t` for every x of `precision`: the next number above t."""
    limit = np.finfo(precision).max
    with np.errstate(over="ignore"):
        cast = np.clip(threshold, -limit, limit).astype(precision)
        above = cast.astype(np.float64) > threshold
        strict = np.where(above, cast, np.nextafter(cast, np.array(np.inf, dtype=precision)))
    return np.asarray(strict, dtype=np.float64)


def bits(codes: Sequence[NDArray[np.integer]]) -> NDArray[np.uint64]:
    """(len(codes), w) bit sets, as narrow as the largest code allows; at least one word."""
    largest = max((int(code.max()) for code in codes if len(code)), default=0)
    words = np.zeros((len(codes), largest // 64 + 1), dtype=np.uint64)
    for row, code in zip(words, codes, strict=True):
        np.bitwise_or.at(row, code >> 6, np.uint64(1) << (code & 63).astype(np.uint64))
    return words


def _depth_first(tree: Tree, where: str) -> NDArray[np.intp]:
    left, right, inner = tree.left.tolist(), tree.right.tolist(), (tree.feature >= 0).tolist()
    order: list[int] = []
    waiting = [0]
    while waiting:
        node = waiting.pop()
        order.append(node)
        if len(order) > len(inner):
            raise NoTrees(where=where, expected="trees", got="nodes in a circle")
        if inner[node]:
            waiting += (right[node], left[node])
    return np.array(order, dtype=np.intp)


def _renumber(tree: Tree, order: NDArray[np.intp], root: int) -> tuple[NDArray[np.generic], ...]:
    number = np.full(len(tree.feature), -1, dtype=np.intp)
    number[order] = np.arange(root, root + len(order))
    leaf = tree.feature[order] < 0
    left = np.where(leaf, -1, number[np.where(leaf, 0, tree.left[order])])
    right = np.where(leaf, -1, number[np.where(leaf, 0, tree.right[order])])
    return tree.feature[order], tree.threshold[order], left, right, tree.missing_left[order], tree.value[order]


def _category_sets(
    trees: Sequence[Tree], orders: Sequence[NDArray[np.intp]], count: int, where: str
) -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
    categorical = np.zeros(count, dtype=np.bool_)
    codes: list[NDArray[np.integer]] = []
    root = 0
    for tree, order in zip(trees, orders, strict=True):
        for place, node in enumerate(order.tolist() if tree.left_codes else []):
            if node in tree.left_codes:
                categorical[root + place] = True
                codes.append(tree.left_codes[node])
        root += len(order)
    if any(len(code) and (code.min() < 0 or code.max() > LARGEST_CODE) for code in codes):
        raise NoTrees(where=where, expected=f"category codes of 0 to {LARGEST_CODE}", got="others")
    sets = bits(codes) if codes else np.zeros((0, 0), dtype=np.uint64)
    if count * sets.shape[1] > _WORDS:
        raise NoTrees(where=where, expected="fewer nodes or categories", got=f"{count} x {64 * sets.shape[1]} bits")
    words = np.zeros((count, sets.shape[1]), dtype=np.uint64)
    words[categorical] = sets
    return categorical, words
