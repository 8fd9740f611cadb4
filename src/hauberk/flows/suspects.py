"""The ranked training rows of the stage `verify`: who is suspected, how it is told, and the file that lists them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hauberk.core.encoding import Json
from hauberk.core.progress import Progress
from hauberk.data import Dataset, encode_labels, encode_rows
from hauberk.flows.backdoors import BackdoorSearch
from hauberk.flows.datasets import Datasets
from hauberk.flows.project import Project
from hauberk.flows.training import label_learner
from hauberk.verify import VIEWS, AttackKind, Pool, Suspicion, classify_attack, rank_rows

__all__ = ["pool_of", "rank_training_rows", "suspects_file", "suspicion_details"]

_SHOWN = 20
_BINS = 24


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
    flagged = suspicion.flagged
    threshold = float(suspicion.score[flagged].min()) if flagged.any() else None
    controlled = suspicion.p_value is not None
    return {
        "suspicious": _worst(suspicion, datasets),
        "margins": _histogram(suspicion),
        "suspects": {
            "n": int(flagged.sum()),
            "q": q if controlled else None,
            "threshold": threshold,
            "backdoor": int(backdoors.bearing.sum()),
        },
        "likely": str(suspicion.kind),
        "attack": _attack(suspicion, backdoors),
        "backdoor": backdoors.details(datasets),
        "views": {name: float(weight) for name, weight in zip(VIEWS, suspicion.weights, strict=True)},
    }


def suspects_file(suspicion: Suspicion, backdoors: BackdoorSearch, datasets: Datasets) -> bytes:
    """`suspects.parquet`, one line for each training row.

    `likely` names what the row looks like: the confirmed backdoor whose trigger it bears, else what flagged rows are.
    """
    rows = suspicion.order.size
    p_value = pa.nulls(rows, pa.float64()) if suspicion.p_value is None else pa.array(suspicion.p_value)
    likely = np.where(suspicion.flagged, str(suspicion.kind), str(AttackKind.NONE)).astype(object)
    likely[backdoors.bearing] = str(AttackKind.BACKDOOR)
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
