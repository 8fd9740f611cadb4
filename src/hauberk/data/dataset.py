"""A table with the schema that says what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hauberk.data.columns import ARROW_TYPES
from hauberk.data.conform import conform_table
from hauberk.data.errors import NotConformed
from hauberk.data.schema import Schema

__all__ = ["Dataset", "make_dataset"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """A table whose columns are exactly the schema's, in its order and in the Arrow types of their kinds.

    Attributes:
        table: `pyarrow.Table`; NUMBER float64, INTEGER int64, CATEGORY and TEXT string, missing as null.
        schema: What the columns are.

    Raises:
        NotConformed: The table has another form; `make_dataset` gives it this one.
    """

    table: pa.Table
    schema: Schema

    def __post_init__(self) -> None:
        expected = [(feature.name, ARROW_TYPES[feature.kind]) for feature in self.schema.features]
        got = [(field.name, field.type) for field in self.table.schema]
        for (name, kind), found in zip(expected, got, strict=False):
            if (name, kind) != found:
                raise NotConformed(expected=f"`{name}` as {kind}", got=f"`{found[0]}` as {found[1]}")
        if len(expected) != len(got):
            raise NotConformed(expected=f"{len(expected)} columns", got=f"{len(got)}")

    @property
    def rows(self) -> int:
        """Number of rows."""
        count: int = self.table.num_rows
        return count

    def take(self, index: NDArray[np.integer[Any]] | NDArray[np.bool_]) -> Dataset:
        """Some of the rows, by (m,) row numbers in any order or a (n,) mask."""
        chosen = np.flatnonzero(index) if index.dtype == np.bool_ else index
        return Dataset(table=self.table.take(pa.array(chosen)), schema=self.schema)


def make_dataset(table: pa.Table, schema: Schema, *, where: str = "", first_row: int = 0) -> Dataset:
    """The table in the form of the schema; raises what `conform_table` raises.

    >>> import pyarrow as pa
    >>> from hauberk.data import infer_schema
    >>> table = pa.table({"age": [39, 50, 38, 53], "income": ["<=50K", ">50K", "<=50K", ">50K"]})
    >>> dataset = make_dataset(table, infer_schema(table, target="income"))
    >>> dataset.rows, [str(feature.role) for feature in dataset.schema.features]
    (4, ['input', 'target'])
    """
    return Dataset(table=conform_table(table, schema, where=where, first_row=first_row), schema=schema)
