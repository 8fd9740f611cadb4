"""Every check of the data but that of the labels, each guarded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hauberk.core.finding import Finding
from hauberk.data import Role, encode_labels
from hauberk.flows.datasets import Datasets
from hauberk.flows.project import Project
from hauberk.verify import (
    Suspicion,
    check_dataset,
    check_encoding,
    check_near_duplicates,
    check_near_overlap,
    check_overlap,
    check_sentinels,
    check_sources,
    check_text_forms,
    check_time,
    check_time_split,
    check_unit_shift,
    check_units,
    guarded_check,
)

__all__ = ["check_all", "check_groups", "named"]


def check_all(project: Project, datasets: Datasets) -> list[Finding]:
    """All findings but those of the labels; a check that fails is one."""
    from hauberk.verify.personal import check_personal  # many national numbers: slow to import

    train, test = datasets.train, datasets.test
    checks: dict[str, Callable[[], tuple[Finding, ...]]] = {
        "dataset": lambda: named(check_dataset(train), datasets),
        "overlap": lambda: check_overlap(train, test),
        "near": lambda: (
            *named(check_near_duplicates(train, seed=project.seed), datasets),
            *check_near_overlap(train, test, seed=project.seed),
        ),
        "time": lambda: (*named(check_time(train), datasets), *check_time_split(train, test)),
        "units": lambda: (
            *named((*check_units(train), *check_sentinels(train)), datasets),
            *check_unit_shift(train, test),
        ),
        "encoding": lambda: named((*check_encoding(train), *check_text_forms(train)), datasets),
        "personal": lambda: named(check_personal(train, seed=project.seed), datasets),
    }
    return [finding for name, check in checks.items() for finding in guarded_check(name, check)]


def check_groups(project: Project, datasets: Datasets, suspicion: Suspicion) -> tuple[Finding, ...]:
    """Findings on what each column of the role `group` takes for the source of the rows."""
    train, labels = datasets.train, encode_labels(datasets.train)
    found: list[Finding] = []
    for feature in train.schema.features:
        if feature.role is Role.GROUP:
            codes = train.table.column(feature.name).combine_chunks().dictionary_encode().indices.fill_null(-1)
            source, q = codes.to_numpy().astype(np.int64), project.configuration.verify.q
            found += check_sources(source, labels, suspicion.margin, feature=feature.name, q=q, seed=project.seed)
    return named(tuple(found), datasets)


def named(findings: tuple[Finding, ...], datasets: Datasets) -> tuple[Finding, ...]:
    """Findings on the training rows, by the numbers that `verify quarantine` takes."""
    numbers = datasets.numbers
    return tuple(replace(one, rows=tuple(int(numbers[row]) for row in one.rows)) for one in findings)
