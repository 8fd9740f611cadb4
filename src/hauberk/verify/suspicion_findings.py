"""What the ranking of the rows comes to, in sentences."""

from __future__ import annotations

from dataclasses import replace

from hauberk.core.finding import Finding, Severity
from hauberk.verify.attack_kind import AttackKind, classify_attack
from hauberk.verify.named_rows import NAMED_ROWS, row_findings
from hauberk.verify.suspicion import Suspicion

__all__ = ["suspicion_findings"]


def suspicion_findings(suspicion: Suspicion, *, q: float, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """Findings of a suspicion; the most suspicious rows are named.

    Codes `verify.labels.`: `flagged` (rows whose labels are wrong, at most a share of q of them expected to be right),
    `suspicious` (rows to look at, without a rate of error), `no_claim` (no trusted rows, so nothing is flagged).
    """
    rows = suspicion.order.size
    found: list[Finding] = []
    if suspicion.flagged.any():
        classification = classify_attack(suspicion.kind)
        looks = "a region turned round" if suspicion.kind is AttackKind.REGION else "exchanged labels"
        message = (
            f"{{count}} of {rows} labels are wrong, at most {q:.0%} of these flags expected to be false; it looks like "
            f"{looks} ({classification.atlas}, {classification.nist})"
        )
        found += row_findings("verify.labels.flagged", message, suspicion.flagged, severity=Severity.ERROR, named=0)
    message = f"{{count}} of {rows} labels are contradicted by models that have not seen them"
    found += row_findings("verify.labels.suspicious", message, suspicion.suspicious, named=0)
    if suspicion.p_value is None:
        message = "no trusted rows are given (verify.trusted), so rows are ranked and no error rate is promised"
        found.append(Finding(code="verify.labels.no_claim", severity=Severity.INFO, message=message, count=rows))
    masks = {"verify.labels.flagged": suspicion.flagged, "verify.labels.suspicious": suspicion.suspicious}
    order = suspicion.order
    return tuple(
        replace(one, rows=tuple(order[masks[one.code][order]][:named].tolist())) if one.code in masks else one
        for one in found
    )
