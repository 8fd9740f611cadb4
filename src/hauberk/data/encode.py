"""Between tables in original units and the matrix that models see."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.data.columns import column_values
from hauberk.data.dataset import Dataset
from hauberk.data.errors import BadLabel, BadRows, BadTarget, BadValue, BadWeight, UnsupportedColumn
from hauberk.data.schema import Feature, Kind, Role, Schema

__all__ = ["bad_label", "decode_rows", "encode_labels", "encode_rows", "encode_weights"]

_EXACT = 2**53
"""Whole numbers up to here have an exact float64 (IEEE 754 binary64, 53 bits of significand)."""


def encode_rows(dataset: Dataset) -> NDArray[np.float64]:
    """The inputs as a matrix.

    Returns:
        (n, d) float64 in the order of `Schema.inputs`; a category as its code (its index in the schema), missing
        values and unknown categories as NaN. Law: `decode_rows(encode_rows(t), schema)` gives the inputs of `t`
        back where all categories are known.

    Raises:
        UnsupportedColumn: An input of free text.
        BadValue: A whole number beyond 2**53, which a float64 would silently round.
    """
    inputs = dataset.schema.inputs
    rows = np.empty((dataset.rows, len(inputs)), np.float64)
    for position, feature in enumerate(inputs):
        rows[:, position] = _encoded(dataset.table.column(feature.name), feature)
    return rows


def encode_labels(dataset: Dataset, *, where: str = "", first_row: int = 0) -> NDArray[np.int64]:
    """The target as (n,) int64 class codes in the order of its categories.

    Args:
        dataset: With a target.
        where: File, for messages.
        first_row: Number of the first row in its file, for messages, where the dataset is a batch.

    Raises:
        BadTarget: The schema has no target, or one that is not a category.
        BadLabel: A label is missing or none of the categories; names the first row.
    """
    target = dataset.schema.target
    if target is None or target.kind is not Kind.CATEGORY:
        raise BadTarget(expected="a target with classes", got=f"a {target.kind}" if target else "no target")
    codes = _codes(dataset.table.column(target.name), target)
    bad = np.flatnonzero(codes < 0)
    if bad.size:
        label = dataset.table.column(target.name)[int(bad[0])].as_py()
        raise bad_label(target, label, row=int(bad[0]) + first_row, more=bad.size - 1, where=where)
    return codes


def bad_label(target: Feature, label: str | None, *, row: int, more: int, where: str) -> BadLabel:
    """The error on a label that is missing or none of the target's categories, in a row and some more."""
    return BadLabel(
        where=f"{where}: column `{target.name}`, row {row}{f' and {more} more' if more else ''}".removeprefix(": "),
        expected=f"one of {', '.join(repr(category) for category in target.categories[:12])}",
        got="a missing label" if label is None else repr(label)[:60],
        hint="drop these rows or correct their labels",
    )


def encode_weights(dataset: Dataset, *, where: str = "") -> NDArray[np.float64]:
    """The column of role `weight` as (n,) float64, finite and from 0; ones where there is none.

    Args:
        dataset: With at most one such column.
        where: File, for messages.

    Raises:
        BadWeight: A weight is missing or negative (names the first row), all are 0, the column holds no numbers, or
            there are two.
    """
    found = [feature for feature in dataset.schema.features if feature.role is Role.WEIGHT]
    if not found:
        return np.ones(dataset.rows)
    names, kinds = ", ".join(f"`{feature.name}`" for feature in found), {feature.kind for feature in found}
    spot = f"{where}: column {names}".removeprefix(": ")
    hint = 'correct the weights, or set `role = "ignored"` for the column'
    if len(found) > 1 or not kinds <= {Kind.NUMBER, Kind.INTEGER}:
        got = f"{len(found)} columns" if len(found) > 1 else f"a {found[0].kind}"
        raise BadWeight(where=spot, expected="one column of numbers with the role `weight`", got=got, hint=hint)
    weights = column_values(dataset.table.column(found[0].name))
    bad = np.flatnonzero(~np.isfinite(weights) | (weights < 0))
    if bad.size:
        got = "none" if np.isnan(weights[bad[0]]) else f"{weights[bad[0]]:g}"
        raise BadWeight(where=f"{spot}, row {bad[0]}", expected="a finite number from 0", got=got, hint=hint)
    if not weights.any():
        raise BadWeight(where=spot, expected="a weight above 0", got="0 in every row", hint=hint)
    return weights


def decode_rows(rows: NDArray[np.float64], schema: Schema) -> pa.Table:
    """The input columns in original units; what `encode_rows` would make `rows` of again.

    Args:
        rows: (n, d) float64 as `encode_rows` gives it.
        schema: Whose inputs the columns are.

    Raises:
        BadRows: Another number of columns, a code of no category, a fraction where whole numbers belong, infinity.
    """
    inputs = schema.inputs
    if rows.ndim != 2 or rows.shape[1] != len(inputs):
        raise BadRows(expected=f"{len(inputs)} columns", got=f"an array of shape {rows.shape}")
    columns = [_decoded(rows[:, position], feature) for position, feature in enumerate(inputs)]
    return pa.table(dict(zip((feature.name for feature in inputs), columns, strict=True)))


def _encoded(column: pa.ChunkedArray, feature: Feature) -> NDArray[np.float64]:
    match feature.kind:
        case Kind.CATEGORY:
            codes = _codes(column, feature).astype(np.float64)
            codes[codes < 0] = np.nan
            return codes
        case Kind.INTEGER:
            # Compared as integers: 2**53 + 1 as a float64 is 2**53.
            outside = pc.or_(pc.greater(column, _EXACT), pc.less(column, -_EXACT))
            beyond = np.flatnonzero(pc.fill_null(outside, False).to_numpy())
            if beyond.size:
                where = f"column `{feature.name}`, row {beyond[0]}"
                raise BadValue(where=where, expected="a whole number within 2**53", got="a larger one",
                               hint="is it a key? then give the column the role `id`")  # fmt: skip
            return column_values(column)
        case Kind.NUMBER:
            return column_values(column)
        case _:
            raise UnsupportedColumn(where=f"column `{feature.name}`", expected="numbers or categories", got="free text")


def _codes(column: pa.ChunkedArray, feature: Feature) -> NDArray[np.int64]:
    """(n,) category codes, -1 for missing and unknown."""
    found = pc.index_in(column, value_set=pa.array(feature.categories, pa.string()), skip_nulls=True)
    codes: NDArray[np.int64] = pc.fill_null(found, -1).to_numpy().astype(np.int64)
    return codes


def _decoded(column: NDArray[np.float64], feature: Feature) -> pa.Array:
    missing = np.isnan(column)
    if feature.kind is Kind.NUMBER:
        _refuse(np.isinf(column), feature, "a finite number")
        return pa.array(column, mask=missing)
    whole = np.where(missing, 0.0, column)
    _refuse((np.floor(whole) != whole) | (np.abs(whole) > _EXACT), feature, "a whole number within 2**53")
    codes = whole.astype(np.int64)
    if feature.kind is Kind.INTEGER:
        return pa.array(codes, mask=missing)
    known = len(feature.categories)
    _refuse(~missing & ((codes < 0) | (codes >= known)), feature, f"a code from 0 to {known - 1}")
    return pa.array(feature.categories, pa.string()).take(pa.array(codes, mask=missing))


def _refuse(bad: NDArray[np.bool_], feature: Feature, expected: str) -> None:
    rows = np.flatnonzero(bad)
    if rows.size:
        where = f"column `{feature.name}`, row {rows[0]}"
        raise BadRows(where=where, expected=expected, got=f"something else in {rows.size} rows")
