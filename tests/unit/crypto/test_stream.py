"""Chunks open in their place, under their header, with their key; and nowhere else."""

from __future__ import annotations

import pytest

from hauberk.crypto import ChunkCipher, commit_to_key, verify_commitment
from hauberk.crypto.errors import (
    AlteredCiphertext,
    BadKeySize,
    MovedCiphertext,
    TruncatedCiphertext,
    WrongKey,
)

KEY, PREFIX = bytes(range(32)), bytes(range(7))


def cipher(
    *, key: bytes = KEY, prefix: bytes = PREFIX, purpose: str = "test/v1", header: bytes = b"head"
) -> ChunkCipher:
    return ChunkCipher(key, prefix, purpose=purpose, header=header)


def test_a_chunk_comes_back() -> None:
    for index, last in ((0, False), (3, True), (2**32 - 1, True)):
        sealed = cipher().seal(index, b"chunk", last=last)
        assert len(sealed) == 5 + 16
        assert cipher().open(index, sealed, last=last) == b"chunk"


@pytest.mark.parametrize(
    "other",
    [
        {"key": b"\1" + KEY[1:]},
        {"prefix": b"\1" + PREFIX[1:]},
        {"purpose": "test/v2"},
        {"header": b"heap"},
    ],
)
def test_everything_is_bound(other: dict[str, bytes]) -> None:
    sealed = cipher().seal(0, b"chunk", last=True)
    with pytest.raises(AlteredCiphertext):
        cipher(**other).open(0, sealed, last=True)  # type: ignore[arg-type]


def test_a_moved_chunk_says_where_it_belongs() -> None:
    sealed = cipher().seal(5, b"chunk", last=False)
    with pytest.raises(MovedCiphertext, match="got chunk 5"):
        cipher().open(2, sealed, last=False)
    with pytest.raises(AlteredCiphertext):
        cipher().open(2, sealed[:-1] + bytes([sealed[-1] ^ 1]), last=False)


def test_the_last_one_is_the_last() -> None:
    inner, last = cipher().seal(0, b"chunk", last=False), cipher().seal(0, b"chunk", last=True)
    with pytest.raises(TruncatedCiphertext):
        cipher().open(0, inner, last=True)
    with pytest.raises(AlteredCiphertext, match="more bytes"):
        cipher().open(0, last, last=False)


def test_no_two_chunks_share_a_nonce() -> None:
    """With one nonce, equal chunks would give ciphertexts that differ in nothing but the tag."""
    bodies = {cipher().seal(i, bytes(64), last=last)[:-16] for i in range(100) for last in (False, True)}
    assert len(bodies) == 200


def test_a_stream_ends_before_the_counter_wraps() -> None:
    with pytest.raises(AlteredCiphertext):
        cipher().seal(2**32, b"", last=True)


@pytest.mark.parametrize(("key", "prefix"), [(b"", PREFIX), (KEY[:-1], PREFIX), (KEY, b""), (KEY, PREFIX + b"\0")])
def test_sizes(key: bytes, prefix: bytes) -> None:
    with pytest.raises(BadKeySize):
        cipher(key=key, prefix=prefix)


def test_the_commitment_is_to_the_key_and_the_purpose() -> None:
    commitment = commit_to_key(KEY, purpose="a")
    assert verify_commitment(KEY, commitment, purpose="a") == KEY
    assert KEY not in commitment
    for key, purpose in ((KEY[::-1], "a"), (KEY, "b"), (b"", "a")):
        with pytest.raises(WrongKey):
            verify_commitment(key, commitment, purpose=purpose)
