"""Every check of data that are read in batches: on all rows where they can be added up, else on a sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset, Schema, encode_labels
from hauberk.flows.checks import CHECKS, Tables
from hauberk.flows.data_checks import look_through, numbered
from hauberk.flows.project import Project
from hauberk.flows.stream_reading import Reading
from hauberk.verify import (
    Repeats,
    check_time,
    check_time_split,
    duplicate_findings,
    find_seen,
    guarded_check,
    leak_findings,
    overlap_findings,
    profile_findings,
)

__all__ = ["Sample", "check_all_rows", "check_sample", "streamed_finding"]

_SAMPLED = {"near", "near_overlap", "units", "unit_shift", "encoding", "personal"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Some rows of a part.

    Attributes:
        dataset: The rows.
        places: (m,) their places in the part.
        numbers: (m,) the numbers by which they are named.
        rows: Rows of the whole part.
        even: Whether all classes are there in their shares.
    """

    dataset: Dataset
    places: NDArray[np.intp]
    numbers: NDArray[np.intp]
    rows: int
    even: bool = True

    def told(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """The findings by the numbers of the rows, with a word on where they were looked for."""
        return self.worded(numbered(findings, self.numbers))

    def worded(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """The findings with a word on where they were looked for."""
        where = f"; looked for in {len(self.numbers)} of {self.rows} rows"
        return tuple(replace(one, message=one.message + where) for one in findings)


def streamed_finding(train: Sample, most: int) -> Finding:
    """How the data were checked."""
    drawn = len(train.numbers)
    message = (
        f"{train.rows} training rows are read in batches (verify.in-memory-rows is {most}): the schema, duplicates, "
        f"overlap, classes and times of all are checked; near duplicates, units, texts, personal data, leakage, "
        f"sources and triggers those of {drawn}; labels of these by all views, and of the others by a model of these"
    )
    return Finding(code="verify.size.streamed", severity=Severity.INFO, message=message, count=train.rows)


def check_all_rows(
    train: Reading,
    test: Reading,
    repeats: Repeats,
    schema: Schema,
    numbers: NDArray[np.intp],
    test_numbers: NDArray[np.intp],
) -> list[Finding]:
    """Findings that speak of all rows, which the numbers name."""

    def overlap() -> tuple[Finding, ...]:
        return overlap_findings(find_seen(test.keys, test.labels, train.keys, train.labels))

    checks: dict[str, Callable[[], tuple[Finding, ...]]] = {
        "dataset": lambda: numbered(
            (
                *profile_findings(train.profile, schema),
                *duplicate_findings(repeats.repeated, repeats.contradictory),
            ),
            numbers,
        ),
        "overlap": lambda: numbered(overlap(), test_numbers),
        "time": lambda: (
            *numbered(check_time(train.times), numbers),
            *numbered(check_time_split(train.times, test.times), test_numbers),
        ),
    }
    return _guarded(checks)


def check_sample(project: Project, train: Sample, test: Sample) -> list[Finding]:
    """Findings that need many rows at once."""
    some = train.dataset

    def leaks() -> tuple[Finding, ...]:
        return train.told(tuple(leak_findings(some, encode_labels(some), rows_in_all=train.rows)))

    found = _guarded({"target": leaks})
    tables = Tables(train=some, test=test.dataset, seed=project.seed)
    for check, findings in look_through(project, tables, [check for check in CHECKS if check.name in _SAMPLED]):
        found += (test if check.of_test else train).told(findings)
    return found


def _guarded(checks: dict[str, Callable[[], tuple[Finding, ...]]]) -> list[Finding]:
    return [finding for name, check in checks.items() for finding in guarded_check(name, check)]
