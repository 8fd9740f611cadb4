"""Rows that are almost there twice: rounded, nudged, or with one category exchanged."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset, Schema, row_bytes
from hauberk.verify.named_rows import NAMED_ROWS, row_findings
from hauberk.verify.near_rows import TOLERANCE, NearRows, near_rows_of

__all__ = ["check_near_duplicates", "check_near_overlap"]

_CELLS = 20_000_000
"""Rows times columns that are looked at; the first rows where there are more."""
_LEAST = 5
_ABOVE = 3.0
_FAR_ABOVE = 10.0
"""Times the rows that shuffled columns give."""
_SHARE = 0.01
"""Card payments of one terminal repeat one another in four rows of a thousand, honestly."""
_SHELL = 4.0
_FULL = 0.4
"""Share of the rows beyond which all are near to some other, and no hollow can be seen."""
_HOLLOW = 2.0
"""Honest rows four times as near are at most a quarter as many, in one dimension; copies have no more around them."""


def check_near_duplicates(dataset: Dataset, *, seed: int = 0, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """Rows whose inputs nearly repeat an earlier row: `verify.near.duplicate`. Exact duplicates do not count.

    Near means: each number within a thousandth of its column's range (as four significant digits keep it),
    and at most one category differs. A column whose values lie further apart must agree. Rows are reported where they
    are three times as many as shuffled columns give. The finding is a warning only where they are ten times as many,
    a hundredth to two fifths of the rows, and stand in a hollow: four times the distance does not hold twice them.
    Otherwise columns that hang together explain them, and it is information.

    Args:
        dataset: Training rows.
        seed: Of grids and shuffles.
        named: Most row numbers in the finding.
    """
    message = f"{{count}} of {dataset.rows} rows nearly repeat an earlier row"
    return tuple(_findings("verify.near.duplicate", message, dataset, border=0, seed=seed, named=named))


def check_near_overlap(train: Dataset, test: Dataset, *, seed: int = 0, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """Test rows that nearly repeat a training row, by inputs: `verify.near.overlap`, rows of the test set.

    The rules are those of `check_near_duplicates`; a test row that stands in the training set as it is does not count.
    """
    inputs = Schema(features=train.schema.inputs)
    names = [feature.name for feature in inputs.features]
    if not names or not train.rows or not test.rows:
        return ()
    both = Dataset(table=pa.concat_tables([train.table.select(names), test.table.select(names)]), schema=inputs)
    message = f"{{count}} of {test.rows} test rows nearly repeat a training row"
    return tuple(_findings("verify.near.overlap", message, both, border=train.rows, seed=seed, named=named))


def _first_rows(dataset: Dataset, *, border: int) -> NDArray[np.intp]:
    """(m,) numbers of the first row of each kind, so many as may be looked at; half of them beyond a border."""
    inputs = dataset.schema.inputs
    if not inputs or not dataset.rows:
        return np.empty(0, np.intp)
    room = max(2, _CELLS // len(inputs))
    codes = row_bytes(dataset.table, list(inputs)).dictionary_encode().indices.to_numpy()
    first: NDArray[np.intp] = np.sort(np.unique(codes, return_index=True)[1])
    if first.size <= room:
        return first
    half = room // 2 if border else 0
    return np.concatenate([first[first < border][:half], first[first >= border][: room - half]])


def _findings(code: str, message: str, dataset: Dataset, *, border: int, seed: int, named: int) -> Iterator[Finding]:
    """One finding over the later rows of near pairs; with a border, of the pairs that lie across it."""
    rows = _first_rows(dataset, border=border)
    late = rows >= border
    if not late.any() or rows.size < 2:
        return
    near = near_rows_of(dataset).take(rows)
    hits = _later(near, late, seed=seed)
    if hits.size < _LEAST:
        return
    chance = _later(near.shuffled(np.flatnonzero(late), seed=seed), late, seed=seed).size
    if hits.size < _ABOVE * chance:
        return
    wide = _later(near, late, seed=seed, reach=_SHELL * TOLERANCE).size if near.numbers.shape[1] else np.inf
    many = max(_FAR_ABOVE * chance, _SHARE * late.sum()) <= hits.size <= _FULL * late.sum()
    alarming = many and wide < _HOLLOW * hits.size
    mask = np.zeros(dataset.rows, bool)
    mask[rows[hits]] = True
    yield from row_findings(
        code,
        f"{message}, by a thousandth of a column's range or one category; shuffled columns give {chance}",
        mask[border:],
        severity=Severity.WARNING if alarming else Severity.INFO,
        named=named,
    )


def _later(near: NearRows, late: NDArray[np.bool_], *, seed: int, reach: float = TOLERANCE) -> NDArray[np.intp]:
    """The second rows of near pairs, ascending; where some rows are not late, only those with a first that is not."""
    pairs = near.pairs(reach=reach, seed=seed)
    across = pairs if late.all() else pairs[~late[pairs[:, 0]] & late[pairs[:, 1]]]
    return np.unique(across[:, 1])
