"""Reads Universal Binary JSON as XGBoost writes it: big-endian, typed arrays as numpy arrays.

Source: Universal Binary JSON, draft 12 (ubjson.org); of it, objects without counts and without types.
"""

from __future__ import annotations

import struct
from typing import NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hauberk.core.limits import DEFAULT_LIMITS, Limits
from hauberk.models.errors import BadModelFile

__all__ = ["Ubjson", "parse_ubjson"]

Ubjson: TypeAlias = "bool | int | float | str | list[Ubjson] | dict[str, Ubjson] | NDArray[np.generic] | None"

_NUMBERS = {b"i": ">b", b"U": ">B", b"I": ">h", b"l": ">i", b"L": ">q", b"d": ">f", b"D": ">d"}
"""Formats, in the letters that `struct` and numpy share."""
_CONSTANTS: dict[bytes, bool | None] = {b"Z": None, b"T": True, b"F": False}
_WHERE = "UBJSON"


def parse_ubjson(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Ubjson:
    """The value of UBJSON bytes; arrays of one numeric type become numpy arrays in native byte order.

    Raises:
        BadModelFile: Cut short, an unknown marker, a key twice, something after the value, or over the limits.
    """
    if len(data) > limits.document_bytes:
        _refuse(f"at most {limits.document_bytes} bytes", f"{len(data)}")
    reader = _Reader(data, limits)
    value = reader.value(reader.take(1), 0)
    if reader.place != len(data):
        _refuse("one value", f"{len(data) - reader.place} bytes after it")
    return value


class _Reader:
    """A place in the bytes, and what comes next there."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.place = 0
        self.limits = limits

    def take(self, size: int) -> bytes:
        end = self.place + size
        if size < 0 or end > len(self.data):
            _refuse(f"{size} more bytes", f"{len(self.data) - self.place}")
        piece = self.data[self.place : end]
        self.place = end
        return piece

    def value(self, marker: bytes, depth: int) -> Ubjson:
        if depth > self.limits.depth:
            _refuse(f"at most {self.limits.depth} levels", "more")
        if marker in _NUMBERS:
            return self.number(marker)
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        match marker:
            case b"S":
                return self.text()
            case b"{":
                return self.object(depth)
            case b"[":
                return self.array(depth)
            case _:
                raise BadModelFile(where=_WHERE, expected="a known marker", got=f"{marker!r} at byte {self.place - 1}")

    def number(self, marker: bytes) -> int | float:
        kind = _NUMBERS[marker]
        number: int | float = struct.unpack(kind, self.take(struct.calcsize(kind)))[0]
        return number

    def count(self) -> int:
        marker = self.take(1)
        number = self.number(marker) if marker in _NUMBERS else -1
        if not isinstance(number, int) or not 0 <= number <= self.limits.items:
            _refuse(f"a length of 0 to {self.limits.items}", f"{number}")
        return number

    def text(self) -> str:
        try:
            return self.take(self.count()).decode()
        except UnicodeDecodeError as error:
            raise BadModelFile(where=_WHERE, expected="UTF-8", got=str(error)) from error

    def object(self, depth: int) -> dict[str, Ubjson]:
        members: dict[str, Ubjson] = {}
        while self.data[self.place : self.place + 1] != b"}":
            name = self.text()
            if name in members:
                _refuse("each key once", f"{name!r} again")
            members[name] = self.value(self.take(1), depth + 1)
        self.take(1)
        return members

    def array(self, depth: int) -> list[Ubjson] | NDArray[np.generic]:
        marker = self.take(1)
        if marker == b"$":
            return self.typed()
        if marker == b"#":
            return [self.value(self.take(1), depth + 1) for _ in range(self.count())]
        values: list[Ubjson] = []
        while marker != b"]":
            values.append(self.value(marker, depth + 1))
            marker = self.take(1)
        return values

    def typed(self) -> NDArray[np.generic]:
        kind, hash_sign = self.take(1), self.take(1)
        if kind not in _NUMBERS or hash_sign != b"#":
            _refuse("a numeric type and a count", f"{kind + hash_sign!r}")
        dtype = np.dtype(_NUMBERS[kind])
        return np.frombuffer(self.take(self.count() * dtype.itemsize), dtype=dtype).astype(dtype.newbyteorder("="))


def _refuse(expected: str, got: str) -> NoReturn:
    raise BadModelFile(where=_WHERE, expected=expected, got=got)
