"""What the stage `verify` looks at where the data are images, and what it says that it does not look at."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset, Feature, Kind, Role, Schema, encode_rows, pool_images
from hauberk.flows.checks import CHECKS
from hauberk.flows.configuration import DataSection
from hauberk.flows.datasets import Datasets

__all__ = ["IMAGE_CHECKS", "pooled_datasets", "unlooked"]

_APPLY = ("dataset", "rows", "overlap")
IMAGE_CHECKS = tuple(check for check in CHECKS if check.name in _APPLY)
"""Checks of whole rows. Those of columns ask what a column means, and a pixel means nothing by itself; range and shape
are looked at where the pictures are read."""


def unlooked(rows: int) -> tuple[Finding, ...]:
    """The checks of tables that were left out, and the search for a backdoor, each by name."""
    left_out = [check.name for check in CHECKS if check.name not in _APPLY]
    return (
        _said("verify.images.left_out", f"not made on images: {', '.join(left_out)}", rows),
        _said("verify.backdoor.not_checked", "not checked: backdoor (the search knows tables only, no images)", rows),
    )


def pooled_datasets(datasets: Datasets, section: DataSection) -> Datasets:
    """The datasets with means over blocks of pixels for inputs: what the labels are held against."""
    trusted = _pooled(datasets.trusted, section) if datasets.trusted else None
    return replace(datasets, train=_pooled(datasets.train, section), trusted=trusted)


def _pooled(dataset: Dataset, section: DataSection) -> Dataset:
    rows = pool_images(encode_rows(dataset), section.shape)
    others = tuple(feature for feature in dataset.schema.features if feature.role is not Role.INPUT)
    inputs = tuple(Feature(name=f"block_{place}", kind=Kind.NUMBER) for place in range(rows.shape[1]))
    columns = [pa.array(column.copy()) for column in rows.T]
    columns += [dataset.table.column(feature.name) for feature in others]
    schema = Schema(features=(*inputs, *others))
    return Dataset(table=pa.table(columns, names=[one.name for one in schema.features]), schema=schema)


def _said(code: str, message: str, rows: int) -> Finding:
    return Finding(code=code, severity=Severity.INFO, message=message, count=rows)
