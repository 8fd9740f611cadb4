"""One ranked and, where trusted rows allow it, flagged list of the rows whose labels are contradicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.core.progress import Progress, silent
from hauberk.verify.attack_kind import AttackKind
from hauberk.verify.blend import OneWay, blend_weights, find_one_way
from hauberk.verify.confident_joint import contradicted_rows, self_confidence
from hauberk.verify.control import Tested
from hauberk.verify.errors import TrustedRowsUnusable
from hauberk.verify.shared_rows import refuse_shared_rows
from hauberk.verify.views import (
    Learner,
    Pool,
    discriminant_margin,
    linear_margin,
    neighbour_margin,
    out_of_fold,
    stratified_folds,
    training_margin,
)
from hauberk.verify.views.margin import label_margin, likeliest_other
from hauberk.verify.views.pool import Labels, Matrix, content_order

__all__ = ["VIEWS", "Suspicion", "rank_rows"]

VIEWS = ("out_of_fold", "training", "linear", "neighbours", "discriminant")
_EXPECTED = np.array([0.5, 0.75, 0.25, 0.25, 0.05])
"""Weights of the views where nothing speaks for others: what planted flips gave on Adult, digits and breast cancer."""
_RESERVE = np.array([2.0, 1.0, 1.0, 1.0, 1.0])
"""Times the weights that planted flips give. A planted copy has twice the wrong labels and is folded fewer times, which
weakens models that have not seen a row more than the other views. On Adult, random flips, 20 draws: precision at k
.591 to .597, power at q = .2 .336 to .356; breast cancer loses up to .02 of precision at k, digits up to .012."""
_PLANTED_ROWS = 8192
"""Rows of the copy on which the weights are found."""
_MANY = 30_000
"""Rows times repeats of the out-of-fold predictions, which are made twice at least."""
_COMMITTEE = 5
"""Models of the trusted rows, which are few: their mean says how sure one can be."""
_DEAL = (1, 1, 0, 1)
"""Parts of the trusted rows, turn by turn: teachers 0, references 1."""
_LEAST = 20
"""Trusted rows of each class: a teacher of it for each member of the committee."""
_RANKING = 0.5
"""Level at which the ranking asks which score to follow: it promises nothing, so a glimpse will do."""
_FAR_MORE = 1.5
"""Times as many rows must stand out for models of the trusted rows before the ranking follows these."""
_CLEARLY = 1.25
"""Times as low the level must be at which a row stands out for the teachers' own models before theirs is the score
that is tested: on Adult it was in 5 of 8 draws with a region turned round and in 2 of 32 with random flips."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Suspicion:
    """What is held against the labels of n rows, in the order in which the rows came.

    Attributes:
        score: (n,) float64, larger is more suspicious.
        p_value: (n,) float64 of the label being right, None without trusted rows.
        flagged: (n,) bool, none without trusted rows.
        suspicious: (n,) bool, contradicted beyond what is usual for the class: rows to look at, with no error rate.
        margin: (n,) float64, out-of-fold log odds against the label.
        proposed: (n,) int64, the likeliest other class.
        kind: What the flagged rows look like.
        weights: Weight of each of `VIEWS`.
    """

    score: Matrix
    p_value: Matrix | None
    flagged: Mask
    suspicious: Mask
    margin: Matrix
    proposed: Labels
    kind: AttackKind
    weights: Matrix

    @property
    def order(self) -> NDArray[np.intp]:
        """(n,) row numbers, the most suspicious first: flags by p-value, then the rest by score; ties in row order."""
        if self.p_value is None:
            return np.argsort(-self.score, kind="stable")
        # Rows that were held against their own class can be flagged with a score that is nothing special elsewhere.
        return np.lexsort((-self.score, np.where(self.flagged, self.p_value, 1.0), ~self.flagged))


def rank_rows(
    pool: Pool,
    learner: Learner,
    *,
    folds: int,
    q: float,
    seed: int,
    trusted: Pool | None = None,
    by_class: bool = False,
    progress: Progress = silent,
) -> Suspicion:
    """Rank the rows of a pool by what contradicts their labels, and flag some if trusted rows are given.

    Five views are blended with weights found on flips that are planted for the purpose: at random, and where what
    stands out then goes one way, that way. Flags need rows that come from
    the same source as the honest ones and are known to be right: only against them can a false-discovery rate be
    promised. Law: the order of the rows changes nothing.

    Args:
        pool: The training rows.
        learner: Trains the boosted trees of two views and of the trusted committee.
        folds: Of the out-of-fold views.
        q: Bound of the expected share of right labels among the flagged rows.
        seed: Of every choice.
        trusted: Rows with right labels that are not in the pool, drawn as the honest rows of the pool were.
        by_class: Hold each row against the trusted rows of its own class only (Mondrian), as is needed where these
            were chosen class by class. Otherwise that is chosen like the score, by what the teachers see.
        progress: Told how far it is.

    Raises:
        TooFewRows: A class has fewer rows than there are folds.
        TrustedRowsUnusable: The trusted rows lack a class, or are rows of the pool.
    """
    everything, origin = _together(pool, trusted, seed)
    order = content_order(everything.rows, everything.labels)
    sorted_pool, place = everything.at(order), np.argsort(order)
    repeats = int(np.clip(_MANY // len(order), 2, 3))
    found, probabilities = _views(sorted_pool, learner, folds, repeats, seed, progress)
    progress(0.6, 1.0, "planted flips")
    weights = _weights(sorted_pool, learner, folds, seed)
    way = find_one_way(
        found @ weights, sorted_pool.labels, likeliest_other(probabilities, sorted_pool.labels), pool.classes
    )
    if way is not None:
        weights = _weights(sorted_pool, learner, folds, seed, way)
    score = _even(sorted_pool, found @ weights)[place]
    probabilities = probabilities[place]
    mine = origin < 0
    flags = _Flags(p_value=None, flagged=np.zeros(len(pool.labels), bool), by_region=False)
    if trusted is not None:
        progress(0.9, 1.0, "trusted rows")
        flags, score = _flag(everything, origin, learner, score, q=q, seed=seed, by_class=by_class)
    return Suspicion(
        score=score[mine],
        p_value=flags.p_value,
        flagged=flags.flagged,
        suspicious=contradicted_rows(
            probabilities[mine], pool.labels, self_confidence(probabilities[mine], pool.labels)
        ),
        margin=label_margin(probabilities[mine], pool.labels),
        proposed=likeliest_other(probabilities[mine], pool.labels),
        kind=_kind(flags),
        weights=weights,
    )


def _together(pool: Pool, trusted: Pool | None, seed: int) -> tuple[Pool, NDArray[np.intp]]:
    """Pool and trusted rows as one, and (n + m,) the part of each trusted row, -1 for the rows under test.

    Trusted rows are dealt out class by class: one in four is a teacher (0), the others are
    references (1).
    """
    if trusted is None:
        return pool, np.full(len(pool.labels), -1)
    counts = np.bincount(trusted.labels, minlength=pool.classes)
    if counts.min() < _LEAST:
        got = f"{counts.tolist()[:12]} rows of the classes"
        raise TrustedRowsUnusable(expected=f"at least {_LEAST} trusted rows of each class", got=got)
    _refuse_shared(pool, trusted)
    order = content_order(trusted.rows, trusted.labels)
    random, part = np.random.default_rng([seed, 3]), np.empty(len(order), np.intp)
    for label in range(pool.classes):
        members = random.permutation(order[trusted.labels[order] == label])
        part[members] = np.resize(_DEAL, members.size)
    joined = Pool(
        rows=np.concatenate([pool.rows, trusted.rows]),
        labels=np.concatenate([pool.labels, trusted.labels]),
        classes=pool.classes,
        category_counts=pool.category_counts,
    )
    return joined, np.concatenate([np.full(len(pool.labels), -1), part])


def _refuse_shared(pool: Pool, trusted: Pool) -> None:
    """Rows that are on both sides more often than the training rows have twins were not drawn apart from these.

    A row that is drawn like the others is among them as often as one of them is among the rest.
    """
    group = _alike(np.concatenate([pool.rows, trusted.rows]))
    mine, theirs = np.split(group, [len(pool.labels)])
    times = np.bincount(mine, minlength=int(group.max()) + 1)
    refuse_shared_rows(times[theirs] > 0, natural=float((times[mine] > 1).mean()), rows=mine.size)


def _alike(rows: Matrix) -> Labels:
    """(n,) the same number for equal rows only."""
    # Adding zero makes -0.0, which equals 0.0, the same bytes.
    plain = np.ascontiguousarray(rows + 0.0)
    _, group = np.unique(plain.view(f"V{plain.itemsize * plain.shape[1]}").ravel(), return_inverse=True)
    return np.asarray(group, np.int64)


def _views(
    pool: Pool, learner: Learner, folds: int, repeats: int, seed: int, progress: Progress = silent
) -> tuple[Matrix, Matrix]:
    """(n, 5) the views and (n, k) the out-of-fold probabilities."""

    def step(done: float, total: float, what: str = "") -> None:
        progress(0.6 * done / total, 1.0, what)

    probabilities = out_of_fold(pool, learner, folds=folds, repeats=repeats, seed=seed, progress=step)
    found = [label_margin(probabilities, pool.labels), training_margin(pool, learner, seed=seed)]
    found += [linear_margin(pool, folds=folds, seed=seed), neighbour_margin(pool), discriminant_margin(pool)]
    return np.stack(found, axis=1), probabilities


def _weights(pool: Pool, learner: Learner, folds: int, seed: int, one_way: OneWay | None = None) -> Matrix:
    part = pool.at(np.arange(0, len(pool.labels), -(-len(pool.labels) // _PLANTED_ROWS)))
    counts = np.bincount(part.labels, minlength=pool.classes)
    if counts.min() < 2 * folds:
        return np.asarray(_RESERVE * _EXPECTED)

    def views(planted: Pool) -> Matrix:
        return _views(planted, learner, folds, 2, seed)[0]

    return np.asarray(_RESERVE * blend_weights(part, views, _EXPECTED, seed=seed, one_way=one_way))


def _even(pool: Pool, score: Matrix) -> Matrix:
    """The score with rows that are alike in all they hold given their mean: their order among them means nothing."""
    fresh = np.ones(len(score), bool)
    same = (pool.rows[1:] == pool.rows[:-1]) | (np.isnan(pool.rows[1:]) & np.isnan(pool.rows[:-1]))
    fresh[1:] = ~same.all(axis=1) | (pool.labels[1:] != pool.labels[:-1])
    group = np.cumsum(fresh) - 1
    return np.asarray((np.bincount(group, score) / np.bincount(group))[group])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Flags:
    """(n,) p-values and flags, and whether they come from the score of the trusted rows' own models."""

    p_value: Matrix | None
    flagged: Mask
    by_region: bool


def _flag(
    everything: Pool,
    origin: NDArray[np.intp],
    learner: Learner,
    score: Matrix,
    *,
    q: float,
    seed: int,
    by_class: bool,
) -> tuple[_Flags, Matrix]:
    """The flags, and the (n + m,) score by which rows are ranked."""
    mine, teachers, references = origin < 0, origin == 0, origin == 1
    one_group = np.zeros_like(everything.labels)
    groups = (everything.labels,) if by_class else (one_group, everything.labels)

    def test(each: Matrix, group: Labels, under: Mask, against: Mask) -> Tested:
        return Tested(scores=each[under], groups=group[under], reference=each[against], reference_groups=group[against])

    # Until the choice is made, references are rows like any others. Teachers are few, so at q often nothing stands out:
    # what is compared is the level at which something does.
    apart = _committee(everything, teachers, learner, seed)
    levels = [
        [test(each, group, mine | references, teachers).least_level() for group in groups] for each in (score, apart)
    ]
    by_region = _CLEARLY * min(levels[1]) < min(levels[0])
    tested = apart if by_region else score
    chosen = test(tested, groups[int(np.argmin(levels[by_region]))], mine, references)
    flags = _Flags(p_value=chosen.p_values(), flagged=chosen.discover(q), by_region=by_region)
    # The ranking promises nothing, so it may ask all trusted rows at once which score to follow.
    everyone = _committee(everything, ~mine, learner, seed)

    def standing_out(each: Matrix) -> int:
        return max(int(test(each, group, mine, ~mine).discover(_RANKING).sum()) for group in groups)

    follow = by_region or standing_out(everyone) > _FAR_MORE * standing_out(score)
    return flags, everyone if follow else score


def _committee(everything: Pool, taught: Mask, learner: Learner, seed: int) -> Matrix:
    """(n,) margin by a committee of models of the rows that are `taught`, (n,) bool.

    Each member leaves out another fifth of them, and those are judged by that member only.
    """
    order = np.flatnonzero(taught)
    order = order[content_order(everything.rows[order], everything.labels[order])]
    turn = stratified_folds(everything.labels[order], folds=_COMMITTEE, seed=seed)
    total, own = np.zeros((2, len(taught), everything.classes))
    for member in range(_COMMITTEE):
        kept, left = order[turn != member], order[turn == member]
        found = learner(everything.rows[kept], everything.labels[kept], seed + member).predict(everything.rows)
        total += found / _COMMITTEE
        own[left] = found[left]
    return label_margin(np.where(taught[:, None], own, total), everything.labels)


def _kind(flags: _Flags) -> AttackKind:
    if not flags.flagged.any():
        return AttackKind.NONE
    return AttackKind.REGION if flags.by_region else AttackKind.LABEL_FLIP
