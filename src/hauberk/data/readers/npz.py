"""npz files: NumPy arrays in a zip. Arrays of Python objects are refused, because only a pickle carries them.

Members are read side by side, a batch of rows at a time, so that the memory stays small. NumPy's own loader is not
used: it allocates what a header promises before it has seen the bytes.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hauberk.data.conform import refuse_repeated_names
from hauberk.data.errors import BrokenFile, PickledArray, TableTooLarge, UnsupportedColumn
from hauberk.data.limits import TableLimits

__all__ = ["npz_batches"]

_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, RuntimeError, SyntaxError, ValueError,
)  # fmt: skip
"""What zipfile and its decompressors raise on bytes that are not theirs (RuntimeError also for a password)."""
_KINDS = "biufSUM"
"""Codes of Booleans, integers, floats, bytes, text, points in time (numpy.dtype.kind)."""


@dataclass(frozen=True, slots=True)
class _Member:
    """One array of the file, open at its first value."""

    name: str
    stream: IO[bytes]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def row_bytes(self) -> int:
        return self.dtype.itemsize * (self.shape[1] if len(self.shape) > 1 else 1)


def npz_batches(path: Path, limits: TableLimits) -> Iterator[pa.RecordBatch]:
    """The arrays of an npz file as columns: (n,) arrays by their names, (n, k) arrays as `name_0` to `name_<k-1>`.

    Raises:
        PickledArray: An array of Python objects.
        UnsupportedColumn: Complex numbers, structures, more than two axes, Fortran order, or lengths that differ.
        TableTooLarge: The members unpack to more than `limits`.
        BrokenFile: A member is no array, or holds fewer bytes than its header says.
    """
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
        except _BROKEN as error:
            raise BrokenFile(where=str(path), expected="a zip of arrays", got=str(error)[:200]) from error
        _check_sizes(archive, path, limits)
        members = [_open_member(archive, info, stack, path) for info in archive.infolist()]
        rows = _common_length(members, path)
        for start in range(0, rows, limits.batch_rows):
            yield _batch(members, min(limits.batch_rows, rows - start), path)


def _check_sizes(archive: zipfile.ZipFile, path: Path, limits: TableLimits) -> None:
    """Refuse by the directory; `zipfile` gives out no more than the directory says."""
    total = sum(info.file_size for info in archive.infolist())
    if total > limits.table_bytes:
        raise TableTooLarge(where=str(path), expected=f"at most {limits.table_bytes} bytes unpacked", got=f"{total}")
    if len(archive.infolist()) > limits.columns:
        got = f"{len(archive.infolist())}"
        raise TableTooLarge(where=str(path), expected=f"at most {limits.columns} columns", got=got)
    refuse_repeated_names(archive.namelist(), where=str(path))


def _open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, stack: ExitStack, path: Path) -> _Member:
    where = f"{path}: {info.filename}"
    try:
        stream = stack.enter_context(archive.open(info))
        version = np.lib.format.read_magic(stream)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read_header is None:
            raise UnsupportedColumn(where=where, expected="an array in npy format 1.0 or 2.0", got=f"{version}")
        shape, fortran, dtype = read_header(stream)
    except _BROKEN as error:
        raise BrokenFile(where=where, expected="an array in npy format", got=str(error)[:200]) from error
    _check_header(shape, dtype, fortran, where)
    header = info.file_size - stream.tell()
    if int(np.prod(shape, dtype=object)) * dtype.itemsize != header:
        raise BrokenFile(where=where, expected=f"the bytes of shape {shape}", got=f"{header} bytes")
    return _Member(info.filename.removesuffix(".npy"), stream, shape, dtype)


def _check_header(shape: tuple[int, ...], dtype: np.dtype[Any], fortran: bool, where: str) -> None:
    if dtype.hasobject:
        hint = "save it as numbers or as array.astype(str)"
        raise PickledArray(where=where, expected="numbers or text", got="Python objects in a pickle", hint=hint)
    if dtype.kind not in _KINDS or not dtype.itemsize:
        raise UnsupportedColumn(where=where, expected="numbers, text or times", got=str(dtype))
    if len(shape) not in (1, 2) or any(size < 0 for size in shape):
        raise UnsupportedColumn(where=where, expected="one or two axes", got=f"shape {shape}")
    if fortran and len(shape) > 1:
        hint = "save numpy.ascontiguousarray(array)"
        raise UnsupportedColumn(where=where, expected="rows one after another", got="Fortran order", hint=hint)


def _common_length(members: list[_Member], path: Path) -> int:
    lengths = {member.name: member.shape[0] for member in members}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length}" for name, length in list(lengths.items())[:6])
        hint = "one file a table: save the training and the test part apart"
        raise UnsupportedColumn(where=str(path), expected="arrays of one length", got=shown, hint=hint)
    return max(lengths.values(), default=0)


def _batch(members: list[_Member], rows: int, path: Path) -> pa.RecordBatch:
    columns: dict[str, pa.Array] = {}
    names: list[str] = []
    for member in members:
        for name, values in _columns(member, rows, path):
            names.append(name)
            columns[name] = values
    refuse_repeated_names(names, where=str(path))
    return pa.RecordBatch.from_pydict(columns)


def _columns(member: _Member, rows: int, path: Path) -> Iterator[tuple[str, pa.Array]]:
    where = f"{path}: {member.name}"
    try:
        data = member.stream.read(rows * member.row_bytes)
    except _BROKEN as error:
        raise BrokenFile(where=where, expected="whole compressed data", got=str(error)[:200]) from error
    if len(data) != rows * member.row_bytes:
        raise BrokenFile(where=where, expected=f"{rows * member.row_bytes} bytes", got=f"{len(data)}")
    values = np.frombuffer(data, member.dtype).reshape(rows, *member.shape[1:])
    values = values.astype(member.dtype.newbyteorder("="))
    if values.ndim == 1:
        yield member.name, _arrow(values)
        return
    for place in range(values.shape[1]):
        yield f"{member.name}_{place}", _arrow(values[:, place])


def _arrow(values: NDArray[Any]) -> pa.Array:
    if values.dtype.kind == "S":
        return pa.array(np.char.decode(values, "utf-8").tolist(), pa.string())
    if values.dtype.kind == "f" and values.dtype.itemsize not in (4, 8):
        return pa.array(values.astype(np.float64))
    return pa.array(np.ascontiguousarray(values))
