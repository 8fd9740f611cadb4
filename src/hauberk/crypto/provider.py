"""Where keys live: one protocol for files, tokens and services."""

from __future__ import annotations

from typing import Protocol

from hauberk.crypto.identity import PublicIdentity
from hauberk.crypto.keys import Signer
from hauberk.crypto.wrapping import KeyWrapper

__all__ = ["KeyProvider", "SigningProvider"]


class SigningProvider(Protocol):
    """Signs under named keys that it keeps to itself."""

    def signer(self, name: str) -> Signer:
        """What signs with the key of this name.

        Raises:
            UnknownKey: There is no such key.
        """
        ...

    def public(self, name: str) -> PublicIdentity:
        """The public side of the signing key of this name.

        Raises:
            UnknownKey: There is no such key.
        """
        ...


class KeyProvider(KeyWrapper, SigningProvider, Protocol):
    """Both powers. `hauberk.testing.key_provider` holds the checks that every implementation must pass."""
