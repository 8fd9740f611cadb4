"""The search for a backdoor in a sample, and the rows that bear what was found, among all that are read in batches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hauberk.core.progress import Progress
from hauberk.data import encode_labels, encode_rows
from hauberk.flows.backdoors import BackdoorSearch, search_backdoors
from hauberk.flows.data_checks import numbered
from hauberk.flows.project import Project
from hauberk.flows.stream_checks import Sample
from hauberk.flows.streams import Streams
from hauberk.verify import AttackKind
from hauberk.verify.backdoors import TableSearch, backdoor_findings
from hauberk.verify.backdoors.conjunction import matches
from hauberk.verify.backdoors.trigger import Evidence

__all__ = ["search_stream"]


def search_stream(project: Project, streams: Streams, train: Sample, report: Progress) -> BackdoorSearch:
    """What `search_backdoors` gives, found among the rows of the sample; all rows that bear it are named.

    Its evidence and `bearing` are of all n training rows, so that what is counted is what a quarantine takes.
    """
    sampled = search_backdoors(project, train.dataset, np.arange(len(train.numbers)), report)
    nowhere = np.zeros(len(streams.labels), bool)
    if sampled.found is None:
        return replace(sampled, findings=train.told(sampled.findings), bearing=nowhere)
    suspects = nowhere
    if sampled.found.verdict.evidence.suspects.any():
        suspects = _bearing(streams, sampled.found.verdict.evidence)
    found = _of_all(sampled.found, suspects)
    target = streams.schema.target
    findings = backdoor_findings(
        found,
        names=[feature.name for feature in streams.schema.inputs],
        classes=target.categories if target else (),
    )
    told = train.worded(numbered(findings, streams.numbers))
    return BackdoorSearch(
        found=found, findings=told, bearing=suspects if found.kind is AttackKind.BACKDOOR else nowhere
    )


def _bearing(streams: Streams, evidence: Evidence) -> NDArray[np.bool_]:
    """(n,) the rows that fulfil the conditions and bear the label, in one more pass."""
    found = np.zeros(len(streams.labels), bool)
    for batch in streams.train.batches():
        part = slice(batch.first, batch.first + batch.dataset.rows)
        held = matches(encode_rows(batch.dataset), evidence.conjunction)
        found[part] = held & (encode_labels(batch.dataset) == evidence.target)
    return found


def _of_all(found: TableSearch, suspects: NDArray[np.bool_]) -> TableSearch:
    evidence = replace(found.verdict.evidence, suspects=suspects, score=suspects.astype(np.float64))
    return replace(found, verdict=replace(found.verdict, evidence=evidence))
