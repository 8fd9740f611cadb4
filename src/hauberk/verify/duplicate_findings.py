"""Rows that are there twice: in one set, with two labels, or in the training and the test set."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.core.finding import Finding
from hauberk.data import Dataset, Feature, row_bytes
from hauberk.verify.named_rows import NAMED_ROWS, row_findings

__all__ = ["check_duplicates", "check_overlap", "duplicate_findings", "overlap_findings"]


def check_duplicates(dataset: Dataset, *, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """Rows equal in all inputs, exactly.

    Codes: `verify.rows.duplicate` (the second and further rows of the same inputs and label) and
    `verify.rows.contradictory` (every row whose inputs occur with more than one label: no model can be right on all
    of them). A few are natural where columns have few values; many are copied data, or a poisoning by repetition.
    """
    inputs = list(dataset.schema.inputs)
    if not inputs or not dataset.rows:
        return ()
    group = _groups(row_bytes(dataset.table, inputs))
    target = _target(dataset)
    labelled = _pairs(group, _groups(row_bytes(dataset.table, target))) if target else group
    contradictory = None
    if target:
        distinct = np.unique(np.stack([group, labelled]), axis=1)
        labels = np.bincount(distinct[0], minlength=group.max() + 1)
        contradictory = labels[group] > 1
    return duplicate_findings(~_is_first(labelled), contradictory, named=named)


def duplicate_findings(
    repeated: NDArray[np.bool_], contradictory: NDArray[np.bool_] | None, *, named: int = NAMED_ROWS
) -> tuple[Finding, ...]:
    """The findings on (n,) rows that repeat an earlier one, and on those whose inputs have more than one label."""
    message = "{count} rows repeat an earlier row in all inputs and the label"
    found = list(row_findings("verify.rows.duplicate", message, repeated, named=named))
    if contradictory is not None:
        message = "{count} rows have inputs that occur with more than one label"
        found += row_findings("verify.rows.contradictory", message, contradictory, named=named)
    return tuple(found)


def check_overlap(train: Dataset, test: Dataset, *, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """Rows of the test set that stand in the training set too, by inputs and label: `verify.rows.overlap`.

    The model has seen their answers, so figures on the test set flatter it. Row numbers are those of the test set.
    """
    columns = [*train.schema.inputs, *_target(train)]
    if not columns or not train.rows or not test.rows:
        return ()
    seen = pc.is_in(row_bytes(test.table, columns), value_set=row_bytes(train.table, columns))
    return overlap_findings(seen.to_numpy(zero_copy_only=False).astype(bool), named=named)


def overlap_findings(seen: NDArray[np.bool_], *, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """The finding on the (m,) test rows that are training rows too."""
    message = f"{{count}} of {seen.size} test rows are training rows too"
    return tuple(row_findings("verify.rows.overlap", message, seen, named=named))


def _target(dataset: Dataset) -> list[Feature]:
    return [dataset.schema.target] if dataset.schema.target else []


def _groups(rows: pa.Array) -> NDArray[np.int64]:
    """(n,) the same number for equal rows only."""
    numbers: NDArray[np.int64] = np.asarray(rows.dictionary_encode().indices, np.int64)
    return numbers


def _pairs(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) numbers of the pairs of two numberings."""
    paired: NDArray[np.int64] = first * (second.max() + 1) + second
    return paired


def _is_first(group: NDArray[np.int64]) -> NDArray[np.bool_]:
    first = np.zeros(group.size, bool)
    _, earliest = np.unique(group, return_index=True)
    first[earliest] = True
    return first
