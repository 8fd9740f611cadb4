"""Every check of the data but that of the labels, each under limits; what could not be checked is a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hauberk.core.engine import Engine, Failure, FailureKind, JobLimits, Outcome
from hauberk.core.errors import Malformed
from hauberk.core.finding import Finding, parse_finding
from hauberk.data import Dataset, Role, encode_labels
from hauberk.flows.check_job import check_job, open_tables
from hauberk.flows.checks import CHECKS, Check, Tables
from hauberk.flows.datasets import Datasets
from hauberk.flows.project import Project
from hauberk.verify import Suspicion, check_sources, unchecked

__all__ = ["check_all", "check_groups", "look_through", "named", "numbered", "run_checks"]

_PATIENCE = 3
"""Columns of one check that may be stopped or crash; the rest is not tried, for each costs the whole time limit."""


def check_all(project: Project, datasets: Datasets, checks: Iterable[Check] = CHECKS) -> list[Finding]:
    """All findings but those of the labels; a check that fails, hangs, crashes or starves is one."""
    tables = Tables(train=datasets.train, test=datasets.test, seed=project.seed)
    return [
        finding
        for check, findings in look_through(project, tables, checks)
        for finding in numbered(findings, datasets.test_numbers if check.of_test else datasets.numbers)
    ]


def look_through(
    project: Project, tables: Tables, checks: Iterable[Check]
) -> Iterator[tuple[Check, tuple[Finding, ...]]]:
    """Each check with its findings, by the engine and under the limits of `hauberk.toml`."""
    section = project.configuration.verify
    limits = JobLimits(seconds=section.check_seconds, memory=section.check_memory or None)
    with open_tables(project.configuration.engine, tables, limits) as engine:
        yield from run_checks(engine, checks, tables)


def run_checks(engine: Engine, checks: Iterable[Check], tables: Tables) -> Iterator[tuple[Check, tuple[Finding, ...]]]:
    """Each check with its findings; one that fails as a whole is tried again column by column, where it can be."""
    several = tuple(checks)
    jobs = [check_job(check, tables) for check in several]
    for check, outcome in zip(several, list(engine.run(jobs)), strict=True):
        findings = _findings(outcome)
        if isinstance(findings, Failure):
            findings = tuple(_by_column(engine, check, tables, findings))
        yield check, findings


def check_groups(project: Project, train: Dataset, suspicion: Suspicion) -> tuple[Finding, ...]:
    """Findings on what each column of the role `group` takes for the source of the rows, which `suspicion` ranks."""
    labels, q = encode_labels(train), project.configuration.verify.q
    found: list[Finding] = []
    for feature in train.schema.features:
        if feature.role is Role.GROUP:
            codes = train.table.column(feature.name).combine_chunks().dictionary_encode().indices.fill_null(-1)
            source = codes.to_numpy().astype(np.int64)
            found += check_sources(source, labels, suspicion.margin, feature=feature.name, q=q, seed=project.seed)
    return tuple(found)


def named(findings: tuple[Finding, ...], datasets: Datasets) -> tuple[Finding, ...]:
    """Findings on the training rows, by the numbers that `verify quarantine` takes."""
    return numbered(findings, datasets.numbers)


def numbered(findings: tuple[Finding, ...], numbers: NDArray[np.intp]) -> tuple[Finding, ...]:
    """Findings on some rows, by the (n,) numbers of these in their file."""
    return tuple(replace(one, rows=tuple(int(numbers[row]) for row in one.rows)) for one in findings)


def _by_column(engine: Engine, check: Check, tables: Tables, whole: Failure) -> Iterator[Finding]:
    """The findings in single columns, and which of them, or what else, could not be checked."""
    columns = [one.name for one in tables.train.schema.features if check.columns and check.columns(one)]
    if len(columns) < 2:
        yield unchecked(check.name, whole.reason, feature=columns[0] if columns else "")
        return
    failed = spoilt = 0
    for column in columns:
        if spoilt >= _PATIENCE:
            yield unchecked(check.name, f"not tried after {_PATIENCE} columns failed", feature=column)
            continue
        (outcome,) = engine.run([check_job(check, tables, column)])
        findings = _findings(outcome)
        if isinstance(findings, Failure):
            failed += 1
            spoilt += findings.kind is not FailureKind.RAISED
            yield unchecked(check.name, findings.reason, feature=column)
        else:
            yield from findings
    if check.across(tables.train.schema):
        yield unchecked(check.name, f"across columns: {whole.reason}")


def _findings(outcome: Outcome) -> tuple[Finding, ...] | Failure:
    if outcome.failure:
        return outcome.failure
    try:
        documents = outcome.value if isinstance(outcome.value, list) else [outcome.value]
        return tuple(parse_finding(document) for document in documents)
    except Malformed:
        return Failure(kind=FailureKind.ENDED, reason="gave no findings")
