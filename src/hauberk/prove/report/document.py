"""The report's twin for machines."""

from __future__ import annotations

from dataclasses import asdict

from hauberk.core.encoding import Json, render_json
from hauberk.prove.report.limits import what_is_not_said
from hauberk.prove.report.source import LoggedResult, ReportSource, verify_source

__all__ = ["render_report_json"]


def render_report_json(source: ReportSource) -> bytes:
    """The same content as the page, and the statements whole: canonical JSON and a newline.

    Raises:
        ContradictoryReport: The verdict is not that of the summary.
    """
    verify_source(source)
    leaves = {name: leaf for name, (_, leaf) in source.claims.items()}
    gates: list[Json] = [gate.document() | {"leaf": leaves.get(gate.gate.name)} for gate in source.gates]
    document: dict[str, Json] = {
        "type": "urn:hauberk:report:v1",
        "system": source.system,
        "owner": source.owner,
        "intendedUse": source.intended_use,
        "verdict": "PASSED" if source.passed else "FAILED",
        "bundle": str(source.bundle),
        "identity": source.identity,
        "ledger": {"size": source.size, "root": source.root},
        "gates": gates,
        "fragile": [asdict(row) for row in source.fragile],
        "statements": [_result(one) for one in source.results],
        "limits": list(what_is_not_said(source)),
    }
    return render_json(document) + b"\n"


def _result(one: LoggedResult) -> dict[str, Json]:
    subjects: list[Json] = [subject.document() for subject in one.statement.subjects]
    document: dict[str, Json] = {"stage": one.stage, "leaf": one.leaf, "envelope": str(one.digest)}
    return document | {
        "type": one.statement.predicate_type,
        "subjects": subjects,
        "predicate": one.statement.predicate,
    }
