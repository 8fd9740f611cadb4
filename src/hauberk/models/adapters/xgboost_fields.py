"""Fields of a model's document by name and type; anything else is refused.

A document is JSON (lists of numbers) or UBJSON (numpy arrays); both read alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from hauberk.models.errors import BadModelFile

__all__ = ["read_floats", "read_integers", "read_list", "read_number", "read_object", "read_text"]

_WHERE = "XGBoost model"


def read_object(value: Any, name: str) -> Mapping[str, Any]:
    """The object in field `name` of an object.

    Raises:
        BadModelFile: `value` is no object, or has none there.
    """
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, dict):
        _refuse(f"an object as {name}", repr(found)[:80])
    return found


def read_list(value: Mapping[str, Any], name: str) -> list[Any]:
    """The list in field `name`.

    Raises:
        BadModelFile: There is none.
    """
    found = value.get(name)
    if not isinstance(found, list):
        _refuse(f"a list as {name}", repr(found)[:80])
    return found


def read_text(value: Mapping[str, Any], name: str) -> str:
    """The text in field `name`.

    Raises:
        BadModelFile: There is none.
    """
    found = value.get(name)
    if not isinstance(found, str):
        _refuse(f"a text as {name}", repr(found)[:80])
    return found


def read_number(value: Mapping[str, Any], name: str, *, absent: int | None = None) -> int:
    """The whole number that the text in field `name` spells, below 10^9; `absent` where there is no such field.

    Raises:
        BadModelFile: It spells none.
    """
    if absent is not None and name not in value:
        return absent
    text = read_text(value, name)
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        _refuse(f"a whole number as {name}", repr(text)[:80])
    return int(text)


def read_integers(value: Mapping[str, Any], name: str, count: int | None) -> NDArray[np.int64]:
    """The whole numbers in field `name`, `count` of them, or any number of them for None.

    Raises:
        BadModelFile: Others, or another number.
    """
    found = value.get(name)
    if isinstance(found, list) and all(isinstance(number, int) and abs(number) < 1 << 62 for number in found):
        found = np.array(found, dtype=np.int64)
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "iu":
        _refuse(f"whole numbers as {name}", repr(found)[:80])
    _check_count(found, name, count)
    return found.astype(np.int64)


def read_floats(value: Mapping[str, Any], name: str, count: int | None) -> NDArray[np.float32]:
    """The numbers in field `name`, `count` of them, or any number of them for None.

    Raises:
        BadModelFile: Others, or another number.
    """
    found = value.get(name)
    if isinstance(found, list) and all(type(number) in (int, float) and abs(number) < 1e39 for number in found):
        found = np.array(found, dtype=np.float64)
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "iuf":
        _refuse(f"numbers as {name}", repr(found)[:80])
    _check_count(found, name, count)
    with np.errstate(over="ignore"):
        return found.astype(np.float32)


def _check_count(found: NDArray[Any], name: str, count: int | None) -> None:
    if count is not None and len(found) != count:
        _refuse(f"{count} numbers as {name}", f"{len(found)}")


def _refuse(expected: str, got: str) -> NoReturn:
    raise BadModelFile(where=_WHERE, expected=expected, got=got)
