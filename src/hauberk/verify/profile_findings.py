"""A profile of all rows against the schema: what `check_columns` and `check_target` say of a table in memory."""

from __future__ import annotations

import numpy as np

from hauberk.core.finding import Finding
from hauberk.data import Role, Schema
from hauberk.verify.profile import TableProfile
from hauberk.verify.schema_findings import use_findings
from hauberk.verify.target_findings import class_findings

__all__ = ["profile_findings"]


def profile_findings(profile: TableProfile, schema: Schema) -> tuple[Finding, ...]:
    """Findings on columns and classes, of the same codes as of a table in memory.

    They differ in one thing: different values beyond 8,192 are estimated, so that a column within five hundredths of
    the share that makes a key may be called one or not. Whether an input gives the label away is not known here.
    """
    found = [
        Finding(
            code=rule.code,
            severity=rule.severity,
            message=rule.message.format(count=rule.broken.count),
            feature=rule.feature,
            rows=rule.broken.rows,
            count=rule.broken.count,
        )
        for rule in profile.rules
        if rule.broken.count
    ]
    for feature, column in zip(schema.features, profile.columns, strict=True):
        if feature.role is Role.INPUT:
            found += use_findings(
                feature,
                different=column.distinct.count,
                missing=column.missing,
                rows=profile.rows,
                estimated=not column.distinct.exact,
            )
        if feature.role is Role.TARGET and feature.categories:
            found += class_findings(np.array(column.categories), feature.name, feature.categories)
    return tuple(found)
