"""Tree ensembles made by chance, and rows that sit on the thresholds of any ensemble."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.models.assemble import Form, Tree, assemble, strict_threshold
from hauberk.models.ensemble import Link, TreeEnsemble

__all__ = ["random_ensemble", "rows_on_thresholds"]

_CODES = 128  # two 64-bit words


def random_ensemble(
    rng: np.random.Generator,
    *,
    trees: int = 5,
    depth: int = 4,
    width: int = 4,
    categorical: tuple[int, ...] = (),
    outputs: int = 1,
    link: Link = Link.LOGISTIC,
    average: bool = False,
    precision: type[np.floating] = np.float32,
) -> TreeEnsemble:
    """A well-formed ensemble of random shape; thresholds lie among -2 to 2 in quarters, so that many repeat.

    Args:
        rng: The source of chance.
        trees: Number of trees.
        depth: Their greatest depth in splits.
        width: Number of features; those in `categorical` split on codes 0 to 127.
        categorical: Columns that hold codes.
        outputs: Margins; 1 for the logistic link.
        link: How margins become scores.
        average: Whether margins are means over the trees.
        precision: Type of comparison and of sums.
    """
    dtype = np.dtype(precision)
    base = np.zeros(outputs) if average else rng.normal(size=outputs).astype(dtype).astype(np.float64)
    form = Form(base=base, precision=dtype, sum_dtype=dtype, average=average, link=link, width=width)
    grown = [_tree(rng, depth, width, categorical, outputs, dtype) for _ in range(trees)]
    return assemble(grown, form, where="a random ensemble")


def rows_on_thresholds(
    ensemble: TreeEnsemble, rows: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """For each numeric split three copies of a random row: on its threshold, and next below and above.

    The neighbours are those of the ensemble's precision; a float64 ensemble compared in float32, `<` taken for `<=`,
    or a rounded threshold all go wrong on some of them.
    """
    splits = np.flatnonzero((ensemble.feature >= 0) & ~ensemble.categorical)
    threshold = ensemble.threshold[splits].astype(ensemble.precision)
    infinity = np.array(np.inf, dtype=ensemble.precision)
    with np.errstate(over="ignore", under="ignore"):
        cells = np.stack([threshold, np.nextafter(threshold, -infinity), np.nextafter(threshold, infinity)])
    made = rows[rng.integers(len(rows), size=cells.size)].copy()
    made[np.arange(len(made)), np.tile(ensemble.feature[splits], 3)] = cells.ravel()
    admitted: NDArray[np.bool_] = np.abs(cells.ravel()) < np.finfo(ensemble.precision).max
    return np.asarray(made[admitted])


def _tree(
    rng: np.random.Generator,
    depth: int,
    width: int,
    categorical: tuple[int, ...],
    outputs: int,
    dtype: np.dtype[np.floating],
) -> Tree:
    feature, left, right = [-1], [-1], [-1]
    level = [0]
    for _ in range(depth):
        below = []
        for node in level:
            if node and rng.random() < 0.3:
                continue
            feature[node] = int(rng.integers(width))
            left[node], right[node] = len(feature), len(feature) + 1
            below += [left[node], right[node]]
            for column in (feature, left, right):
                column += [-1, -1]
        level = below
    count = len(feature)
    codes = [node for node in range(count) if feature[node] in categorical]
    return Tree(
        feature=np.array(feature),
        threshold=strict_threshold(rng.integers(-8, 9, size=count) / 4, dtype),
        left=np.array(left),
        right=np.array(right),
        missing_left=rng.random(count) < 0.5,
        value=rng.normal(size=(count, outputs)).astype(dtype).astype(np.float64),
        left_codes={node: np.flatnonzero(rng.random(_CODES) < 0.5) for node in codes},
    )
