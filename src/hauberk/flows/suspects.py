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
from hauberk.data import Dataset, Schema, encode_labels, encode_rows
from hauberk.flows.backdoors import BackdoorSearch
from hauberk.flows.datasets import Datasets
from hauberk.flows.project import Project
from hauberk.flows.training import label_learner
from hauberk.verify import VIEWS, AttackKind, Pool, Suspicion, classify_attack, rank_rows

__all__ = ["details_of", "pool_of", "rank_training_rows", "suspects_file", "suspicion_details", "write_suspects"]

_SHOWN = 20
_BINS = 24
_PART = 100_000
"""Rows of a row group."""
Mask = NDArray[np.bool_]
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


def suspicion_details(suspicion: Suspicion, backdoors: BackdoorSearch, datasets: Datasets, q: float) -> dict[str, Json]:
    """What the statement keeps of the ranking: counts, the worst rows by number, weights; no value of a row."""
    return details_of(suspicion, backdoors, encode_labels(datasets.train), datasets.numbers, datasets.schema, q)


def details_of(
    suspicion: Suspicion,
    backdoors: BackdoorSearch,
    labels: NDArray[np.integer],
    numbers: NDArray[np.integer],
    schema: Schema,
    q: float,
) -> dict[str, Json]:
    """What `suspicion_details` gives, by (n,) codes of the labels, (n,) row numbers and the schema."""
    classes = schema.target.categories if schema.target else ()
    flagged = suspicion.flagged
    threshold = float(suspicion.score[flagged].min()) if flagged.any() else None
    controlled = suspicion.p_value is not None
    return {
        "suspicious": _worst(suspicion, labels, numbers, classes),
        "margins": _histogram(suspicion),
        "scores": _scores(suspicion),
        "suspects": {
            "n": int(flagged.sum()),
            "q": q if controlled else None,
            "threshold": threshold,
            "backdoor": int(backdoors.bearing.sum()),
        },
        "likely": str(suspicion.kind),
        "attack": _attack(suspicion, backdoors),
        "backdoor": backdoors.details(schema),
        "views": {name: float(weight) for name, weight in zip(VIEWS, suspicion.weights, strict=True)},
    }


def suspects_file(suspicion: Suspicion, backdoors: BackdoorSearch, datasets: Datasets) -> bytes:
    """`suspects.parquet`, one line for each training row."""
    sink = BytesIO()
    write_suspects(suspicion, backdoors.bearing, datasets.numbers, sink)
    return sink.getvalue()


def write_suspects(suspicion: Suspicion, bearing: Mask, numbers: NDArray[np.integer], sink: BinaryIO) -> None:
    """`suspects.parquet`, written a part of the rows at a time.

    `likely` names what a row looks like: the confirmed backdoor whose trigger it bears, else what flagged rows are.

    Args:
        suspicion: Of n rows.
        bearing: (n,) rows that bear a confirmed trigger.
        numbers: (n,) their row numbers.
        sink: Takes the file.
    """
    with pq.ParquetWriter(sink, _LINE) as writer:
        for start in range(0, max(len(numbers), 1), _PART):
            part = slice(start, start + _PART)
            count = len(numbers[part])
            p_value = pa.nulls(count, pa.float64())
            if suspicion.p_value is not None:
                p_value = pa.array(suspicion.p_value[part])
            flagged = pa.array(suspicion.flagged[part])
            kind = pc.if_else(flagged, str(suspicion.kind), str(AttackKind.NONE))
            columns = [
                pa.array(numbers[part], pa.int64()),
                pa.array(suspicion.score[part]),
                p_value,
                flagged,
                pc.if_else(pa.array(bearing[part]), str(AttackKind.BACKDOOR), kind),
            ]
            writer.write_table(pa.table(columns, schema=_LINE))


def _attack(suspicion: Suspicion, backdoors: BackdoorSearch) -> dict[str, Json]:
    """Which attack it is, by the strongest evidence that there is, and how sure that is.

    A backdoor that retraining confirmed comes first, then rows that were flagged against trusted ones. A region alone
    is no claim: nature has rules that only few rows follow (in thyroid records, hormone level and medication); but
    where most flagged rows lie in it, it says what they look like. The confidence is measured: of a backdoor it is the
    share of the trigger's success that ends with its rows (lower end); of flags, one minus their false-discovery rate.
    """
    found, flagged = backdoors.found, int(suspicion.flagged.sum())
    kind, basis, confidence, rows = AttackKind.NONE, "", 0.0, 0
    if found and found.kind is AttackKind.BACKDOOR:
        kind, basis, confidence = AttackKind.BACKDOOR, "retraining", found.confidence
        rows = int(backdoors.bearing.sum())
    elif flagged:
        kind, basis, confidence = suspicion.kind, "trusted rows", 1 - _false_discovery_rate(suspicion)
        rows = flagged
        if found and found.kind is AttackKind.REGION:
            inside = int((suspicion.flagged & found.verdict.evidence.suspects).sum())
            kind = AttackKind.REGION if 2 * inside > flagged else kind
    catalogue = classify_attack(kind)
    facts: dict[str, Json] = {"kind": str(kind), "confidence": confidence, "basis": basis, "rows": rows}
    return facts | {"atlas": catalogue.atlas, "nist": catalogue.nist}


def _false_discovery_rate(suspicion: Suspicion) -> float:
    """Of the flags: expected false ones at the largest p-value among them, over their number (Storey 2002, pi0 = 1)."""
    if suspicion.p_value is None or not suspicion.flagged.any():
        return 1.0
    worst = float(suspicion.p_value[suspicion.flagged].max())
    return min(1.0, worst * suspicion.p_value.size / int(suspicion.flagged.sum()))


def _worst(
    suspicion: Suspicion, labels: NDArray[np.integer], numbers: NDArray[np.integer], classes: Sequence[str]
) -> list[Json]:
    """The most suspicious rows: number, given and proposed label, margin; no values of the row."""
    looked_at = suspicion.flagged | suspicion.suspicious
    order = suspicion.order
    return [
        {
            "row": int(numbers[row]),
            "given": classes[labels[row]],
            "proposed": classes[suspicion.proposed[row]],
            "margin": float(suspicion.margin[row]),
            "score": float(suspicion.score[row]),
            "flagged": bool(suspicion.flagged[row]),
        }
        for row in order[looked_at[order]][:_SHOWN].tolist()
    ]


def _histogram(suspicion: Suspicion) -> dict[str, Json]:
    counts, edges = np.histogram(suspicion.margin, bins=_BINS)
    return {"edges": [float(edge) for edge in edges], "counts": [int(count) for count in counts]}


def _scores(suspicion: Suspicion) -> dict[str, Json]:
    """Rows by score, and how many of them are flagged."""
    counts, edges = np.histogram(suspicion.score, bins=_BINS)
    flagged, _ = np.histogram(suspicion.score[suspicion.flagged], bins=edges)
    document: dict[str, Json] = {"edges": [float(edge) for edge in edges], "counts": [int(count) for count in counts]}
    return document | {"flagged": [int(count) for count in flagged]}
