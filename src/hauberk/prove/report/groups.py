"""How alike the groups of people are treated."""

from __future__ import annotations

from hauberk.prove.markup import NOTHING, Markup, element
from hauberk.prove.report.numbers import claim_interval, claim_value
from hauberk.prove.report.source import ReportSource
from hauberk.prove.report.tables import leaf_mark, rung_mark, table

__all__ = ["groups_section"]

_METRICS = {
    "demographic_parity_difference": "largest difference in the share of favourable decisions",
    "equalized_odds_difference": "largest difference in true or false positive rates",
}


def groups_section(source: ReportSource) -> Markup:
    """The differences between groups, a protected column each; nothing where none was measured."""
    rows = []
    for name, (claim, leaf) in source.claims.items():
        metric, _, column = name.partition(".")
        if metric in _METRICS and column:
            found = (claim_value(claim), claim_interval(claim), rung_mark(claim.rung), leaf_mark(leaf))
            rows.append((element("code", column), _METRICS[metric], *found))
    if not rows:
        return NOTHING
    says = (
        "Differences of the sealed model between the groups of each protected column, on the test rows. A largest "
        "difference is never negative and small groups widen it: read the upper end of the interval."
    )
    heads = ("protected column", "measure", "#value", "interval", "rung", "#leaf")
    return element(
        "section",
        element("h2", "How alike groups are treated"),
        element("p", says),
        table(heads, rows, label="Differences between groups"),
    )
