"""Rows beyond a sample, held against what a model of the sample says of them.

The sample is ranked by `rank_rows` with all its views. The other rows get one score, the margin of their labels under
a model that has learnt from the sample only. Trusted rows have not taught that model either, so that under it they and
the honest rows beyond the sample are alike, and their conformal p-values hold. The two parts share out the level: the
sample keeps to a quarter of q and the others to the rest, so that the false flags of both together are at most q of all
flags.

Limit: a region that is turned round as a whole is turned round in the sample too, and its model believes it. Such an
attack is seen in the sample only, by the models of the trusted rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.core.progress import Progress, silent
from hauberk.models import TreeModel
from hauberk.stats import benjamini_hochberg, conformal_p_values
from hauberk.verify.attack_kind import AttackKind
from hauberk.verify.confident_joint import contradicted_rows, self_confidence
from hauberk.verify.suspicion import Suspicion
from hauberk.verify.views import Labels, Learner, Matrix, Pool, label_margin, out_of_fold
from hauberk.verify.views.margin import likeliest_other
from hauberk.verify.views.pool import content_order

__all__ = ["PART", "Scored", "Scorer", "fit_scorer", "join_suspicion"]

PART = 0.25
"""Share of the level that the sample gets; the other rows, which are more, get the rest."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """What the model of the sample says of the labels of n rows.

    Attributes:
        margin: (n,) float64 log odds against the label.
        proposed: (n,) int16, the likeliest other class.
        suspicious: (n,) bool, contradicted beyond what is usual for the class.
    """

    margin: Matrix
    proposed: NDArray[np.int16]
    suspicious: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scorer:
    """A model of the sample.

    Attributes:
        model: Trained on all rows of the sample.
        confidence: (k,) mean probability of each class for its own rows, out of fold.
    """

    model: TreeModel
    confidence: Matrix

    def score(self, rows: Matrix, labels: Labels) -> Scored:
        """Score (n, d) encoded rows that are not in the sample, with (n,) labels."""
        probabilities = np.asarray(self.model.predict(rows), np.float64)
        return Scored(
            margin=label_margin(probabilities, labels),
            proposed=likeliest_other(probabilities, labels).astype(np.int16),
            suspicious=contradicted_rows(probabilities, labels, self.confidence),
        )


def fit_scorer(pool: Pool, learner: Learner, *, folds: int, seed: int, progress: Progress = silent) -> Scorer:
    """The scorer of a sample. Law: the order of its rows changes nothing.

    Raises:
        TooFewRows: A class has fewer rows than there are folds.
    """
    pool = pool.at(content_order(pool.rows, pool.labels))
    probabilities = out_of_fold(pool, learner, folds=folds, repeats=1, seed=seed, progress=progress)
    return Scorer(model=learner(pool.rows, pool.labels, seed), confidence=self_confidence(probabilities, pool.labels))


def join_suspicion(
    sample: Suspicion,
    rows: NDArray[np.intp],
    scored: Scored,
    labels: NDArray[np.integer],
    *,
    q: float,
    trusted: tuple[Matrix, Labels] | None,
    by_class: bool,
) -> Suspicion:
    """One suspicion of all n rows; `score` is the margin, which speaks the same language in both parts.

    Args:
        sample: Of the m rows of the sample, flagged at `PART` of q.
        rows: (m,) their numbers.
        scored: Of all n rows; what it says of the sample is passed over.
        labels: (n,) class codes.
        q: Bound of the expected share of right labels among all flagged rows.
        trusted: (t,) margins of the trusted rows by the same scorer, and their labels; None without trusted rows.
        by_class: Hold each row against the trusted rows of its own class; needed where the sample has more of some
            class than its share, because the other rows then have less.

    Source: Bates et al. 2023, "Testing for outliers with conformal p-values" (Annals of Statistics 51). The share of
    false flags in two lists together is at most the sum of their shares.
    """
    beyond = np.ones(len(labels), bool)
    beyond[rows] = False
    margin, proposed, suspicious = scored.margin.copy(), scored.proposed.astype(np.int64), scored.suspicious.copy()
    margin[rows], proposed[rows], suspicious[rows] = sample.margin, sample.proposed, sample.suspicious
    flagged, p_value = np.zeros(len(labels), bool), None
    flagged[rows] = sample.flagged
    if trusted is not None and sample.p_value is not None:
        p_value = np.ones(len(labels))
        p_value[beyond] = _p_values(margin[beyond], labels[beyond], trusted, by_class)
        flagged[beyond] = benjamini_hochberg(p_value[beyond], (1 - PART) * q)
        p_value[rows] = sample.p_value
    return replace(
        sample,
        score=margin,
        p_value=p_value,
        flagged=flagged,
        suspicious=suspicious,
        margin=margin,
        proposed=proposed,
        kind=sample.kind if sample.flagged.any() or not flagged.any() else AttackKind.LABEL_FLIP,
    )


def _p_values(margin: Matrix, labels: NDArray[np.integer], trusted: tuple[Matrix, Labels], by_class: bool) -> Matrix:
    reference, reference_labels = trusted
    group: Callable[[NDArray[np.integer]], Labels] = np.asarray if by_class else np.zeros_like
    return conformal_p_values(reference, margin, groups=group(labels), reference_groups=group(reference_labels))
