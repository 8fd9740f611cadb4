"""The quarantine in force: how many rows, and what the model does with and without them."""

from __future__ import annotations

from collections.abc import Mapping

from hauberk.core.claim import Claim, parse_claim
from hauberk.core.encoding import Json
from hauberk.prove.markup import NOTHING, Markup, classed, element
from hauberk.prove.report.figures import entry_text
from hauberk.prove.report.numbers import claim_interval, claim_value
from hauberk.prove.report.tables import spread, table

__all__ = ["quarantine_part"]

_GAIN, _WITH, _WITHOUT = "_gain", "_with", "_without"


def quarantine_part(found: Json) -> Markup:
    """Accuracy and recalls on the test rows, with the rows and without, and the paired differences; nothing if none.

    Raises:
        Malformed: A claim is none.
    """
    if not isinstance(found, Mapping):
        return NOTHING
    listed = found.get("claims")
    claims = [parse_claim(one, where="quarantine") for one in (listed if isinstance(listed, list) else [])]
    by_name = {claim.name: claim for claim in claims}
    rows = [_row(claim, by_name) for claim in claims if _GAIN in claim.name]
    reason = entry_text(found, "reason")
    says = (
        f"{entry_text(found, 'rows')} training rows are in quarantine since leaf {entry_text(found, 'leaf')} "
        f"({reason}). "
        "A booster was trained with and one without them; the difference is over the same test rows, pair by pair."
    )
    return element(
        "div",
        element("h3", "In quarantine"),
        element("p", says),
        table(("on the test rows", "#with", "#without", "#difference"), rows, label="With and without the quarantine"),
    )


def _row(gain: Claim, claims: Mapping[str, Claim]) -> tuple[str, ...]:
    measure, _, whose = gain.name.partition(_GAIN)
    sides = [claims.get(f"{measure}{kind}{whose}") for kind in (_WITH, _WITHOUT)]
    cells = [spread(claim_value(side), claim_interval(side)) if side else "—" for side in sides]
    name = f"{measure} of {whose.removeprefix('.')}" if whose else measure
    value = claim_value(gain)
    sign = "+" if gain.estimate.value > 0 else ""
    zero = gain.estimate.low <= 0 <= gain.estimate.high
    told = classed("span", "note", f"{claim_interval(gain)}{', may be chance' if zero else ''}")
    return (name, *cells, element("span", f"{sign}{value}", element("br"), told))
