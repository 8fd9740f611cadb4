"""The byte forms that everything signed shares: canonical JSON, strict base64, strict hexadecimal.

Each value has exactly one encoding here, so that a changed byte can never decode to the same value.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from hauberk.core.errors import BadEncoding, Malformed, TooLarge
from hauberk.core.limits import DEFAULT_LIMITS, Limits

__all__ = ["Json", "parse_base64", "parse_hex", "parse_json", "render_base64", "render_json"]

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"


def render_json(value: Json) -> bytes:
    """Canonical bytes of a JSON value: keys sorted by code point, no white space, UTF-8, no NaN or infinity.

    Law: `render_json(parse_json(render_json(v))) == render_json(v)`.

    >>> render_json({"b": 1, "a": [True, None, 0.1]})
    b'{"a":[true,null,0.1],"b":1}'
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def parse_json(data: bytes, *, where: str = "", limits: Limits = DEFAULT_LIMITS) -> Json:
    """The value of JSON bytes; refuses repeated keys, what no double or UTF-8 can hold, and excess.

    Raises:
        TooLarge: The document is larger or deeper than `limits`.
        Malformed: It is not JSON, names a key twice, or holds an infinity or half a surrogate pair.
    """
    if len(data) > limits.document_bytes:
        raise TooLarge(where=where, expected=f"at most {limits.document_bytes} bytes", got=f"{len(data)} bytes")
    try:
        value: Json = json.loads(data.decode(), object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except (ValueError, RecursionError) as error:
        raise Malformed(where=where, expected="a JSON document", got=str(error) or type(error).__name__) from error
    _check_shape(value, where, limits)
    return value


def render_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648 §4)."""
    return base64.b64encode(data).decode()


def parse_base64(text: str, *, where: str = "") -> bytes:
    """The bytes of standard base64; the one canonical spelling only (RFC 4648 §3.5), so no stray bits pass.

    Raises:
        BadEncoding: Another alphabet, white space, missing padding or non-zero trailing bits.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadEncoding(where=where, expected="base64", got=repr(text[:40])) from error
    if render_base64(data) != text:
        raise BadEncoding(where=where, expected="canonical base64", got=repr(text[:40]))
    return data


def parse_hex(text: str, *, size: int, where: str = "") -> bytes:
    """The `size` bytes of lower-case hexadecimal text.

    Raises:
        BadEncoding: Another length or alphabet, or capital letters.
    """
    if len(text) != 2 * size or set(text) - set("0123456789abcdef"):
        raise BadEncoding(where=where, expected=f"{2 * size} lower-case hexadecimal digits", got=repr(text[:80]))
    return bytes.fromhex(text)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("an object names a key twice")
    return value


def _constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is beyond a double")
    return number


def _check_shape(value: Json, where: str, limits: Limits) -> None:
    level: list[Json] = [value]
    for _ in range(limits.depth):
        level = [child for parent in level for child in _children(parent, where, limits)]
        if not level:
            return
    raise TooLarge(where=where, expected=f"at most {limits.depth} levels of nesting", got="more")


def _children(value: Json, where: str, limits: Limits) -> Sequence[Json]:
    if isinstance(value, str):
        _check_text(value, where)
    if isinstance(value, str) or not isinstance(value, Sequence | Mapping):
        return ()
    if len(value) > limits.items:
        raise TooLarge(where=where, expected=f"at most {limits.items} elements", got=f"{len(value)}")
    return [*value.keys(), *value.values()] if isinstance(value, Mapping) else value


def _check_text(text: str, where: str) -> None:
    """Half a surrogate pair can be escaped in JSON but stands for no character, and has no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Malformed(where=where, expected="text of whole characters", got="half a surrogate pair") from error
