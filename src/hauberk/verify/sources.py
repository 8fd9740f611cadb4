"""Whether the labels of one source (a hospital, an annotator, a feed) are contradicted more than those of others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.core.finding import Finding, Severity
from hauberk.stats import benjamini_hochberg
from hauberk.verify.named_rows import NAMED_ROWS
from hauberk.verify.views.pool import Labels, Matrix

__all__ = ["LEAST_ROWS", "SourceComparison", "check_sources", "compare_sources"]

LEAST_ROWS = 20
"""Rows of a source below which it is not tested: the mean of fewer is led by one or two."""
_DRAWS = (999, 9999)
"""Fewest and most permutations."""
_ROWS = 100_000
"""Rows that are dealt out, spread evenly over the margins of each label."""
_WORK = 200_000_000
"""Most rows dealt out in all permutations, beyond the fewest of these: some seconds."""
_FINE = 5.0
"""Permutations for each source at level q: p-values can be this much smaller than the least that a flag needs."""
_ROUNDING = 1e-9
"""Of the sums of margins, against their size: another order of the same sum is the same sum."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceComparison:
    """One test for each of s sources with enough rows.

    Attributes:
        source: (s,) their codes.
        rows: (s,) int64, rows of each.
        excess: (s,) float64 log odds, mean margin against the labels beyond the mean of all rows with the same labels.
        p_value: (s,) float64 of no source being contradicted more than chance deals out.
        contradicted: (s,) bool, at most a share of q of them expected to be false.
    """

    source: NDArray[np.int64]
    rows: NDArray[np.int64]
    excess: Matrix
    p_value: Matrix
    contradicted: NDArray[np.bool_]


def compare_sources(source: Labels, labels: Labels, margin: Matrix, *, q: float, seed: int) -> SourceComparison:
    """Hold the mean margin of each source against what it is when sources are dealt out anew among equal labels.

    A rate of labels that differs is no reproach, because sources see other cases; so the permutation keeps how many
    rows of each label a source has, and asks of the margin, which takes the inputs into account. Law: where rows of
    one label come to their sources by chance, each p-value is at most u with a probability of at most u; the order of
    the rows changes nothing. Limits: a source whose rows are harder to tell stands out too, and so does one that
    repeats its rows; a source that all models have learnt from may hide a part of its wrong labels. A p-value is no
    smaller than one over the draws (999 to 9,999), so one bad source among more than q times that many is not named.

    Args:
        source: (n,) code of the source of each row, -1 where it is not known. Those rows, and the rows of sources with
            fewer than 20, are among the others and are not tested.
        labels: (n,) class codes.
        margin: (n,) out-of-fold log odds against the label, of models that do not know the source.
        q: Bound of the expected share of false ones among the contradicted sources.
        seed: Of the permutations.

    Raises:
        BadLevel: q is no share.

    Source: Phipson and Smyth 2010, "Permutation p-values should never be zero" (SAGMB 9), for (1 + count) / (1 +
    draws); Benjamini and Hochberg 1995 over the sources.
    """
    counts = np.bincount(source + 1)[1:]
    tested = np.flatnonzero(counts >= LEAST_ROWS)
    # In an order that the rows' own does not change; the rest is one more source at the end.
    totals = np.bincount(source + 1, margin)[1:]
    tested = tested[np.lexsort((totals[tested], counts[tested]))]
    if not tested.size or (tested.size < 2 and counts[tested].sum() == len(source)):
        return SourceComparison(
            source=tested[:0], rows=tested[:0], excess=np.empty(0), p_value=np.empty(0), contradicted=np.empty(0, bool)
        )
    place = np.full(counts.size + 1, tested.size)
    place[tested] = np.arange(tested.size)
    p_value = _deal(place[source], labels, margin, tested.size, q, seed)
    mean = np.bincount(labels, margin) / np.maximum(np.bincount(labels), 1)
    expected = np.bincount(place[source], mean[labels], minlength=tested.size)[: tested.size]
    order = np.argsort(tested)
    p_value = p_value[order]
    return SourceComparison(
        source=tested[order],
        rows=counts[tested][order],
        excess=((totals[tested] - expected) / counts[tested])[order],
        p_value=p_value,
        contradicted=benjamini_hochberg(p_value, q),
    )


def check_sources(
    source: Labels, labels: Labels, margin: Matrix, *, feature: str, q: float, seed: int, named: int = NAMED_ROWS
) -> tuple[Finding, ...]:
    """`verify.sources.contradicted` for each source whose labels are contradicted beyond chance.

    A source is told by its number and its most contradicted rows; its name may be that of a person.

    Args:
        source: (n,) codes, numbered as they first appear; see `compare_sources` for these and the next.
        labels: (n,) class codes.
        margin: (n,) log odds against the label.
        feature: Column that names the sources.
        q: False-discovery rate.
        seed: Of the permutations.
        named: How many rows a finding names.
    """
    found = compare_sources(source, labels, margin, q=q, seed=seed)
    several = int(source.max(initial=-1)) + 1
    return tuple(
        Finding(
            code="verify.sources.contradicted",
            severity=Severity.WARNING,
            message=(
                f"source {found.source[at]} of {several} (`{feature}`, in order of appearance, from 0): models that "
                f"have not seen its {found.rows[at]} rows contradict their labels by {found.excess[at]:.2f} more in "
                f"log odds than those of other rows with the same labels (p = {found.p_value[at]:.2g}; at most "
                f"{q:.0%} of such findings expected to be false); its labels are worse, or its rows harder"
            ),
            feature=feature,
            rows=_worst(source == found.source[at], margin, named),
            count=int(found.rows[at]),
        )
        for at in np.flatnonzero(found.contradicted)
    )


def _draws(sources: int, rows: int, q: float) -> int:
    least, most = _DRAWS
    return int(np.clip(_FINE * sources / q, least, max(least, min(most, _WORK // rows))))


def _deal(dealt: Labels, labels: Labels, margin: Matrix, sources: int, q: float, seed: int) -> Matrix:
    """(s,) p-values of the sums of the margins of each source; `dealt` is s for the rows of all others."""
    random = np.random.default_rng([seed, 5])
    # Which rows take part depends on labels and margins, never on the source, but between equal rows.
    chosen = np.lexsort((dealt, margin, labels))[:: -(-len(labels) // _ROWS)]
    dealt, labels, margin = dealt[chosen], labels[chosen], margin[chosen]
    parts = [(np.sort(dealt[labels == label]), margin[labels == label]) for label in np.unique(labels)]
    least = np.bincount(dealt, margin, minlength=sources + 1) - _ROUNDING * np.abs(margin).sum()
    draws, above = _draws(sources, len(chosen), q), np.zeros(sources + 1)
    for _ in range(draws):
        drawn = np.zeros(sources + 1)
        for at, values in parts:
            drawn += np.bincount(at, random.permutation(values), minlength=sources + 1)
        above += drawn >= least
    return np.asarray((1 + above[:sources]) / (1 + draws))


def _worst(mine: NDArray[np.bool_], margin: Matrix, named: int) -> tuple[int, ...]:
    rows = np.flatnonzero(mine)
    return tuple(int(row) for row in rows[np.argsort(-margin[rows], kind="stable")][:named])
