"""Encrypted envelopes: bytes of any length under a data key of their own, which a provider's key wraps.

    magic | length | key name, wrapped key, nonce prefix, chunk size, commitment | SHA-256 of all before | chunks | end

The checksum of the header and the end mark are there to name a fault (a damaged header is not a wrong key, a file cut
short is not an altered one); what protects the bytes is the header's place in the associated data of each chunk.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass

from hauberk.crypto.errors import AlteredCiphertext, BadChunkSize, CryptoError, MalformedSealed, TruncatedCiphertext
from hauberk.crypto.keys import Entropy
from hauberk.crypto.reading import Readable, read_up_to
from hauberk.crypto.stream import (
    CHUNK_SIZE,
    COMMITMENT_SIZE,
    DATA_KEY_SIZE,
    PREFIX_SIZE,
    TAG_SIZE,
    ChunkCipher,
    commit_to_key,
    verify_commitment,
)
from hauberk.crypto.wrapping import KeyWrapper, check_key_label

__all__ = ["open_bytes", "open_stream", "seal_bytes", "seal_stream"]

_MAGIC = b"hauberk/envelope/v1\n"
_PURPOSE = "hauberk/envelope/v1"
_END = b"hauberk/end\n"
_CHECKSUM_SIZE = 32
_FIXED_SIZE = PREFIX_SIZE + 4 + COMMITMENT_SIZE
_LARGEST_CHUNK = 1 << 26


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    key_name: str
    wrapped: bytes
    prefix: bytes
    chunk_size: int
    commitment: bytes

    def render(self) -> bytes:
        name = self.key_name.encode()
        body = len(name).to_bytes(1, "big") + name + len(self.wrapped).to_bytes(2, "big") + self.wrapped
        body += self.prefix + self.chunk_size.to_bytes(4, "big") + self.commitment
        head = _MAGIC + len(body).to_bytes(2, "big") + body
        return head + hashlib.sha256(head).digest()


def seal_bytes(data: bytes, *, wrapper: KeyWrapper, key_name: str, entropy: Entropy = os.urandom) -> bytes:
    """The envelope of bytes in memory.

    Law: `open_bytes(seal_bytes(d, wrapper=w, key_name=k), wrapper=w) == d`.
    """
    return b"".join(seal_stream(io.BytesIO(data), wrapper=wrapper, key_name=key_name, entropy=entropy))


def open_bytes(data: bytes, *, wrapper: KeyWrapper, where: str = "") -> bytes:
    """The bytes in an envelope, all of them verified.

    Raises:
        As `open_stream`.
    """
    return b"".join(open_stream(io.BytesIO(data), wrapper=wrapper, where=where))


def seal_stream(
    source: Readable,
    *,
    wrapper: KeyWrapper,
    key_name: str,
    chunk_size: int = CHUNK_SIZE,
    entropy: Entropy = os.urandom,
) -> Iterator[bytes]:
    """The envelope of what is left in `source`, piece by piece; one chunk is in memory at a time.

    Args:
        source: Read to its end.
        wrapper: Wraps the data key.
        key_name: Which of the wrapper's keys; it stands in the header.
        chunk_size: Bytes of plaintext a chunk, 1 to 64 MiB.
        entropy: Gives the data key and the nonce prefix.

    Raises:
        BadChunkSize: `chunk_size` is out of range.
        BadKeyLabel: `key_name` cannot be the name of a key.
    """
    if not 1 <= chunk_size <= _LARGEST_CHUNK:
        raise BadChunkSize(expected=f"1 to {_LARGEST_CHUNK} bytes", got=str(chunk_size))
    data_key, prefix = entropy(DATA_KEY_SIZE), entropy(PREFIX_SIZE)
    header = _Header(
        key_name=check_key_label(key_name),
        wrapped=wrapper.wrap_key(key_name, data_key),
        prefix=prefix,
        chunk_size=chunk_size,
        commitment=commit_to_key(data_key, purpose=_PURPOSE),
    ).render()
    cipher = ChunkCipher(data_key, prefix, purpose=_PURPOSE, header=header)
    yield header
    index, chunk = 0, read_up_to(source, chunk_size)
    while following := read_up_to(source, chunk_size):
        yield cipher.seal(index, chunk, last=False)
        index, chunk = index + 1, following
    yield cipher.seal(index, chunk, last=True)
    yield _END


def open_stream(source: Readable, *, wrapper: KeyWrapper, where: str = "") -> Iterator[bytes]:
    """The plaintext of an envelope, chunk by chunk, each verified; the header and the key are checked at once.

    Only a reader that comes to the end knows that nothing is missing: act on nothing before.

    Raises:
        MalformedSealed: Not an envelope, or its header was altered.
        WrongKey: Sealed under another key.
        UnknownKey: The wrapper has no key of the header's name.
        AlteredCiphertext, TruncatedCiphertext, MovedCiphertext: The chunks are not as they were sealed.
    """
    header = _read_header(source, where)
    data_key = wrapper.unwrap_key(header.key_name, header.wrapped)
    verify_commitment(data_key, header.commitment, purpose=_PURPOSE, where=where)
    cipher = ChunkCipher(data_key, header.prefix, purpose=_PURPOSE, header=header.render())
    return _open_chunks(source, cipher, header.chunk_size + TAG_SIZE, where)


def _open_chunks(source: Readable, cipher: ChunkCipher, size: int, where: str) -> Iterator[bytes]:
    index, sealed = 0, read_up_to(source, size)
    # More than an end mark is left only where another chunk follows.
    while len(following := read_up_to(source, size)) > len(_END):
        yield cipher.open(index, sealed, last=False, where=where)
        index, sealed = index + 1, following
    held = sealed + following
    if not held.endswith(_END):
        raise _end_fault(cipher, index, held, where)
    yield cipher.open(index, memoryview(held)[: -len(_END)], last=True, where=where)


def _end_fault(cipher: ChunkCipher, index: int, held: bytes, where: str) -> CryptoError:
    """What happened to an envelope without its end mark: altered there, added to, or cut short."""
    expected = f"the end mark after chunk {index}"
    for end in (len(held) - len(_END), held.find(_END)):
        try:
            cipher.open(index, held[: max(end, 0)], last=True)
        except CryptoError:
            continue
        return AlteredCiphertext(where=where, expected=expected, got="other or further bytes")
    return TruncatedCiphertext(where=where, expected=expected, got=f"an end after {len(held)} bytes of it")


def _read_header(source: Readable, where: str) -> _Header:
    start = read_up_to(source, len(_MAGIC) + 2)
    magic = start[: len(_MAGIC)]
    if not _MAGIC.startswith(magic):
        raise MalformedSealed(where=where, expected="an encrypted envelope, version 1", got=repr(magic))
    size = int.from_bytes(start[len(_MAGIC) :], "big")
    rest = read_up_to(source, size + _CHECKSUM_SIZE)
    if len(start) + len(rest) < len(_MAGIC) + 2 + size + _CHECKSUM_SIZE:
        raise TruncatedCiphertext(where=where, expected="a whole header", got=f"{len(start) + len(rest)} bytes")
    body, checksum = rest[:size], rest[size:]
    if hashlib.sha256(start + body).digest() != checksum:
        raise MalformedSealed(where=where, expected="a header with its checksum", got="an altered header")
    return _parse_body(body, where)


def _parse_body(body: bytes, where: str) -> _Header:
    fields = io.BytesIO(body)
    name = fields.read(int.from_bytes(fields.read(1), "big"))
    wrapped = fields.read(int.from_bytes(fields.read(2), "big"))
    fixed = fields.read()
    chunk_size = int.from_bytes(fixed[PREFIX_SIZE : PREFIX_SIZE + 4], "big")
    if len(fixed) != _FIXED_SIZE or not name.isascii() or not 1 <= chunk_size <= _LARGEST_CHUNK:
        raise MalformedSealed(where=where, expected="a header of version 1", got=f"{len(body)} bytes of another form")
    return _Header(
        key_name=name.decode("ascii"),
        wrapped=wrapped,
        prefix=fixed[:PREFIX_SIZE],
        chunk_size=chunk_size,
        commitment=fixed[PREFIX_SIZE + 4 :],
    )
