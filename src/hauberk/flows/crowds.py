"""How well people hide before and after a de-identification: what the statement says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.core.encoding import Json
from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset
from hauberk.flows.deidentification_plan import Plan
from hauberk.verify.personal import Anonymity, measure_anonymity

__all__ = ["crowd_claims", "crowd_document", "crowd_findings", "measure_crowds"]


def measure_crowds(dataset: Dataset, plan: Plan) -> list[Anonymity]:
    """Crowds by the quasi-identifiers that are there, once for each sensitive column; nothing where none is left.

    Raises:
        BadQuasiIdentifiers: A column that the plan does not drop is not there.
    """
    there = {feature.name for feature in dataset.schema.features}
    dropped = {name for name, one in plan.columns.items() if one.treatment == "drop"} - there
    quasi = [name for name in plan.quasi if name not in dropped]
    sensitive = [name for name in plan.sensitive if name not in dropped]
    if not quasi:
        return []
    asked: list[str | None] = [*sensitive] if sensitive else [None]
    return [measure_anonymity(dataset, quasi=quasi, k=plan.k, sensitive=one) for one in asked]


def crowd_document(one: Anonymity) -> Json:
    """A measurement as it stands in a predicate: sizes, no value."""
    document: dict[str, Json] = {"quasi": list(one.quasi), "rows": one.rows, "classes": one.classes}
    document |= {"smallest": one.smallest, "rows_below": one.rows_below}
    if one.diversity is None:
        return document
    diversity = one.diversity
    return document | {"sensitive": diversity.sensitive, "distinct": diversity.distinct, "entropy": diversity.entropy}


def crowd_claims(part: str, measured: Mapping[str, list[Anonymity]]) -> list[Claim]:
    """Claims `PART.WHEN.` and: `k_anonymity`, `share_below_k`, `l_diversity.COLUMN`; exact, over all rows."""
    claims = []
    for when, found in measured.items():
        prefix = f"{part}.{when}"
        for one in found[:1]:
            claims.append(_exact(f"{prefix}.k_anonymity", one.smallest, "rows"))
            claims.append(_exact(f"{prefix}.share_below_k", one.share_below))
        diverse = [one.diversity for one in found if one.diversity is not None]
        claims += [_exact(f"{prefix}.l_diversity.{one.sensitive}", one.distinct, "values") for one in diverse]
    return claims


def _exact(name: str, value: float, unit: str = "") -> Claim:
    estimate = Estimate(value=value, low=value, high=value, n=0, method="count")
    return Claim(name=name, estimate=estimate, rung=Rung.MEASURED, unit=unit)


def crowd_findings(part: str, after: Sequence[Anonymity]) -> list[Finding]:
    """Codes `verify.deidentification.` and: `small_crowds` (rows that hide among fewer than k), `no_crowd`."""
    if not after:
        message = f"no quasi-identifier is left or named for the {part} data, so no crowd was measured"
        return [Finding(code="verify.deidentification.no_crowd", severity=Severity.INFO, message=message)]
    one = after[0]
    if not one.rows_below:
        return []
    message = (
        f"{one.rows_below} of {one.rows} rows of the {part} data stand in crowds of fewer than {one.k} by "
        f"{', '.join(one.quasi)}; the smallest has {one.smallest}"
    )
    return [
        Finding(
            code="verify.deidentification.small_crowds",
            severity=Severity.WARNING,
            message=message,
            count=one.rows_below,
        )
    ]
