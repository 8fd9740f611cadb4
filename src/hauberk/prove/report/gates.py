"""What was promised, and whether it holds."""

from __future__ import annotations

from hauberk.core.gate import GateResult
from hauberk.prove.charts import Interval, render_gauge
from hauberk.prove.markup import NOTHING, Markup, classed, element
from hauberk.prove.report.numbers import claim_interval, claim_value
from hauberk.prove.report.source import ReportSource
from hauberk.prove.report.tables import leaf_mark, pass_mark, rung_mark, spread, table

__all__ = ["gates_section"]


def gates_section(source: ReportSource) -> Markup:
    """The gates, each with the claim that it was held against."""
    title = element("h2", "What was promised")
    if not source.gates:
        return element("section", title, classed("p", "failed", "No gates. Without a promise nothing is admitted."))
    leaves = {name: leaf for name, (_, leaf) in source.claims.items()}
    rows = [_row(result, leaves.get(result.gate.name)) for result in source.gates]
    heads = ("", "gate", "rule", "#found", "against the threshold", "rung", "#leaf")
    says = (
        "The gates of hauberk.toml, evaluated over the claims in the log. Below each value stands its 95 % "
        "interval; the bar shows it too, and the shaded side is admitted."
    )
    return element("section", title, element("p", says), table(heads, rows, label="Gates"))


def _row(result: GateResult, leaf: int | None) -> tuple[str, ...]:
    gate, claim = result.gate, result.claim
    name, rule, mark = element("code", gate.name), gate.rule.replace(" ", "\u00a0"), pass_mark(result.passed)
    if claim is None:
        return (mark, name, rule, "no evidence", NOTHING, NOTHING, NOTHING)
    gauge = render_gauge(
        Interval.of(claim.estimate),
        threshold=gate.threshold,
        upwards=gate.comparison.startswith(">"),
        passed=result.passed,
    )
    found = spread(claim_value(claim), claim_interval(claim))
    return (mark, name, rule, found, classed("div", "gauge", gauge), rung_mark(claim.rung), leaf_mark(leaf))
