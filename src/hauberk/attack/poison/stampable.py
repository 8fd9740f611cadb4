"""On which rows a trigger may stand: the rules of the schema, and what its adversary can reach."""

from __future__ import annotations

from dataclasses import replace

from hauberk.attack.poison.labelled import Mask
from hauberk.attack.poison.trigger import Trigger
from hauberk.data import Adversary, Schema, check_reach, resolve_reach
from hauberk.models import Matrix

__all__ = ["presentable_rows", "stampable_rows", "valid_changes"]


def stampable_rows(schema: Schema, trigger: Trigger, rows: Matrix) -> Mask:
    """(n,) training rows that stay valid under the mark.

    Whoever writes training rows can write any value that the schema allows: ranges, whole numbers, categories,
    relations and one-hot groups hold; a missing value stays missing.
    """
    return valid_changes(schema, rows, trigger.stamp(rows))


def presentable_rows(schema: Schema, trigger: Trigger, rows: Matrix) -> Mask:
    """(n,) rows that the adversary of the schema can hand in with the mark at prediction.

    Where the schema names no mutable column it says nothing of an adversary, and every valid row counts.
    """
    stamped = trigger.stamp(rows)
    valid = valid_changes(schema, rows, stamped)
    if not any(feature.adversary.mutable for feature in schema.inputs):
        return valid
    return valid & check_reach(resolve_reach(schema, rows), rows, stamped)


def valid_changes(schema: Schema, rows: Matrix, changed: Matrix) -> Mask:
    """(n,) changed rows (n, d) that break no rule of the schema that their originals keep."""
    return check_reach(resolve_reach(_free(schema), rows), rows, changed, exact=True)


def _free(schema: Schema) -> Schema:
    """The schema with an adversary that may do whatever is valid."""
    anything = Adversary(mutable=True)
    inputs = {feature.name for feature in schema.inputs}
    features = tuple(
        replace(feature, adversary=anything if feature.name in inputs else feature.adversary)
        for feature in schema.features
    )
    return replace(schema, features=features, budget=None)
