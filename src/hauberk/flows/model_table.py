"""A table as the model in a file takes it, without a schema."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.data import Schema, read_table
from hauberk.flows.errors import BadSetting
from hauberk.models import LibraryModel, Matrix, require_width

__all__ = ["ModelTable", "read_model_table"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelTable:
    """Encoded rows, and what their columns are."""

    names: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    rows: Matrix
    labels: NDArray[np.int64]
    schema: Schema | None


def read_model_table(model: LibraryModel, data: Path, target: str) -> ModelTable:
    """The rows of numbers as they stand in a file, in the order that the model expects.

    Raises:
        DataError: The file cannot be read.
        BadSetting: No such target, no rows, columns that are no numbers, or labels that are no classes of the model.
    """
    table = read_table(data)
    if target not in table.column_names:
        raise BadSetting(where="--target", expected=f"a column of {data}", got=repr(target))
    present = [name for name in table.column_names if name != target]
    own = [name for name in model.names if name in present]
    names = tuple(own if len(own) == len(model.names) and own else present)
    require_width(model, names)
    if not table.num_rows:
        raise BadSetting(where="--data", expected="at least one row", got="none")
    rows = np.stack([_numbers(table, name) for name in names], axis=1)
    return ModelTable(
        names=names,
        categories=((),) * len(names),
        rows=rows,
        labels=_codes(table.column(target), model.classes),
        schema=None,
    )


def _numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    column = table.column(name)
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type)):
        hint = "give --schema FOLDER, whose hauberk.toml says which codes the model knows the categories by"
        raise BadSetting(where=f"column `{name}`", expected="numbers", got=str(column.type), hint=hint)
    return np.asarray(pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy(), np.float64)


def _codes(column: pa.ChunkedArray, classes: tuple[str, ...]) -> NDArray[np.int64]:
    """Class codes of labels: by the model's own names for them, else by their order where there are as many."""
    labels = [_spelled(value) for value in column.to_pylist()]
    distinct = set(labels)
    if distinct <= set(classes):
        return np.array([classes.index(label) for label in labels], np.int64)
    ordered = sorted(distinct)
    if "" in distinct or len(ordered) != len(classes) or not _are_numbers(classes):
        expected = f"labels among {', '.join(classes[:12])}"
        raise BadSetting(where="--target", expected=expected, got=", ".join(repr(one) for one in ordered[:12]))
    return np.array([ordered.index(label) for label in labels], np.int64)


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _are_numbers(classes: tuple[str, ...]) -> bool:
    """Whether the model only counts its classes, so that names of them are its codes in sorted order."""
    return classes == tuple(map(str, range(len(classes))))
