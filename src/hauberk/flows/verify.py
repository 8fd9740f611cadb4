"""The stage `verify`: can this data be trusted?"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.core.encoding import Json, render_json
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.data import digest_schema, encode_labels, encode_rows, render_manifest
from hauberk.flows.datasets import Datasets
from hauberk.flows.project import Project
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.training import fit_predict, training_set
from hauberk.stats import estimate_proportion
from hauberk.verify import LabelRanking, check_dataset, check_overlap, label_findings, rank_label_errors

__all__ = ["verify_data"]

PREDICATE = "urn:hauberk:verify:dataset:v1"
_SHOWN = 20
_BINS = 24


def verify_data(project: Project, datasets: Datasets, watch: Watcher = unwatched) -> StageResult:
    """Check schema, rows, overlap and labels of the data; one statement about both datasets."""
    section = project.configuration.verify
    configuration: dict[str, Json] = {"verify": asdict(section), "schema": str(digest_schema(datasets.schema))}
    inputs = (datasets.train_subject, datasets.test_subject, *(reader.subject for reader in datasets.readers))

    def work(report: Progress) -> StageOutput:
        report(0, section.folds + 1, "schema and rows")
        findings = [*check_dataset(datasets.train), *check_overlap(datasets.train, datasets.test)]
        ranking = _rank(project, datasets, report)
        return StageOutput(
            subjects=(datasets.train_subject, datasets.test_subject),
            claims=(_rows("train_rows", datasets.train.rows), _rows("test_rows", datasets.test.rows), _share(ranking)),
            findings=(*findings, *label_findings(ranking)),
            details={"suspicious": _worst(ranking, datasets), "margins": _histogram(ranking)},
            artifacts={
                "train.manifest.json": render_manifest(datasets.train_manifest),
                "test.manifest.json": render_manifest(datasets.test_manifest),
                "suspects.json": render_json([int(row) for row in ranking.order if ranking.suspicious[row]]),
            },
        )

    task = Task(stage="verify", predicate_type=PREDICATE, configuration=configuration, inputs=inputs, work=work)
    return run_stage(project, task, watch)


def _rank(project: Project, datasets: Datasets, report: Progress) -> LabelRanking:
    section = project.configuration.verify
    like = training_set(datasets.train, seed=project.seed)

    def step(done: float, total: float, what: str = "") -> None:  # noqa: ARG001 - the shape of Progress
        report(1 + done, 1 + total, "labels, out of fold")

    return rank_label_errors(
        encode_rows(datasets.train),
        encode_labels(datasets.train),
        fit_predict(like, trees=section.trees),
        folds=section.folds,
        seed=project.seed,
        progress=step,
    )


def _rows(name: str, count: int) -> Claim:
    exact = Estimate(value=count, low=count, high=count, n=0, method="count")
    return Claim(name=name, estimate=exact, rung=Rung.MEASURED, unit="rows")


def _share(ranking: LabelRanking) -> Claim:
    estimate = estimate_proportion(int(ranking.suspicious.sum()), ranking.suspicious.size)
    return Claim(name="label_suspects", estimate=estimate, rung=Rung.MEASURED)


def _worst(ranking: LabelRanking, datasets: Datasets) -> list[Json]:
    """The most contradicted rows: number, given and proposed label, margin; no values of the row."""
    target = datasets.schema.target
    classes = target.categories if target else ()
    labels = encode_labels(datasets.train)
    rows = [int(row) for row in ranking.order if ranking.suspicious[row]][:_SHOWN]
    return [
        {
            "row": row,
            "given": classes[labels[row]],
            "proposed": classes[ranking.proposed[row]],
            "margin": float(ranking.margin[row]),
        }
        for row in rows
    ]


def _histogram(ranking: LabelRanking) -> dict[str, Json]:
    counts, edges = np.histogram(ranking.margin, bins=_BINS)
    return {"edges": [float(edge) for edge in edges], "counts": [int(count) for count in counts]}
