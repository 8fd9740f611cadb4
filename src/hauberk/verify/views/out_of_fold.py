"""What models say of rows that they have not seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hauberk.core.progress import Progress, silent
from hauberk.verify.errors import BadScores, TooFewRows
from hauberk.verify.views.margin import label_margin
from hauberk.verify.views.pool import Labels, Learner, Matrix, Pool

__all__ = ["out_of_fold", "stratified_folds"]

_SUM_ROOM = 1e-3
_CONTRADICTED = 2.0
"""Log odds against a label from which on nothing is learnt from its row: the label has 12 % of two."""
_LEARNT, _FEW = 0.7, 20
"""Least share of a class that is learnt from; a class with fewer rows is learnt from whole."""


def out_of_fold(
    pool: Pool, learner: Learner, *, folds: int, repeats: int, seed: int, progress: Progress = silent
) -> Matrix:
    """(n, k) probabilities of each row by models trained without its fold, averaged over `repeats` ways to fold.

    From the second time on, models do not learn from rows whose labels the first time contradicts: who has learnt from
    wrong labels excuses others like them.

    Source: Northcutt, Jiang, Chuang 2021, "Confident Learning" (JAIR 70), section 3: prune, and train again.

    Args:
        pool: In content order, so that the folds depend on what the rows hold.
        learner: Trains.
        folds: At least 2; stratified by label.
        repeats: At least 1; each shuffles the folds anew.
        seed: Of the shuffles and of the training.
        progress: Told after each fold.

    Raises:
        TooFewRows: Fewer than two classes, or a class with fewer rows than folds.
        BadScores: The learner's model gives something else than probabilities.
    """
    total, learnt = np.zeros((len(pool.labels), pool.classes)), np.ones(len(pool.labels), bool)
    for number in range(repeats):
        fold = stratified_folds(pool.labels, folds=folds, seed=seed + 7919 * number)
        for part in range(folds):
            held, seen = fold == part, (fold != part) & learnt
            found = learner(pool.rows[seen], pool.labels[seen], seed + number).predict(pool.rows[held])
            total[held] += _verified(found, int(held.sum()), pool.classes)
            progress(number * folds + part + 1, repeats * folds, "out of fold")
        if number == 0:
            learnt = _uncontradicted(label_margin(total, pool.labels), pool.labels)
    return np.asarray(total / repeats)


def stratified_folds(labels: Labels, *, folds: int, seed: int) -> Labels:
    """(n,) fold of each row, 0 to `folds - 1`; each class is dealt out evenly, and so are all rows.

    Raises:
        TooFewRows: Fewer than two folds or classes, or a class with fewer rows than folds.
    """
    counts = np.bincount(labels) if labels.size and labels.min() >= 0 else np.empty(0, np.int64)
    present = counts[counts > 0]
    least = int(present.min()) if present.size else 0
    if folds < 2 or present.size < 2 or least < folds:
        got = f"{folds} folds, {present.size} classes, {least} rows in the smallest"
        raise TooFewRows(expected="two folds, two classes, and a row of each class in each fold", got=got,
                         hint="lower verify.folds, or take the small classes out")  # fmt: skip
    random = np.random.default_rng(seed)
    fold = np.empty(labels.size, np.int64)
    dealt = 0
    for label in np.flatnonzero(counts):
        members = random.permutation(np.flatnonzero(labels == label))
        fold[members] = (dealt + np.arange(members.size)) % folds
        dealt += members.size
    return fold


def _uncontradicted(margin: Matrix, labels: Labels) -> NDArray[np.bool_]:
    """(n,) the rows to learn from when what speaks against their labels, (n,) log odds, is known."""
    bound = np.full(int(labels.max()) + 1, np.inf)
    for label in np.unique(labels):
        rows = margin[labels == label]
        if rows.size >= _FEW:
            bound[label] = max(_CONTRADICTED, float(np.quantile(rows, _LEARNT)))
    return np.asarray(margin <= bound[labels])


def _verified(found: Matrix, rows: int, classes: int) -> Matrix:
    scores = np.asarray(found, np.float64)
    if scores.shape != (rows, classes):
        raise BadScores(expected=f"an array of shape {(rows, classes)}", got=f"{scores.shape}")
    valid = np.isfinite(scores).all() and scores.min() >= 0 and np.abs(scores.sum(axis=1) - 1).max() <= _SUM_ROOM
    if not valid:
        raise BadScores(expected="probabilities that sum to 1", got="other numbers")
    return scores
