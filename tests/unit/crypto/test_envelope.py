"""Encrypted envelopes: each way to damage one has its own error."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from hauberk.crypto import open_bytes, open_stream, seal_bytes, seal_stream
from hauberk.crypto.errors import (
    AlteredCiphertext,
    BadChunkSize,
    BadKeyLabel,
    CryptoError,
    MalformedSealed,
    MovedCiphertext,
    TruncatedCiphertext,
    UnknownKey,
    WrongKey,
)
from hauberk.testing.memory_keys import MemoryKeys

KEYS = MemoryKeys(wrapping={"store": b"k" * 32, "other": b"o" * 32})
CHUNK = 64


def seal(data: bytes, chunk_size: int = CHUNK, key_name: str = "store") -> bytes:
    return b"".join(seal_stream(io.BytesIO(data), wrapper=KEYS, key_name=key_name, chunk_size=chunk_size))


def parts(sealed: bytes) -> tuple[bytes, list[bytes], bytes]:
    size = int.from_bytes(sealed[20:22], "big")
    head, rest = sealed[: 22 + size + 32], sealed[22 + size + 32 :]
    body, end = rest[:-12], rest[-12:]
    return head, [body[i : i + CHUNK + 16] for i in range(0, len(body), CHUNK + 16)], end


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])
def test_round_trip(size: int) -> None:
    data = bytes(i % 251 for i in range(size))
    sealed = seal(data)
    assert open_bytes(sealed, wrapper=KEYS) == data
    head, chunks, end = parts(sealed)
    assert len(chunks) == max(1, -(-size // CHUNK))
    assert end == b"hauberk/end\n"
    assert data[:8] not in sealed or size < 8
    assert head.startswith(b"hauberk/envelope/v1\n")


def test_bytes_and_streams_agree() -> None:
    data = b"x" * 3_000_000
    assert open_bytes(seal_bytes(data, wrapper=KEYS, key_name="store"), wrapper=KEYS) == data


def test_each_envelope_has_a_key_of_its_own() -> None:
    assert len({seal(b"same")[-30:] for _ in range(20)}) == 20


def test_entropy_is_an_argument() -> None:
    first = seal_bytes(b"d", wrapper=KEYS, key_name="store", entropy=lambda n: b"\1" * n)
    assert first == seal_bytes(b"d", wrapper=KEYS, key_name="store", entropy=lambda n: b"\1" * n)


def test_wrong_key() -> None:
    sealed = seal(b"data")
    with pytest.raises(WrongKey):
        open_bytes(sealed, wrapper=MemoryKeys(wrapping={"store": b"z" * 32}))
    with pytest.raises(UnknownKey):
        open_bytes(sealed, wrapper=MemoryKeys(wrapping={"other": b"k" * 32}))


class Liar(MemoryKeys):
    """Unwraps to another key than was wrapped, as two keys that open one GCM ciphertext would."""

    def unwrap_key(self, name: str, wrapped: bytes) -> bytes:
        return bytes(reversed(super().unwrap_key(name, wrapped)))


def test_the_data_key_is_committed_to() -> None:
    with pytest.raises(WrongKey):
        open_bytes(seal(b"data"), wrapper=Liar(wrapping={"store": b"k" * 32}))


def test_every_flipped_byte_fails_and_is_not_called_a_wrong_key() -> None:
    sealed = seal(bytes(2 * CHUNK + 9))
    header_size = len(parts(sealed)[0])
    for place in range(len(sealed)):
        for flip in (1, 0x80):
            altered = sealed[:place] + bytes([sealed[place] ^ flip]) + sealed[place + 1 :]
            with pytest.raises((AlteredCiphertext, MalformedSealed, TruncatedCiphertext)) as caught:
                open_bytes(altered, wrapper=KEYS)
            if place >= header_size:
                assert type(caught.value) is AlteredCiphertext, place
            elif not 20 <= place < 22:  # The length of the header may reach past the end.
                assert type(caught.value) is MalformedSealed, place


def test_every_cut_is_called_a_cut() -> None:
    sealed = seal(bytes(2 * CHUNK + 9))
    for size in range(len(sealed)):
        with pytest.raises(TruncatedCiphertext):
            open_bytes(sealed[:size], wrapper=KEYS)


@pytest.mark.parametrize("tail", [b"\0", b"hauberk/end\n", bytes(CHUNK + 16), bytes(500)])
def test_appended_bytes(tail: bytes) -> None:
    for size in (0, 9, CHUNK, 2 * CHUNK + 9):
        with pytest.raises(AlteredCiphertext):
            open_bytes(seal(bytes(size)) + tail, wrapper=KEYS)


def test_moved_repeated_and_dropped_chunks() -> None:
    head, (a, b, c, d), end = parts(seal(bytes(range(200)) + bytes(20)))
    for chunks in ([b, a, c, d], [a, a, c, d], [a, c, d], [b, c, d], [a, b, d], [a, b, b, c, d]):
        with pytest.raises(MovedCiphertext):
            open_bytes(head + b"".join(chunks) + end, wrapper=KEYS)
    with pytest.raises(TruncatedCiphertext):
        open_bytes(head + a + b + c + end, wrapper=KEYS)


def test_a_chunk_of_another_envelope() -> None:
    head, (a, b), end = parts(seal(bytes(2 * CHUNK)))
    _, (_, other), _ = parts(seal(bytes(2 * CHUNK)))
    with pytest.raises(AlteredCiphertext):
        open_bytes(head + a + other + end, wrapper=KEYS)
    foreign, _, _ = parts(seal(bytes(2 * CHUNK)))
    with pytest.raises(AlteredCiphertext):
        open_bytes(foreign + a + b + end, wrapper=KEYS)


def test_chunks_come_one_by_one_and_the_cut_at_the_end() -> None:
    opened = open_stream(io.BytesIO(seal(bytes(3 * CHUNK))[:-20]), wrapper=KEYS)
    assert next(opened) == bytes(CHUNK)
    assert next(opened) == bytes(CHUNK)
    with pytest.raises(TruncatedCiphertext):
        next(opened)


def test_the_key_is_checked_before_the_first_chunk_is_asked_for() -> None:
    with pytest.raises(WrongKey):
        open_stream(io.BytesIO(seal(b"data")), wrapper=MemoryKeys(wrapping={"store": b"z" * 32}))


class Dribble:
    """Gives at most seven bytes a call, as a socket may."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._inner.read(min(size, 7))


def test_short_reads() -> None:
    data = bytes(range(250))
    sealed = b"".join(seal_stream(Dribble(data), wrapper=KEYS, key_name="store", chunk_size=CHUNK))
    assert b"".join(open_stream(Dribble(sealed), wrapper=KEYS)) == data


class Zeros:
    """Many zeros that are never in memory at once."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int, /) -> bytes:
        given = min(size, self._left)
        self._left -= given
        return bytes(given)


def test_a_long_stream_needs_little_memory() -> None:
    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in seal_stream(Zeros(64 << 20), wrapper=KEYS, key_name="store"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 64 << 20
    assert peak < 8 << 20


@pytest.mark.parametrize("size", [0, -1, (1 << 26) + 1])
def test_chunk_sizes(size: int) -> None:
    with pytest.raises(BadChunkSize):
        seal(b"data", chunk_size=size)


def test_key_names() -> None:
    with pytest.raises(BadKeyLabel):
        seal(b"data", key_name="Bad Name")


@pytest.mark.parametrize("data", [b"PK\3\4" + bytes(100), b"hauberk/envelope/v2\n" + bytes(100), b"\0"])
def test_something_else(data: bytes) -> None:
    with pytest.raises(MalformedSealed) as caught:
        open_bytes(data, wrapper=KEYS, where="file.bin")
    assert isinstance(caught.value, CryptoError)
    assert caught.value.where == "file.bin"
