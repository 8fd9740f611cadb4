"""Poisoned rows as a table in original units, for whatever reads tables."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison.poisoned import Poisoned
from hauberk.data import Dataset, decode_rows

__all__ = ["poison_dataset"]


def poison_dataset(dataset: Dataset, poison: Poisoned) -> Dataset:
    """The dataset with the touched rows replaced; all others keep every cell as it was.

    Args:
        dataset: Whose `encode_rows` and `encode_labels` were poisoned; its keys and weights stay.
        poison: Of as many rows.

    Raises:
        BadPoison: Another number of rows, or no target.
    """
    target = dataset.schema.target
    if target is None or len(poison.data.labels) != dataset.rows:
        got = f"{len(poison.data.labels)} rows for {dataset.rows}"
        raise BadPoison(expected="a target and as many rows as the dataset has", got=got)
    table, touched = dataset.table, pa.array(poison.touched)
    columns = decode_rows(poison.data.rows, dataset.schema)
    labels = pa.array(target.categories, pa.string()).take(pa.array(poison.data.labels))
    for name, new in [*zip(columns.column_names, columns.columns, strict=True), (target.name, labels)]:
        old = table.column(name)
        changed = pc.if_else(touched, new, old)
        table = table.set_column(table.column_names.index(name), name, changed.cast(old.type))
    return Dataset(table=table, schema=dataset.schema)
