"""The ranked training rows of the stage `verify`: who is suspected, how it is told, and the file that lists them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hauberk.core.encoding import Json
from hauberk.core.progress import Progress
from hauberk.data import Dataset, encode_labels, encode_rows
from hauberk.flows.datasets import Datasets
from hauberk.flows.project import Project
from hauberk.flows.training import label_learner
from hauberk.verify import VIEWS, AttackKind, Pool, Suspicion, classify_attack, rank_rows

__all__ = ["details_of", "pool_of", "rank_training_rows", "suspects_file", "suspicion_details", "write_suspects"]

_SHOWN = 20
_BINS = 24
_PART = 100_000
"""Rows of a row group."""
_LINE = pa.schema(
    {"row": pa.int64(), "score": pa.float64(), "p_value": pa.float64(), "flagged": pa.bool_(), "likely": pa.string()}
)


def pool_of(dataset: Dataset) -> Pool:
    """The dataset as the views look at it."""
    target = dataset.schema.target
    return Pool(
        rows=encode_rows(dataset),
        labels=encode_labels(dataset),
        classes=len(target.categories) if target else 0,
        category_counts=tuple(len(feature.categories) for feature in dataset.schema.inputs),
    )


def rank_training_rows(project: Project, datasets: Datasets, report: Progress) -> Suspicion:
    """The rows by how strongly their labels are contradicted; flagged where trusted rows allow a claim."""
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


def suspicion_details(suspicion: Suspicion, datasets: Datasets, q: float) -> dict[str, Json]:
    """What the statement keeps of the ranking: counts, the worst rows by number, weights; no value of a row."""
    target = datasets.schema.target
    classes = target.categories if target else ()
    return details_of(suspicion, encode_labels(datasets.train), datasets.numbers, classes, q)


def details_of(
    suspicion: Suspicion,
    labels: NDArray[np.integer],
    numbers: NDArray[np.integer],
    classes: Sequence[str],
    q: float,
) -> dict[str, Json]:
    """What `suspicion_details` gives, by (n,) codes of the labels, (n,) row numbers and the names of the classes."""
    flagged = suspicion.flagged
    threshold = float(suspicion.score[flagged].min()) if flagged.any() else None
    controlled = suspicion.p_value is not None
    return {
        "suspicious": _worst(suspicion, labels, numbers, classes),
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


def suspects_file(suspicion: Suspicion, datasets: Datasets) -> bytes:
    """`suspects.parquet`, one line for each training row."""
    sink = BytesIO()
    write_suspects(suspicion, datasets.numbers, sink)
    return sink.getvalue()


def write_suspects(suspicion: Suspicion, numbers: NDArray[np.integer], sink: BinaryIO) -> None:
    """`suspects.parquet`, written a part of the rows at a time."""
    with pq.ParquetWriter(sink, _LINE) as writer:
        for start in range(0, max(len(numbers), 1), _PART):
            part = slice(start, start + _PART)
            count = len(numbers[part])
            p_value = pa.nulls(count, pa.float64())
            if suspicion.p_value is not None:
                p_value = pa.array(suspicion.p_value[part])
            flagged = pa.array(suspicion.flagged[part])
            columns = [
                pa.array(numbers[part], pa.int64()),
                pa.array(suspicion.score[part]),
                p_value,
                flagged,
                pc.if_else(flagged, str(suspicion.kind), str(AttackKind.NONE)),
            ]
            writer.write_table(pa.table(columns, schema=_LINE))


def _worst(
    suspicion: Suspicion, labels: NDArray[np.integer], numbers: NDArray[np.integer], classes: Sequence[str]
) -> list[Json]:
    """The most contradicted rows: number, given and proposed label, margin; no values of the row."""
    looked_at = suspicion.flagged | suspicion.suspicious
    order = suspicion.order
    return [
        {
            "row": int(numbers[row]),
            "given": classes[labels[row]],
            "proposed": classes[suspicion.proposed[row]],
            "margin": float(suspicion.margin[row]),
        }
        for row in order[looked_at[order]][:_SHOWN].tolist()
    ]


def _histogram(suspicion: Suspicion) -> dict[str, Json]:
    counts, edges = np.histogram(suspicion.margin, bins=_BINS)
    return {"edges": [float(edge) for edge in edges], "counts": [int(count) for count in counts]}
