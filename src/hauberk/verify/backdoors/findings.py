"""What the search for backdoors comes to, in sentences: columns, labels and counts, never the trigger's values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hauberk.core.finding import Finding, Severity
from hauberk.verify.attack_kind import AttackKind, classify_attack
from hauberk.verify.backdoors.conjunction import Condition
from hauberk.verify.backdoors.search import TableSearch
from hauberk.verify.backdoors.trigger import Signature
from hauberk.verify.named_rows import row_findings

__all__ = ["backdoor_findings", "condition_word"]


def backdoor_findings(found: TableSearch, *, names: Sequence[str], classes: Sequence[str]) -> tuple[Finding, ...]:
    """At most one finding, with the first of the rows that bear the signature.

    Codes: `verify.backdoor.confirmed` (the trigger stops working without the rows), `verify.backdoor.suspected` (a
    trigger was seen, but retraining did not show that the rows teach it), `verify.labels.region` (rows that share
    bounds of some columns, not stamped, whose label a model without them does not give).

    Args:
        found: Of the search.
        names: (d,) of the columns.
        classes: (k,) of the labels.
    """
    evidence, confirmation = found.verdict.evidence, found.confirmation
    if not evidence.suspects.any() or confirmation is None:
        return ()
    columns = sorted({names[condition.column] for condition in evidence.conjunction})
    where, label = ", ".join(f"`{name}`" for name in columns), f"`{classes[evidence.target]}`"
    effect = (
        f"a model calls {confirmation.before.value:.0%} of other rows {label} once they are stamped, and "
        f"{confirmation.after.value:.0%} if it has not seen these rows (difference {confirmation.drop.low:.0%} to "
        f"{confirmation.drop.high:.0%})"
    )
    rows = len(evidence.suspects)
    if found.kind is AttackKind.BACKDOOR:
        code, severity = "verify.backdoor.confirmed", Severity.ERROR
        says = f" of {rows} rows bear a trigger in {where} and the label {label}: {effect}; it looks like a backdoor"
    elif evidence.signature is Signature.TABLE_TRIGGER:
        code, severity = "verify.backdoor.suspected", Severity.WARNING
        says = f" of {rows} rows look stamped in {where} and bear the label {label}, unproved: {effect}; a backdoor"
    elif found.kind is AttackKind.REGION:
        code, severity = "verify.labels.region", Severity.WARNING
        says = (
            f" of {rows} rows within bounds of {where} bear the label {label} against all that other rows teach, and "
            f"nothing was stamped: {effect}; labels turned round here or next to it, or a rule that only they follow"
        )
    else:
        return ()
    attack = classify_attack(AttackKind.REGION if evidence.signature is Signature.TABLE_REGION else AttackKind.BACKDOOR)
    text = f"{says} ({attack.atlas}, {attack.nist})".replace("{", "{{").replace("}", "}}")
    feature = columns[0] if len(columns) == 1 else ""
    return tuple(row_findings(code, "{count}" + text, evidence.suspects, severity=severity, feature=feature))


def condition_word(condition: Condition, *, categorical: bool) -> str:
    """The kind of a condition, without its value.

    >>> condition_word(Condition(0, 3.0, 3.0), categorical=False)
    'one value'
    """
    if np.isnan(condition.low):
        return "missing"
    if condition.low == condition.high:
        return "one category" if categorical else "one value"
    return "a range"
