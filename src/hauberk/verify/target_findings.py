"""The label against the inputs: classes that are hardly there, and inputs that give the answer away."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset, Kind, encode_labels, encode_rows

__all__ = ["check_target", "class_findings", "leak_findings", "single_feature_skill"]

_FEW = 20
"""Rows of a class below which its error rate is a guess: 0 errors of 20 still allow 14 % (Clopper-Pearson, 95 %)."""
_RARE = 0.2
"""Share of its even part of the rows below which a class is rare: 10 % of two classes, 2 % of ten."""
_SHOWN = 5
_LEAK = 0.95
_LEAST_ROWS = 40
_VOTES = 3


def check_target(dataset: Dataset) -> tuple[Finding, ...]:
    """Findings on the label over the rows that have a valid one.

    Codes: `verify.target.single_class` (nothing to learn), `verify.target.few_rows` and `verify.target.imbalance`
    (classes under 20 rows, or under a fifth of their even part), `verify.target.leakage` (one input alone removes
    95 % of the errors of always guessing the commonest class, on rows held out: it is often the label in other
    clothes, or a value that is known only after the decision).
    """
    target = dataset.schema.target
    if target is None or target.kind is not Kind.CATEGORY:
        return ()
    column = dataset.table.column(target.name)
    labelled = pc.is_in(column, value_set=pa.array(target.categories, pa.string())).to_numpy().astype(bool)
    whole = dataset.take(labelled)
    labels = encode_labels(whole)
    counts = np.bincount(labels, minlength=len(target.categories))
    return (*class_findings(counts, target.name, target.categories), *leak_findings(whole, labels))


def single_feature_skill(values: NDArray[np.float64], labels: NDArray[np.int64], classes: int) -> float:
    """How far one input alone predicts the label.

    An odd row is given the commonest label of the even rows with the same value, or of the nearest ones in value
    where fewer than three have it; so a column of all different values gains nothing by itself.

    Args:
        values: (n,) float64, missing as NaN.
        labels: (n,) int64 codes from 0 to `classes - 1`.
        classes: Number of classes.

    Returns:
        Share of the errors of always guessing the commonest class that the input removes: 1 predicts perfectly,
        0 and below are no better than the guess.
    """
    # The data hold no infinity, so a missing value gets a place of its own there.
    places = np.where(np.isnan(values), np.inf, values)
    order = np.argsort(places[0::2], kind="stable")
    known, learnt, judged = places[0::2][order], labels[0::2][order], labels[1::2]
    first = np.searchsorted(known, places[1::2], side="left")
    last = np.searchsorted(known, places[1::2], side="right")
    pad = (np.maximum(_VOTES - (last - first), 0) + 1) // 2
    before = np.zeros((learnt.size + 1, classes), np.int64)
    np.cumsum(learnt[:, None] == np.arange(classes), axis=0, out=before[1:])
    votes = before[np.minimum(last + pad, learnt.size)] - before[np.maximum(first - pad, 0)]
    prior = before[-1] / (learnt.size + 1)
    # The prior breaks ties and is too light to outvote one row.
    wrong = np.mean((votes + prior).argmax(axis=1) != judged)
    guessed = np.mean(prior.argmax() != judged)
    return float(1 - wrong / guessed) if guessed else 0.0


def leak_findings(dataset: Dataset, labels: NDArray[np.int64], *, rows_in_all: int = 0) -> Iterator[Finding]:
    """Inputs that give the label away, of a dataset with (n,) labels, or of a sample of `rows_in_all` rows."""
    classes = int(labels.max(initial=0)) + 1
    if np.unique(labels).size < 2 or labels.size < _LEAST_ROWS:
        return
    rows = encode_rows(dataset)
    for position, feature in enumerate(dataset.schema.inputs):
        skill = single_feature_skill(rows[:, position], labels, classes)
        if skill >= _LEAK:
            yield Finding(
                code="verify.target.leakage",
                severity=Severity.WARNING,
                message=f"`{feature.name}` alone removes {skill:.1%} of the errors of a constant guess",
                feature=feature.name,
                count=rows_in_all or dataset.rows,
            )


def class_findings(counts: NDArray[np.int64], name: str, categories: tuple[str, ...]) -> Iterator[Finding]:
    """What is wrong with how often the classes of the target `name` occur; (k,) rows of each."""
    total = int(counts.sum())
    if np.count_nonzero(counts) < 2:
        message = f"`{name}` has fewer than two classes among {total} labelled rows"
        yield Finding(
            code="verify.target.single_class", severity=Severity.ERROR, message=message, feature=name, count=total
        )
        return
    few = counts < _FEW
    rare = ~few & (counts < _RARE * total / counts.size)
    for code, severity, chosen, why in (
        ("verify.target.few_rows", Severity.WARNING, few, "their figures will say little"),
        ("verify.target.imbalance", Severity.INFO, rare, "accuracy alone will hide them"),
    ):
        if chosen.any():
            rows = int(counts[chosen].sum())
            shown = _shown([name for name, is_chosen in zip(categories, chosen, strict=True) if is_chosen])
            message = f"classes {shown} of `{name}` have {rows} of {total} rows; {why}"
            yield Finding(code=code, severity=severity, message=message, feature=name, count=rows)


def _shown(classes: list[str]) -> str:
    more = f" and {len(classes) - _SHOWN} more" if len(classes) > _SHOWN else ""
    return ", ".join(f"`{name}`" for name in classes[:_SHOWN]) + more
