"""Keyed pseudonyms: the same value gets the same name, and only the holder of the key can tell which value it was."""

from __future__ import annotations

import hashlib
import hmac
import os

from hauberk.crypto.errors import BadKeySize
from hauberk.crypto.keys import Entropy
from hauberk.crypto.stream import commit_to_key

__all__ = ["PSEUDONYM_KEY_SIZE", "PseudonymKey", "generate_pseudonym_key"]

PSEUDONYM_KEY_SIZE = 32
"""Bytes of the key: the output size of SHA-256, the least that RFC 2104 §3 recommends."""
_CONTEXT = b"hauberk pseudonym v1\x00"
_PURPOSE = "hauberk/pseudonym/v1"
_KEPT = 16
"""Bytes kept of the HMAC: of a billion values, two share a name with a chance of about 1e-21 (birthday bound)."""


class PseudonymKey:
    """Makes pseudonyms. The secret is never printed.

    Args:
        secret: 32 unpredictable bytes. Who has them can test guesses; destroying them cuts the link for good.

    Raises:
        BadKeySize: Another number of bytes.

    Source: HMAC, RFC 2104; truncation, its §5; SHA-256, FIPS 180-4.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) != PSEUDONYM_KEY_SIZE:
            raise BadKeySize(where="pseudonyms", expected=f"{PSEUDONYM_KEY_SIZE} bytes", got=f"{len(secret)}")
        self._secret = bytes(secret)

    def __repr__(self) -> str:
        return "PseudonymKey(...)"

    @property
    def commitment(self) -> str:
        """64 hexadecimal digits that no other key has and that tell nothing of this one, to recognise it by."""
        return commit_to_key(self._secret, purpose=_PURPOSE).hex()

    def pseudonym(self, domain: str, value: bytes) -> str:
        """32 hexadecimal digits for a value in a domain.

        Laws: equal values in one domain under one key have equal pseudonyms; other values, other domains and other
        keys have other ones, but for a collision of 128 bits.

        >>> key = PseudonymKey(bytes(32))
        >>> key.pseudonym("patient", b"17") == key.pseudonym("patient", b"17")
        True
        >>> key.pseudonym("patient", b"17") == key.pseudonym("doctor", b"17")
        False
        """
        name = domain.encode()
        message = _CONTEXT + len(name).to_bytes(8, "big") + name + value
        return hmac.new(self._secret, message, hashlib.sha256).digest()[:_KEPT].hex()


def generate_pseudonym_key(*, entropy: Entropy = os.urandom) -> PseudonymKey:
    """A new key."""
    return PseudonymKey(entropy(PSEUDONYM_KEY_SIZE))
