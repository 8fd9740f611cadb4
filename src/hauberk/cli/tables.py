"""Results as tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from hauberk.core.claim import Claim
from hauberk.core.encoding import Json
from hauberk.flows.secure import Outcome
from hauberk.flows.stage import StageResult

__all__ = ["outcome_tables", "poison_tables", "stage_tables", "treatment_table"]

_SHOWN = (
    ("accuracy", "accuracy"),
    ("robust_accuracy", "attacked accuracy"),
    ("certified_accuracy", "certified accuracy"),
)


def outcome_tables(outcome: Outcome) -> list[RenderableType]:
    """Before and after, what the data check found, the gates, and where everything lies."""
    verdict = Text("PASSED", "bold green") if outcome.passed else Text("FAILED", "bold red")
    head = Text.assemble("\n", (outcome.system, "bold"), ": ", verdict, f"   {outcome.reused} stages reused\n")
    parts: list[RenderableType] = [head, _before_after(outcome), ""]
    if outcome.frontier:
        parts += [_frontier(outcome), ""]
    parts += [_findings(outcome), ""] if outcome.findings else []
    parts += [_gates(outcome), ""] if outcome.gates else []
    return [*parts, _paths(outcome)]


def stage_tables(stage: StageResult) -> list[RenderableType]:
    """The claims and the findings of one stage."""
    state = "reused" if stage.reused else f"{stage.seconds:.1f} s"
    table = Table("claim", "value", "95 % interval", "rung", box=None, pad_edge=False)
    for name, claim in stage.claims.items():
        table.add_row(name, f"{claim.estimate.value:.4g}", Text(_interval(claim)), claim.rung)
    found = Table("severity", "finding", "count", box=None, pad_edge=False)
    for finding in stage.findings:
        found.add_row(str(finding["severity"]), str(finding["message"]), str(finding["count"]))
    head = Text(f"{stage.stage}: leaf {stage.leaf}, {state}\n", "bold")
    parts: list[RenderableType] = [head]
    parts += [table] if stage.claims else []
    return [*parts, "", found] if stage.findings else parts


def poison_tables(stage: StageResult) -> list[RenderableType]:
    """What each share of poison did to the model, and beside it what is certified of the election."""
    details, state = stage.details, "reused" if stage.reused else f"{stage.seconds:.1f} s"
    table = Table("poisoned", "rows", "accuracy", "success", "gain", "95 % interval", box=None, pad_edge=False)
    for point in _entries(details.get("curve")):
        gain = _entry(point.get("gain"))
        interval = Text(f"({gain['low']:+.3f}, {gain['high']:+.3f})")
        shares = [f"{_entry(point.get(name))['value']:.3f}" for name in ("accuracy", "success")]
        table.add_row(
            f"{_float(point.get('share')):.2%}", str(point["rows"]), *shares, f"{gain['value']:+.3f}", interval
        )
    head = f"{details.get('kind')} against {details.get('model')}, {details.get('victims')} victims"
    parts: list[RenderableType] = [Text(f"{stage.stage}: leaf {stage.leaf}, {state}\n", "bold"), head, table, ""]
    election = Table("rows", "changes", "certified", "under attack", "success", box=None, pad_edge=False)
    for point in _entries(details.get("election")):
        numbers = [f"{_entry(point.get(name))['value']:.3f}" for name in ("certified", "attacked", "success")]
        election.add_row(str(point["rows"]), str(point["changes"]), *numbers)
    if election.row_count:
        parts += ["the election of partitions", election, ""]
    return [*parts, *(str(finding["message"]) for finding in stage.findings)]


def _entries(found: Json) -> list[Mapping[str, Json]]:
    listed = found if isinstance(found, Sequence) and not isinstance(found, str) else ()
    return [one for one in listed if isinstance(one, Mapping)]


def _entry(found: Json) -> dict[str, float]:
    return {name: _float(value) for name, value in found.items()} if isinstance(found, Mapping) else {}


def _float(value: Json) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def treatment_table(stage: StageResult) -> Table:
    """What a de-identification did to each column."""
    table = Table("column", "treatment", box=None, pad_edge=False)
    columns = stage.details.get("columns")
    for one in columns if isinstance(columns, Sequence) else ():
        if isinstance(one, Mapping):
            table.add_row(str(one["column"]), str(one["step"]))
    return table


def _before_after(outcome: Outcome) -> Table:
    table = Table("on the test rows", "before", "after", "rung", box=None, pad_edge=False)
    for name, label in _SHOWN:
        before, after = outcome.before.get(name), outcome.after.get(name)
        rung = after.rung if after else ""
        table.add_row(label, _value(before), _value(after), rung)
    return table


def _frontier(outcome: Outcome) -> Table:
    table = Table("candidate", "accuracy", "attacked", "", box=None, pad_edge=False)
    for point in outcome.frontier:
        mark = Text("chosen", "green") if point.chosen else point.note
        table.add_row(point.name, f"{point.clean:.3f}", f"{point.attacked:.3f}", mark)
    table.title, table.title_justify = "frontier, on validation rows", "left"
    return table


def _findings(outcome: Outcome) -> Table:
    table = Table("stage", "severity", "finding", "count", box=None, pad_edge=False)
    for stage, finding in outcome.findings:
        table.add_row(stage, str(finding["severity"]), str(finding["message"]), str(finding["count"]))
    return table


def _gates(outcome: Outcome) -> Table:
    table = Table("gate", "rule", "measured", "rung", "", box=None, pad_edge=False)
    for result in outcome.gates:
        mark = Text("pass", "green") if result.passed else Text("fail", "bold red")
        rung = result.claim.rung if result.claim else "no evidence"
        table.add_row(result.gate.name, result.gate.rule, _value(result.claim), rung, mark)
    return table


def _paths(outcome: Outcome) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    named = {"report": outcome.report, "bundle": outcome.bundle, "proof": outcome.proof, "public key": outcome.key}
    for name, path in named.items():
        table.add_row(name, str(path))
    table.add_row("ledger", f"{outcome.ledger_size} statements, root {outcome.ledger_root}")
    return table


def _value(claim: Claim | None) -> str:
    return f"{claim.estimate.value:.3f} {_interval(claim)}" if claim else "-"


def _interval(claim: Claim) -> str:
    return f"({claim.estimate.low:.3f}, {claim.estimate.high:.3f})"
