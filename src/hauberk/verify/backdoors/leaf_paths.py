"""Conjunctions that a boosted model has learnt: the paths to its leaves."""

from __future__ import annotations

import numpy as np

from hauberk.models import TreeEnsemble
from hauberk.verify.backdoors.conjunction import Condition, Conjunction

__all__ = ["leaf_conjunctions"]


def leaf_conjunctions(ensemble: TreeEnsemble, *, most: int = 2000) -> tuple[Conjunction, ...]:
    """The numeric conditions on the way to each leaf, without duplicates.

    A range is closed at the last number below its threshold. Of categorical splits only those that leave one
    category are kept; what is dropped makes the conjunction wider than the leaf. Leaves that missing values reach
    are described by their numbers alone.

    Args:
        ensemble: Trees trained on the data under test.
        most: Leaves read, in the order of the trees.
    """
    found: dict[Conjunction, None] = {}
    read = 0
    for root in ensemble.roots:
        stack: list[tuple[int, dict[int, tuple[float, float]]]] = [(int(root), {})]
        while stack and read < most:
            node, box = stack.pop()
            column = int(ensemble.feature[node])
            if column < 0:
                read += 1
                path = tuple(Condition(key, *box[key]) for key in sorted(box) if box[key][0] <= box[key][1])
                if path:
                    found.setdefault(path, None)
                continue
            for left, child in ((False, int(ensemble.right[node])), (True, int(ensemble.left[node]))):
                stack.append((child, _narrowed(ensemble, node, box, left=left)))
    return tuple(found)


def _narrowed(
    ensemble: TreeEnsemble, node: int, box: dict[int, tuple[float, float]], *, left: bool
) -> dict[int, tuple[float, float]]:
    column = int(ensemble.feature[node])
    low, high = box.get(column, (-np.inf, np.inf))
    if ensemble.categorical[node]:
        codes = _left_codes(ensemble, node)
        if not left or len(codes) != 1:
            return dict(box)
        return box | {column: (float(codes[0]), float(codes[0]))}
    threshold = ensemble.threshold[node].astype(ensemble.precision)
    if left:
        below = np.nextafter(threshold, threshold.dtype.type(-np.inf))
        return box | {column: (low, min(high, float(below)))}
    return box | {column: (max(low, float(threshold)), high)}


def _left_codes(ensemble: TreeEnsemble, node: int) -> list[int]:
    words = [int(word) for word in ensemble.category_words[node]]
    return [64 * place + bit for place, word in enumerate(words) for bit in range(64) if word >> bit & 1]
