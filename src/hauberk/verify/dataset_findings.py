"""All checks of one dataset that need no model."""

from __future__ import annotations

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset
from hauberk.verify.duplicate_findings import check_duplicates
from hauberk.verify.named_rows import NAMED_ROWS
from hauberk.verify.schema_findings import check_columns
from hauberk.verify.target_findings import check_target

__all__ = ["check_dataset", "check_filled"]


def check_dataset(dataset: Dataset, *, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """Findings on columns, rows and label; an empty dataset is an error, for it would pass every check.

    >>> import pyarrow as pa
    >>> from hauberk.data import infer_schema, make_dataset
    >>> table = pa.table({"hours": [40, 40, 20, 20], "paid": ["yes", "no", "yes", "no"]})
    >>> dataset = make_dataset(table, infer_schema(table, target="paid"))
    >>> [finding.code for finding in check_dataset(dataset)]
    ['verify.rows.contradictory', 'verify.target.few_rows']
    """
    empty = check_filled(dataset)
    if empty:
        return empty
    return (*check_columns(dataset, named=named), *check_duplicates(dataset, named=named), *check_target(dataset))


def check_filled(dataset: Dataset) -> tuple[Finding, ...]:
    """`verify.rows.empty` where there is nothing to check; every other check would pass."""
    if dataset.rows and dataset.schema.inputs:
        return ()
    message = f"{dataset.rows} rows with {len(dataset.schema.inputs)} inputs: there is nothing to check"
    return (Finding(code="verify.rows.empty", severity=Severity.ERROR, message=message, count=0),)
