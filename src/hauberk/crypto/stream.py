"""Authenticated encryption of long data in chunks, any of which can be opened alone.

Each chunk is AES-256-GCM under a nonce of prefix, counter and a flag that marks the last one, so that a chunk that
was moved, dropped or added does not open. GCM does not commit to its key; the commitment beside it does.

Source: Hoang, Reyhanitabar, Rogaway, Vizár, "Online authenticated-encryption and its nonce-reuse misuse-resistance"
(2015), STREAM; RFC 5869 (HKDF); NIST SP 800-38D (GCM).
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hauberk.crypto.errors import (
    AlteredCiphertext,
    BadKeySize,
    CryptoError,
    MovedCiphertext,
    TruncatedCiphertext,
    WrongKey,
)

__all__ = [
    "CHUNK_SIZE",
    "COMMITMENT_SIZE",
    "DATA_KEY_SIZE",
    "PREFIX_SIZE",
    "TAG_SIZE",
    "ChunkCipher",
    "commit_to_key",
    "verify_commitment",
]

DATA_KEY_SIZE = 32
"""Bytes of a data key."""
PREFIX_SIZE = 7
"""Random bytes of a nonce; four of counter and one of flag follow."""
TAG_SIZE = 16
"""Bytes that a chunk grows by."""
COMMITMENT_SIZE = 32
"""Bytes of the key commitment."""
CHUNK_SIZE = 1 << 20
"""Bytes of plaintext a chunk, but for the last."""

_MOST_CHUNKS = 1 << 32
_NEAR = 64  # How far a chunk is looked for when it does not open in its place; only to name the fault.


def commit_to_key(data_key: bytes, *, purpose: str) -> bytes:
    """32 bytes that no other data key has and that tell nothing of this one."""
    return _derive(data_key, f"{purpose} commitment")


def verify_commitment(data_key: bytes, commitment: bytes, *, purpose: str, where: str = "") -> bytes:
    """`data_key`, if `commitment` is its own.

    Raises:
        WrongKey: It commits to another key.
    """
    if not hmac.compare_digest(commit_to_key(data_key, purpose=purpose), commitment):
        raise WrongKey(where=where, expected="the data key that the header commits to", got="another")
    return data_key


class ChunkCipher:
    """Seals and opens the chunks of one stream.

    Args:
        data_key: 32 bytes, never used for another stream.
        prefix: 7 bytes of nonce.
        purpose: Domain of the stream, such as `hauberk/envelope/v1`; keys of two purposes are unrelated.
        header: What the chunks belong to; a chunk opens under the same header only.

    Raises:
        BadKeySize: The data key is not 32 bytes, or the prefix not 7.
    """

    __slots__ = ("_aead", "_bound", "_prefix")

    def __init__(self, data_key: bytes, prefix: bytes, *, purpose: str, header: bytes) -> None:
        if len(data_key) != DATA_KEY_SIZE or len(prefix) != PREFIX_SIZE:
            expected = f"a data key of {DATA_KEY_SIZE} and a prefix of {PREFIX_SIZE} bytes"
            raise BadKeySize(where=purpose, expected=expected, got=f"{len(data_key)} and {len(prefix)}")
        self._aead = AESGCM(_derive(data_key, f"{purpose} chunks"))
        self._prefix = prefix
        self._bound = hashlib.sha256(header).digest()

    def seal(self, index: int, chunk: bytes | memoryview, *, last: bool) -> bytes:
        """The ciphertext of the chunk at `index` (0-based), 16 bytes longer than the chunk."""
        return self._aead.encrypt(self._nonce(index, last), chunk, self._associated(index, last))

    def open(self, index: int, sealed: bytes | memoryview, *, last: bool, where: str = "") -> bytes:
        """The chunk that was sealed at `index`.

        Raises:
            TruncatedCiphertext: It is whole and called the last, but more were sealed after it.
            MovedCiphertext: It was sealed at another place of this stream.
            AlteredCiphertext: It does not authenticate, or bytes follow what was sealed as the last.
        """
        chunk = self._try(index, sealed, last)
        if chunk is None:
            raise self._fault(index, sealed, last, where)
        return chunk

    def _fault(self, index: int, sealed: bytes | memoryview, last: bool, where: str) -> CryptoError:
        """What is wrong with a chunk that did not open, found by trying it in other places."""
        if self._try(index, sealed, not last) is not None:
            if last:
                return TruncatedCiphertext(where=where, expected="more chunks", got=f"an end at chunk {index}")
            return AlteredCiphertext(where=where, expected=f"an end at chunk {index}", got="more bytes")
        for other in range(max(0, index - _NEAR), index + _NEAR):
            if any(self._try(other, sealed, flag) is not None for flag in (False, True)):
                return MovedCiphertext(where=where, expected=f"chunk {index}", got=f"chunk {other}")
        return AlteredCiphertext(where=where, expected=f"chunk {index} as it was sealed", got="other bytes")

    def _try(self, index: int, sealed: bytes | memoryview, last: bool) -> bytes | None:
        try:
            return self._aead.decrypt(self._nonce(index, last), sealed, self._associated(index, last))
        except InvalidTag:
            return None

    def _nonce(self, index: int, last: bool) -> bytes:
        if not 0 <= index < _MOST_CHUNKS:
            raise AlteredCiphertext(expected=f"at most {_MOST_CHUNKS} chunks", got=f"chunk {index}")
        return self._prefix + index.to_bytes(4, "big") + bytes([last])

    def _associated(self, index: int, last: bool) -> bytes:
        return self._bound + index.to_bytes(8, "big") + bytes([last])


def _derive(data_key: bytes, info: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info.encode()).derive(data_key)
