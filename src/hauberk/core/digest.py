"""The name of an artifact: the SHA-256 of its bytes, written `sha256:<64 hexadecimal digits>`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from hauberk.core.encoding import Json, parse_hex, render_json
from hauberk.core.errors import BadEncoding

__all__ = ["Digest", "digest_bytes", "digest_chunks", "digest_json", "digest_stream", "parse_digest"]

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A SHA-256 digest (FIPS 180-4); `hex` holds 64 lower-case digits."""

    hex: str

    def __str__(self) -> str:
        return f"sha256:{self.hex}"

    @property
    def raw(self) -> bytes:
        """The 32 bytes."""
        return bytes.fromhex(self.hex)

    @property
    def short(self) -> str:
        """Twelve digits, for people; never compare by it."""
        return self.hex[:12]


def parse_digest(text: str, *, where: str = "") -> Digest:
    """The digest that `text` spells.

    Raises:
        BadEncoding: Not `sha256:` and 64 lower-case hexadecimal digits.
    """
    name, _, digits = text.partition(":")
    if name != "sha256":
        raise BadEncoding(where=where, expected="sha256:<64 hexadecimal digits>", got=repr(text[:80]))
    return Digest(parse_hex(digits, size=32, where=where).hex())


def digest_bytes(data: bytes) -> Digest:
    """Digest of bytes in memory."""
    return Digest(hashlib.sha256(data).hexdigest())


def digest_chunks(chunks: Iterable[bytes]) -> Digest:
    """Digest of a sequence of chunks, as of their concatenation."""
    state = hashlib.sha256()
    for chunk in chunks:
        state.update(chunk)
    return Digest(state.hexdigest())


def digest_stream(stream: BinaryIO) -> Digest:
    """Digest of what is left in a binary stream, read in pieces of 1 MiB."""
    return digest_chunks(iter(lambda: stream.read(_CHUNK), b""))


def digest_json(value: Json) -> Digest:
    """Digest of the canonical bytes of a JSON value."""
    return digest_bytes(render_json(value))
