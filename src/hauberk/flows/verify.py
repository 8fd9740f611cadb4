"""The stage `verify`: can this data be trusted?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.core.encoding import Json
from hauberk.core.finding import Finding
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.data import (
    Dataset,
    Role,
    digest_schema,
    encode_labels,
    encode_rows,
    render_manifest,
    row_digests,
)
from hauberk.flows.datasets import Datasets
from hauberk.flows.evidence import write_evidence
from hauberk.flows.project import Project
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.training import label_learner
from hauberk.stats import estimate_proportion
from hauberk.verify import (
    VIEWS,
    AttackKind,
    Pool,
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
    classify_attack,
    guarded_check,
    rank_rows,
    suspicion_findings,
)

__all__ = ["ROW_DIGESTS", "SUSPECTS", "pool_of", "verify_data", "verify_document"]

PREDICATE = "urn:hauberk:verify:dataset:v1"
SUSPECTS = "suspects.parquet"
"""One line for each training row: `row` (its number before a quarantine), `score`, `p_value` (null without trusted
rows), `flagged`, `likely`."""
ROW_DIGESTS = "train.rows"
"""SHA-256 of each training row, also of those in quarantine, so that a later run can name the rows that changed."""
_SHOWN = 20
_BINS = 24


def verify_data(project: Project, datasets: Datasets, watch: Watcher = unwatched) -> StageResult:
    """Check schema, rows, overlap and labels of the data; one statement about both datasets.

    The suspects are left in the evidence folder, whether the stage ran or was reused.
    """
    section = project.configuration.verify
    configuration: dict[str, Json] = {"verify": asdict(section), "schema": str(digest_schema(datasets.schema))}
    if datasets.notes:
        # A quarantine that is made again leaves the same rows, but what is said of them names its statement.
        configuration["notes"] = [note.document() for note in datasets.notes]
    subjects = (datasets.train_subject, datasets.test_subject)
    trusted = (datasets.trusted_subject,) if datasets.trusted_subject else ()
    inputs = (*subjects, *trusted, *(reader.subject for reader in datasets.readers))

    def work(report: Progress) -> StageOutput:
        report(0, 1, "schema and rows")
        findings = _checks(project, datasets)
        suspicion = _rank(project, datasets, report)
        findings += guarded_check("sources", lambda: _sources(project, datasets, suspicion))
        return StageOutput(
            subjects=subjects,
            claims=(
                _count("train_rows", datasets.train.rows),
                _count("test_rows", datasets.test.rows),
                *_shares(suspicion),
            ),
            findings=(*datasets.notes, *findings, *_named(suspicion_findings(suspicion, q=section.q), datasets)),
            details=_details(suspicion, datasets, section.q),
            artifacts={
                "train.manifest.json": render_manifest(datasets.train_manifest),
                "test.manifest.json": render_manifest(datasets.test_manifest),
                ROW_DIGESTS: row_digests(datasets.whole or datasets.train).tobytes(),
                SUSPECTS: _suspects(suspicion, datasets),
            },
        )

    task = Task(stage="verify", predicate_type=PREDICATE, configuration=configuration, inputs=inputs, work=work)
    result = run_stage(project, task, watch)
    write_evidence(project.evidence, {SUSPECTS: project.store.get_bytes(result.artifacts[SUSPECTS])})
    return result


def verify_document(project: Project, result: StageResult) -> dict[str, Json]:
    """The result as `hauberk verify --json` prints it."""
    suspects, attack = result.details["suspects"], result.details["attack"]
    known = dict(suspects) if isinstance(suspects, Mapping) else {}
    rows = int(result.claims["train_rows"].estimate.value)
    findings: list[Json] = [
        {
            "check": finding["code"],
            "severity": finding["severity"],
            "rows": finding["rows"],
            "evidence": finding["message"],
            "count": finding["count"],
            "atlas": classify_attack(AttackKind(str(result.details["likely"]))).atlas
            if finding["code"] == "verify.labels.flagged"
            else "",
        }
        for finding in result.findings
    ]
    return result.document() | {
        "rows": rows,
        "findings": findings,
        "suspects": known | {"file": str(project.evidence / SUSPECTS)},
        "attack": attack,
    }


def _checks(project: Project, datasets: Datasets) -> list[Finding]:
    """All findings but those of the labels; a check that fails is one."""
    from hauberk.verify.personal import check_personal  # many national numbers: slow to import

    train, test = datasets.train, datasets.test
    checks: dict[str, Callable[[], tuple[Finding, ...]]] = {
        "dataset": lambda: _named(check_dataset(train), datasets),
        "overlap": lambda: check_overlap(train, test),
        "near": lambda: (
            *_named(check_near_duplicates(train, seed=project.seed), datasets),
            *check_near_overlap(train, test, seed=project.seed),
        ),
        "time": lambda: (*_named(check_time(train), datasets), *check_time_split(train, test)),
        "units": lambda: (
            *_named((*check_units(train), *check_sentinels(train)), datasets),
            *check_unit_shift(train, test),
        ),
        "encoding": lambda: _named((*check_encoding(train), *check_text_forms(train)), datasets),
        "personal": lambda: _named(check_personal(train, seed=project.seed), datasets),
    }
    return [finding for name, check in checks.items() for finding in guarded_check(name, check)]


def _sources(project: Project, datasets: Datasets, suspicion: Suspicion) -> tuple[Finding, ...]:
    """Findings on what each column of the role `group` takes for the source of the rows."""
    train, labels = datasets.train, encode_labels(datasets.train)
    found: list[Finding] = []
    for feature in train.schema.features:
        if feature.role is Role.GROUP:
            codes = train.table.column(feature.name).combine_chunks().dictionary_encode().indices.fill_null(-1)
            source, q = codes.to_numpy().astype(np.int64), project.configuration.verify.q
            found += check_sources(source, labels, suspicion.margin, feature=feature.name, q=q, seed=project.seed)
    return _named(tuple(found), datasets)


def _named(findings: tuple[Finding, ...], datasets: Datasets) -> tuple[Finding, ...]:
    """Findings on the training rows, by the numbers that `verify quarantine` takes."""
    numbers = datasets.numbers
    return tuple(replace(one, rows=tuple(int(numbers[row]) for row in one.rows)) for one in findings)


def pool_of(dataset: Dataset) -> Pool:
    """The dataset as the views look at it."""
    target = dataset.schema.target
    return Pool(
        rows=encode_rows(dataset),
        labels=encode_labels(dataset),
        classes=len(target.categories) if target else 0,
        category_counts=tuple(len(feature.categories) for feature in dataset.schema.inputs),
    )


def _rank(project: Project, datasets: Datasets, report: Progress) -> Suspicion:
    section = project.configuration.verify
    return rank_rows(
        pool_of(datasets.train),
        label_learner(datasets.train, trees=section.trees),
        folds=section.folds,
        q=section.q,
        seed=project.seed,
        trusted=pool_of(datasets.trusted) if datasets.trusted else None,
        by_class=section.trusted_by_class,
        progress=report,
    )


def _count(name: str, count: int) -> Claim:
    exact = Estimate(value=count, low=count, high=count, n=0, method="count")
    return Claim(name=name, estimate=exact, rung=Rung.MEASURED, unit="rows")


def _shares(suspicion: Suspicion) -> list[Claim]:
    masks = {"label_suspects": suspicion.suspicious}
    masks |= {"label_flags": suspicion.flagged} if suspicion.p_value is not None else {}
    return [
        Claim(name=name, estimate=estimate_proportion(int(mask.sum()), mask.size), rung=Rung.MEASURED)
        for name, mask in masks.items()
    ]


def _details(suspicion: Suspicion, datasets: Datasets, q: float) -> dict[str, Json]:
    flagged = suspicion.flagged
    threshold = float(suspicion.score[flagged].min()) if flagged.any() else None
    controlled = suspicion.p_value is not None
    return {
        "suspicious": _worst(suspicion, datasets),
        "margins": _histogram(suspicion),
        "suspects": {"n": int(flagged.sum()), "q": q if controlled else None, "threshold": threshold},
        "likely": str(suspicion.kind),
        "attack": {
            "kind": str(suspicion.kind),
            "nist": classify_attack(suspicion.kind).nist,
            "confidence": 1 - q if flagged.any() else 0.0,
        },
        "views": {name: float(weight) for name, weight in zip(VIEWS, suspicion.weights, strict=True)},
    }


def _suspects(suspicion: Suspicion, datasets: Datasets) -> bytes:
    rows = suspicion.order.size
    p_value = pa.nulls(rows, pa.float64()) if suspicion.p_value is None else pa.array(suspicion.p_value)
    likely = np.where(suspicion.flagged, str(suspicion.kind), str(AttackKind.NONE))
    table = pa.table(
        {
            "row": pa.array(datasets.numbers),
            "score": pa.array(suspicion.score),
            "p_value": p_value,
            "flagged": pa.array(suspicion.flagged),
            "likely": pa.array(likely.tolist(), pa.string()),
        }
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _worst(suspicion: Suspicion, datasets: Datasets) -> list[Json]:
    """The most contradicted rows: number, given and proposed label, margin; no values of the row."""
    target = datasets.schema.target
    classes = target.categories if target else ()
    labels = encode_labels(datasets.train)
    looked_at = suspicion.flagged | suspicion.suspicious
    rows = [int(row) for row in suspicion.order if looked_at[row]][:_SHOWN]
    return [
        {
            "row": int(datasets.numbers[row]),
            "given": classes[labels[row]],
            "proposed": classes[suspicion.proposed[row]],
            "margin": float(suspicion.margin[row]),
        }
        for row in rows
    ]


def _histogram(suspicion: Suspicion) -> dict[str, Json]:
    counts, edges = np.histogram(suspicion.margin, bins=_BINS)
    return {"edges": [float(edge) for edge in edges], "counts": [int(count) for count in counts]}
