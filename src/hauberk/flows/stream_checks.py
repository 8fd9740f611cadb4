"""Every check of data that are read in batches: on all rows where they can be added up, else on a sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset, Role, Schema, encode_labels
from hauberk.flows.data_checks import numbered
from hauberk.flows.project import Project
from hauberk.flows.stream_reading import Reading
from hauberk.verify import (
    Repeats,
    Suspicion,
    check_encoding,
    check_near_duplicates,
    check_near_overlap,
    check_sentinels,
    check_sources,
    check_text_forms,
    check_time,
    check_time_split,
    check_unit_shift,
    check_units,
    duplicate_findings,
    find_seen,
    guarded_check,
    leak_findings,
    overlap_findings,
    profile_findings,
)

__all__ = ["Sample", "check_all_rows", "check_sample", "check_sample_groups", "streamed_finding"]

Check = Callable[[], tuple[Finding, ...]]


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
        where = f"; looked for in {len(self.numbers)} of {self.rows} rows"
        return tuple(replace(one, message=one.message + where) for one in numbered(findings, self.numbers))


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
    train: Reading, test: Reading, repeats: Repeats, schema: Schema, numbers: NDArray[np.intp]
) -> list[Finding]:
    """Findings that speak of all rows; `numbers` name the training rows."""
    checks: dict[str, Check] = {
        "dataset": lambda: numbered(
            (
                *profile_findings(train.profile, schema),
                *duplicate_findings(repeats.repeated, repeats.contradictory),
            ),
            numbers,
        ),
        "overlap": lambda: overlap_findings(find_seen(test.keys, test.labels, train.keys, train.labels)),
        "time": lambda: (*numbered(check_time(train.times), numbers), *check_time_split(train.times, test.times)),
    }
    return _guarded(checks)


def check_sample(project: Project, train: Sample, test: Sample) -> list[Finding]:
    """Findings that need many rows at once."""
    from hauberk.verify.personal import check_personal  # many national numbers: slow to import

    some, asked, seed = train.dataset, test.dataset, project.seed
    checks: dict[str, Check] = {
        "dataset": lambda: train.told(tuple(leak_findings(some, encode_labels(some), rows_in_all=train.rows))),
        "near": lambda: (
            *train.told(check_near_duplicates(some, seed=seed)),
            *test.told(check_near_overlap(some, asked, seed=seed)),
        ),
        "units": lambda: (
            *train.told((*check_units(some), *check_sentinels(some))),
            *test.told(check_unit_shift(some, asked)),
        ),
        "encoding": lambda: train.told((*check_encoding(some), *check_text_forms(some))),
        "personal": lambda: train.told(check_personal(some, seed=seed)),
    }
    return _guarded(checks)


def check_sample_groups(project: Project, train: Sample, suspicion: Suspicion) -> tuple[Finding, ...]:
    """Findings on the sources of the rows of the sample, by a suspicion of its rows."""
    dataset, q = train.dataset, project.configuration.verify.q
    found: list[Finding] = []
    for feature in dataset.schema.features:
        if feature.role is Role.GROUP:
            codes = dataset.table.column(feature.name).combine_chunks().dictionary_encode().indices.fill_null(-1)
            source, labels = codes.to_numpy().astype(np.int64), encode_labels(dataset)
            found += check_sources(source, labels, suspicion.margin, feature=feature.name, q=q, seed=project.seed)
    return train.told(tuple(found))


def _guarded(checks: dict[str, Check]) -> list[Finding]:
    return [finding for name, check in checks.items() for finding in guarded_check(name, check)]
