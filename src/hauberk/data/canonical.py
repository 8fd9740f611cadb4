"""The one byte form of a row, whatever file, chunking or Arrow encoding it came from.

A row is its cells in column order, and each cell carries its type and length, so that no two different rows have the
same bytes (tags and numbers are big-endian):

    missing     00
    NUMBER      01, IEEE 754 binary64 (8 bytes); -0.0 is written as 0.0
    INTEGER     02, two's complement (8 bytes)
    CATEGORY    03, length in bytes (4 bytes), UTF-8
    TEXT        04, length in bytes (4 bytes), UTF-8
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.data.columns import column_values
from hauberk.data.schema import Feature, Kind

__all__ = ["RowBytes", "row_bytes"]

_NUMBER, _INTEGER, _CATEGORY, _TEXT = 1, 2, 3, 4

RowBytes: TypeAlias = "pa.LargeBinaryArray"
"""n rows without nulls."""


def row_bytes(table: pa.Table, features: Sequence[Feature]) -> RowBytes:
    """The canonical bytes of each row over the given features of a conformed table.

    Equal rows, and only they, have equal bytes.
    """
    cells = [_cells(table.column(feature.name), feature.kind) for feature in features]
    if not cells:
        return pa.array([b""] * table.num_rows, pa.large_binary())
    return pc.binary_join_element_wise(*cells, pa.scalar(b"", pa.large_binary()))


def _cells(column: pa.ChunkedArray, kind: Kind) -> pa.Array:
    missing = column.is_null().to_numpy().astype(bool)
    match kind:
        case Kind.NUMBER:
            numbers = column_values(column) + 0.0
            return _tagged(_NUMBER, numbers.astype(">f8").view(np.uint8), missing | np.isnan(numbers))
        case Kind.INTEGER:
            whole = pc.fill_null(column, 0).to_numpy()
            return _tagged(_INTEGER, whole.astype(">i8").view(np.uint8), missing)
        case _:
            return _texts(column, _CATEGORY if kind is Kind.CATEGORY else _TEXT, missing)


def _tagged(tag: int, payload: NDArray[np.uint8], missing: NDArray[np.bool_]) -> pa.Array:
    """Binary cells of a tag byte and a payload of equal size each; one zero byte where missing."""
    rows = missing.size
    cells = np.concatenate([np.full((rows, 1), tag, np.uint8), payload.reshape(rows, -1)], axis=1)
    if not missing.any():
        offsets = np.arange(rows + 1, dtype=np.int64) * cells.shape[1]
        return _binary(offsets, cells)
    cells[missing, 0] = 0
    keep = np.ones(cells.shape, bool)
    keep[missing, 1:] = False
    lengths = np.where(missing, 1, cells.shape[1])
    return _binary(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), cells[keep])


def _texts(column: pa.ChunkedArray, tag: int, missing: NDArray[np.bool_]) -> pa.Array:
    filled = pc.fill_null(column, "").combine_chunks()
    lengths = pc.binary_length(filled).to_numpy().astype(">u4").view(np.uint8)
    whole = filled.cast(pa.large_string()).cast(pa.large_binary())
    prefix = _tagged(tag, lengths, missing)
    return pc.binary_join_element_wise(prefix, whole, pa.scalar(b"", pa.large_binary()))


def _binary(offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> pa.Array:
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data))]
    return pa.Array.from_buffers(pa.large_binary(), offsets.size - 1, buffers)
