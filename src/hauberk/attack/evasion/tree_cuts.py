"""Where to cut a region in two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.tree_bounds import Favour, Worst
from hauberk.attack.evasion.tree_regions import Atlas, Cut, Regions, pack_cells

__all__ = ["cut_at_cells", "cut_conflicts"]

_EVEN = 1e-3
"""Worth of weight on one side only, against weight on both; it decides between cuts that part no worst leaves."""


def cut_conflicts(atlas: Atlas, regions: Regions, worst: Worst, favours: Sequence[Favour], at: NDArray[np.intp]) -> Cut:
    """Cut the regions `at`, each along the axis where its worst leaves conflict most.

    A number is cut where the least weight of both sides is largest, so that both parts lose worst leaves; other
    cells are parted by their weight.
    """
    conflict = np.stack([favour.conflict for favour in favours], axis=1)
    axis = conflict[at].argmax(axis=1)
    cuts = []
    for number, favour in enumerate(favours):
        chosen = at[axis == number]
        if not len(chosen):
            continue
        if atlas.ordered[number]:
            cuts.append(_cut_range(atlas, regions, worst, number, chosen, favour.weight.shape[1]))
        else:
            cuts.append(_cut_set(atlas, number, chosen, favour))
    return _join(cuts)


def cut_at_cells(
    atlas: Atlas, regions: Regions, favours: Sequence[Favour], at: NDArray[np.intp], cells: NDArray[np.intp]
) -> Cut:
    """Cut the regions `at` so that one cell, (B, A), is parted from others.

    For regions whose worst leaves agree on cells that no valid row has. Each needs an axis with two cells. Where there
    is a toll, the axis is the one on which that cell costs most; else, the one with most cells left.
    """
    left = np.stack([favour.offered.sum(axis=1) for favour in favours], axis=1)[at]
    axis = left.argmax(axis=1)
    if atlas.price.shape[1]:
        price = np.where(left > 1, atlas.price[regions.row[at, None], atlas.begin[:-1] + cells[at]], 0.0)
        axis = np.where(price.max(axis=1) > 0, (price * (1 + _EVEN * left / left.max())).argmax(axis=1), axis)
    cuts = []
    for number, favour in enumerate(favours):
        chosen = at[axis == number]
        cell = cells[chosen, number].astype(np.int32)
        if not len(chosen):
            continue
        if atlas.ordered[number]:
            low, high = regions.low[chosen, number], regions.high[chosen, number]
            above = cell > atlas.own[regions.row[chosen], number]
            # Where the upper part begins: the cell stays with those that are as far from the row, or farther.
            first = np.where(((cell > low) & above) | (cell >= high), cell, cell + 1)
            cuts.append(_ranges(atlas, number, chosen, low, first, high))
        else:
            one = np.arange(favour.offered.shape[1]) == cell[:, None]
            cuts.append(_sets(atlas, number, chosen, one, favour.offered[chosen] & ~one))
    return _join(cuts)


def _cut_range(atlas: Atlas, regions: Regions, worst: Worst, number: int, chosen: NDArray[np.intp], cells: int) -> Cut:
    place = np.full(len(regions.row), -1, dtype=np.intp)
    place[chosen] = np.arange(len(chosen))
    here = place[worst.region]
    weight, leaf = worst.weight[here >= 0], worst.leaf[here >= 0]
    here = here[here >= 0]
    low, high = regions.low[chosen, number], regions.high[chosen, number]
    begin = np.maximum(atlas.first[number, leaf], low[here])
    end = np.minimum(atlas.last[number, leaf], high[here])
    size = len(chosen) * cells
    below = np.bincount(here * cells + end, weight, size).reshape(-1, cells).cumsum(axis=1)[:, :-1]
    above = np.bincount(here * cells + begin, weight, size).reshape(-1, cells)[:, ::-1].cumsum(axis=1)[:, -2::-1]
    first = np.arange(1, cells)
    score = np.minimum(below, above) + _EVEN * (below + above)
    score[(first <= low[:, None]) | (first > high[:, None])] = -1.0
    return _ranges(atlas, number, chosen, low, (score.argmax(axis=1) + 1).astype(np.int32), high)


def _cut_set(atlas: Atlas, number: int, chosen: NDArray[np.intp], favour: Favour) -> Cut:
    weight, offered = favour.weight[chosen], favour.offered[chosen]
    rank = np.argsort(np.argsort(-weight, axis=1, kind="stable"), axis=1, kind="stable")
    heavy = offered & (rank < (offered.sum(axis=1, keepdims=True) + 1) // 2)
    return _sets(atlas, number, chosen, heavy, offered & ~heavy)


def _ranges(
    atlas: Atlas,
    number: int,
    chosen: NDArray[np.intp],
    low: NDArray[np.int32],
    first: NDArray[np.int32],
    high: NDArray[np.int32],
) -> Cut:
    return Cut(
        parent=np.tile(chosen, 2),
        axis=np.full(2 * len(chosen), number),
        low=np.concatenate([low, first]),
        high=np.concatenate([first - 1, high]),
        words=np.zeros((2 * len(chosen), atlas.words.shape[2]), dtype=np.uint64),
    )


def _sets(atlas: Atlas, number: int, chosen: NDArray[np.intp], one: NDArray[np.bool_], other: NDArray[np.bool_]) -> Cut:
    nothing = np.zeros(2 * len(chosen), dtype=np.int32)
    return Cut(
        parent=np.tile(chosen, 2),
        axis=np.full(2 * len(chosen), number),
        low=nothing,
        high=nothing,
        words=pack_cells(np.concatenate([one, other]), atlas.words.shape[2]),
    )


def _join(cuts: Sequence[Cut]) -> Cut:
    return Cut(
        parent=np.concatenate([cut.parent for cut in cuts]),
        axis=np.concatenate([cut.axis for cut in cuts]),
        low=np.concatenate([cut.low for cut in cuts]),
        high=np.concatenate([cut.high for cut in cuts]),
        words=np.concatenate([cut.words for cut in cuts]),
    )
