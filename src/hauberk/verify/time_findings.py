"""The time axis: rows out of order, tests that lie before their training, gaps and repeated stamps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset, Feature, Kind, Role
from hauberk.verify.named_rows import NAMED_ROWS, row_findings

__all__ = ["check_time", "check_time_split"]

_STRAY = 0.1
"""Share of the steps that may run backwards in a file that somebody meant to be ordered; in a shuffled one half do."""
_LEAST = 50
_FAR = 10.0
"""Times the 99th percentile. Of waiting times that are exponential, one in 10**20 is so long."""
_REPEATS = 20
_PERCENTILE = 99
Vector = NDArray[np.float64]


def check_time(dataset: Dataset, *, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """Findings on the columns of role `time` that hold numbers or dates.

    Codes `verify.time.` and: `unordered` (rows that step back in a file that is ordered but for a tenth of its steps
    or less; rows were inserted, or stamps altered; where the rows of each group of a column of role `group` stand
    together, every group begins anew), `gap` (a pause of more than ten times the 99th percentile of the
    pauses between different stamps: a delivery may be missing; the row is the one after it), `repeated` (one stamp
    in twenty rows or more, and ten times as often as the 99th percentile of the stamps: a default, or a bulk load).
    """
    found: list[Finding] = []
    blocks = _blocks(dataset)
    for feature in _axes(dataset):
        stamps = _stamps(dataset, feature)
        found += _disorder(stamps, blocks, feature, named)
        if np.count_nonzero(~np.isnan(stamps)) >= _LEAST:
            found += _gaps(stamps, feature, named)
            found += _repeats(stamps, feature, named)
    return tuple(found)


def check_time_split(train: Dataset, test: Dataset, *, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """Test rows that lie before the last training row: `verify.time.future`, with row numbers of the test set.

    The model has learnt from what came after them, so figures on them say little of the days to come. A split at
    random does this to nearly all rows; one at a point in time to none.
    """
    found: list[Finding] = []
    for feature in _axes(train):
        seen, asked = _stamps(train, feature), _stamps(test, feature)
        if np.isnan(seen).all():
            continue
        mask = asked < np.nanmax(seen)
        message = f"{{count}} of {test.rows} test rows lie before the last training row by `{_safe(feature.name)}`"
        found += row_findings("verify.time.future", message, mask, feature=feature.name, named=named)
    return tuple(found)


def _axes(dataset: Dataset) -> list[Feature]:
    numeric = (Kind.NUMBER, Kind.INTEGER)
    return [one for one in dataset.schema.features if one.role is Role.TIME and one.kind in numeric]


def _stamps(dataset: Dataset, feature: Feature) -> Vector:
    stamps: Vector = dataset.table.column(feature.name).cast("float64", safe=False).to_numpy()
    return stamps


def _blocks(dataset: Dataset) -> NDArray[np.intp]:
    """(n,) a number for each run of rows of one group; zeros where no column of groups has one run a group."""
    blocks = np.zeros(dataset.rows, np.intp)
    for feature in dataset.schema.features:
        if feature.role is Role.GROUP and dataset.rows:
            group = dataset.table.column(feature.name).combine_chunks().dictionary_encode().indices
            codes = pc.fill_null(group, -1).to_numpy()
            runs = np.append(0, np.cumsum(codes[1:] != codes[:-1]))
            if runs[-1] + 1 == np.unique(codes).size:
                blocks += runs
    return blocks


def _disorder(stamps: Vector, blocks: NDArray[np.intp], feature: Feature, named: int) -> Iterator[Finding]:
    """Rows that step against the way of most steps within their block; missing stamps are passed over."""
    known = np.flatnonzero(~np.isnan(stamps))
    steps = np.where(np.diff(blocks[known]) == 0, np.sign(np.diff(stamps[known])), 0.0)
    moves = np.count_nonzero(steps)
    back = steps == (-1 if steps.sum() >= 0 else 1)
    if not back.any() or back.sum() > _STRAY * moves:
        return
    mask = np.zeros(stamps.size, bool)
    mask[known[1:][back]] = True
    message = f"{{count}} rows step back in `{_safe(feature.name)}`, by which the other rows are ordered"
    yield from row_findings("verify.time.unordered", message, mask, feature=feature.name, named=named)


def _gaps(stamps: Vector, feature: Feature, named: int) -> Iterator[Finding]:
    known = np.flatnonzero(~np.isnan(stamps))
    different, earliest = np.unique(stamps[known], return_index=True)
    if different.size < _LEAST:
        return
    pauses = np.diff(different)
    usual = np.percentile(pauses, _PERCENTILE)
    first = np.zeros(stamps.size, bool)
    first[known[earliest[1:][pauses > _FAR * usual]]] = True
    message = f"{{count}} pauses in `{_safe(feature.name)}` are ten times longer than nearly all others"
    yield from row_findings(
        "verify.time.gap", message, first, severity=Severity.INFO, feature=feature.name, named=named
    )


def _repeats(stamps: Vector, feature: Feature, named: int) -> Iterator[Finding]:
    different, counts = np.unique(stamps[~np.isnan(stamps)], return_counts=True)
    usual = np.percentile(counts, _PERCENTILE) if counts.size >= _LEAST else np.inf
    often = different[(counts >= _REPEATS) & (counts > _FAR * usual)]
    message = f"{{count}} rows share {often.size} stamps of `{_safe(feature.name)}` that occur far oftener than others"
    yield from row_findings("verify.time.repeated", message, np.isin(stamps, often), feature=feature.name, named=named)


def _safe(text: str) -> str:
    """A name that stands for itself in a message with fields."""
    return text.replace("{", "{{").replace("}", "}}")
