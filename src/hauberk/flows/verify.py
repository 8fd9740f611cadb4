"""The stage `verify`: can this data be trusted?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.core.encoding import Json
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.data import Dataset, digest_schema, input_schema, render_manifest, row_digests
from hauberk.flows.backdoors import BackdoorSearch, no_search, search_backdoors
from hauberk.flows.checks import CHECKS
from hauberk.flows.data_checks import check_all, check_groups, named
from hauberk.flows.datasets import Datasets
from hauberk.flows.evidence import write_evidence
from hauberk.flows.images import is_of_images
from hauberk.flows.pin import SCHEMA, find_drift
from hauberk.flows.project import Project
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.suspects import rank_training_rows, suspects_file, suspicion_details
from hauberk.flows.verify_images import IMAGE_CHECKS, pooled_datasets, unlooked
from hauberk.prove.report import render_suspects_file
from hauberk.stats import estimate_proportion
from hauberk.verify import AttackKind, Suspicion, classify_attack, guarded_check, suspicion_findings

__all__ = [
    "PICTURE",
    "PREDICATE",
    "ROW_DIGESTS",
    "TAUGHT",
    "SUSPECTS",
    "count_claim",
    "input_digests",
    "share_claims",
    "verify_data",
    "verify_document",
    "write_picture",
]

PREDICATE = "urn:hauberk:verify:dataset:v1"
_ATTACKS = {
    "verify.backdoor.confirmed": AttackKind.BACKDOOR,
    "verify.backdoor.suspected": AttackKind.BACKDOOR,
    "verify.labels.region": AttackKind.REGION,
}
SUSPECTS = "suspects.parquet"
"""One line for each training row: `row` (its place in the file), `score`, `p_value` (null without trusted rows),
`flagged`, `likely` (the attack that a flagged row, or one with a confirmed trigger, looks like)."""
PICTURE = "suspects.svg"
"""Scores of all rows, the threshold of the flags, and the first suspects, for people to look at."""
ROW_DIGESTS = "train.rows"
"""SHA-256 of each row of the training file, also of those in quarantine or held out for testing, so that a later run
can name the rows that changed."""
TAUGHT = "train.inputs"
"""SHA-256 of the inputs alone of each row that is trained on, so that a later model can be compared on rows that
neither has seen, whatever their labels, numbers or stamps."""
_KEPT = 2
"""Version of what is kept; what versions before it left out is made again."""


def verify_data(project: Project, datasets: Datasets, watch: Watcher = unwatched) -> StageResult:
    """Check schema, rows, overlap and labels of the data; one statement about both datasets.

    The suspects are left in the evidence folder, whether the stage ran or was reused.
    """
    section = project.configuration.verify
    configuration: dict[str, Json] = {"verify": asdict(section), "schema": str(digest_schema(datasets.schema))}
    # A suspected trigger is confirmed by retraining with as many trees.
    configuration["trees"] = project.configuration.model.trees
    drift = find_drift(project, datasets.schema, verified=PREDICATE)
    configuration |= drift.configuration | {"kept": _KEPT}
    if datasets.notes:
        # A quarantine that is made again leaves the same rows, but what is said of them names its statement.
        configuration["notes"] = [note.document() for note in datasets.notes]
    subjects = (datasets.train_subject, datasets.test_subject)
    trusted = (datasets.trusted_subject,) if datasets.trusted_subject else ()
    whole = (datasets.file_subject,) if datasets.whole else ()
    inputs = (*subjects, *whole, *trusted, *(reader.subject for reader in datasets.readers))

    def work(report: Progress) -> StageOutput:
        report(0, 1, "schema and rows")
        images = is_of_images(project.configuration)
        checked = check_all(project, datasets, IMAGE_CHECKS if images else CHECKS)
        findings = [*named(drift.findings(datasets.train), datasets), *checked]
        findings += unlooked(datasets.train.rows) if images else ()
        ranked = pooled_datasets(datasets, project.configuration.data) if images else datasets
        suspicion = rank_training_rows(project, ranked, report)
        findings += guarded_check("sources", lambda: named(check_groups(project, datasets.train, suspicion), datasets))
        backdoors = no_search(datasets.train) if images else _searched(project, datasets, report)
        return StageOutput(
            subjects=subjects,
            claims=(
                count_claim("train_rows", datasets.train.rows),
                count_claim("test_rows", datasets.test.rows),
                *share_claims(suspicion),
                *backdoors.claims(),
            ),
            findings=(
                *datasets.notes,
                *findings,
                *backdoors.findings,
                *named(suspicion_findings(suspicion, q=section.q), datasets),
            ),
            details=suspicion_details(suspicion, backdoors, datasets, section.q) | _quarantine(datasets),
            artifacts={
                "train.manifest.json": render_manifest(datasets.train_manifest),
                "test.manifest.json": render_manifest(datasets.test_manifest),
                ROW_DIGESTS: row_digests(datasets.whole or datasets.train).tobytes(),
                TAUGHT: input_digests(datasets.train).tobytes(),
                SCHEMA: drift.schema,
                SUSPECTS: suspects_file(suspicion, backdoors, datasets),
            },
        )

    task = Task(stage="verify", predicate_type=PREDICATE, configuration=configuration, inputs=inputs, work=work)
    result = run_stage(project, task, watch)
    write_evidence(project.evidence, {SUSPECTS: project.store.get_bytes(result.artifacts[SUSPECTS])})
    write_picture(project, result)
    return result


def input_digests(dataset: Dataset) -> NDArray[np.uint8]:
    """(n, 32) digests of the rows by their inputs alone."""
    schema = input_schema(dataset.schema)
    table = dataset.table.select([feature.name for feature in schema.features])
    return row_digests(Dataset(table=table, schema=schema))


def _searched(project: Project, datasets: Datasets, report: Progress) -> BackdoorSearch:
    return search_backdoors(project, datasets.train, datasets.numbers, report)


def write_picture(project: Project, result: StageResult) -> None:
    """Leave the picture of the suspects in the evidence folder."""
    drawn = render_suspects_file(result.details)
    write_evidence(project.evidence, {PICTURE: drawn} if drawn else {})


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
            "atlas": classify_attack(_attack_of(str(finding["code"]), result)).atlas,
        }
        for finding in result.findings
    ]
    return result.document() | {
        "rows": rows,
        "findings": findings,
        "suspects": known | {"file": str(project.evidence / SUSPECTS), "picture": str(project.evidence / PICTURE)},
        "attack": attack,
    }


def _attack_of(code: str, result: StageResult) -> AttackKind:
    """The attack that a finding speaks of."""
    if code == "verify.labels.flagged":
        return AttackKind(str(result.details["likely"]))
    return _ATTACKS.get(code, AttackKind.NONE)


def _quarantine(datasets: Datasets) -> dict[str, Json]:
    return {} if datasets.quarantine is None else {"quarantine": datasets.quarantine}


def count_claim(name: str, count: int) -> Claim:
    """A number of rows, which is exact."""
    exact = Estimate(value=count, low=count, high=count, n=0, method="count")
    return Claim(name=name, estimate=exact, rung=Rung.MEASURED, unit="rows")


def share_claims(suspicion: Suspicion) -> list[Claim]:
    """Which share of the rows is suspicious and, with trusted rows, flagged."""
    masks = {"label_suspects": suspicion.suspicious}
    masks |= {"label_flags": suspicion.flagged} if suspicion.p_value is not None else {}
    return [
        Claim(name=name, estimate=estimate_proportion(int(mask.sum()), mask.size), rung=Rung.MEASURED)
        for name, mask in masks.items()
    ]
