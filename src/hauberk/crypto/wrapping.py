"""Wrapping: how a data key lies beside what it opens, closed by a key that never leaves its provider.

Source: RFC 3394 (AES Key Wrap), NIST SP 800-38F.
"""

from __future__ import annotations

import os
import re
from typing import Protocol

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from hauberk.crypto.errors import BadKeyLabel, BadKeySize, WrongKey
from hauberk.crypto.keys import Entropy

__all__ = ["WRAPPING_KEY_SIZE", "KeyWrapper", "check_key_label", "generate_wrapping_key", "unwrap", "wrap"]

WRAPPING_KEY_SIZE = 32
"""Bytes of an AES-256 wrapping key."""
_BLOCK = 8
_LEAST = 16
_LABEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class KeyWrapper(Protocol):
    """Wraps and unwraps data keys under named keys that it keeps to itself."""

    def wrap_key(self, name: str, key: bytes) -> bytes:
        """`key`, closed by the wrapping key of this name."""
        ...

    def unwrap_key(self, name: str, wrapped: bytes) -> bytes:
        """The key that `wrapped` closes."""
        ...


def check_key_label(name: str) -> str:
    """`name`, if a provider may call a key so; it serves as the name of a file, too.

    Raises:
        BadKeyLabel: Empty, too long, or another alphabet.
    """
    if not _LABEL.fullmatch(name):
        raise BadKeyLabel(expected="1 to 64 of a-z 0-9 . _ -, first a letter or digit", got=repr(name[:80]))
    return name


def generate_wrapping_key(*, entropy: Entropy = os.urandom) -> bytes:
    """A new AES-256 key."""
    return entropy(WRAPPING_KEY_SIZE)


def wrap(wrapping_key: bytes, key: bytes, *, where: str = "") -> bytes:
    """`key` closed by `wrapping_key`; 8 bytes longer, and the same each time.

    Law: `unwrap(w, wrap(w, k)) == k`.

    Raises:
        BadKeySize: The wrapping key is not 32 bytes, or the key not a multiple of 8 and at least 16.
    """
    _check_sizes(wrapping_key, key, where)
    return aes_key_wrap(wrapping_key, key)


def unwrap(wrapping_key: bytes, wrapped: bytes, *, where: str = "") -> bytes:
    """The key that `wrapped` closes.

    Raises:
        WrongKey: Another key closed it, or it was altered.
        BadKeySize: The wrapping key is not 32 bytes.
    """
    if len(wrapping_key) != WRAPPING_KEY_SIZE:
        raise BadKeySize(where=where, expected=f"{WRAPPING_KEY_SIZE} bytes", got=f"{len(wrapping_key)}")
    try:
        return aes_key_unwrap(wrapping_key, wrapped)
    except InvalidUnwrap as error:
        raise WrongKey(
            where=where, expected="a data key wrapped by this key", got="one that does not unwrap"
        ) from error


def _check_sizes(wrapping_key: bytes, key: bytes, where: str) -> None:
    if len(wrapping_key) != WRAPPING_KEY_SIZE or len(key) < _LEAST or len(key) % _BLOCK:
        expected = f"a wrapping key of {WRAPPING_KEY_SIZE} bytes and a key of at least {_LEAST}, in steps of {_BLOCK}"
        raise BadKeySize(where=where, expected=expected, got=f"{len(wrapping_key)} and {len(key)}")
