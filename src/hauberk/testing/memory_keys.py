"""A key provider that forgets everything with the process: for tests and examples."""

from __future__ import annotations

from collections.abc import Mapping

from hauberk.crypto import PublicIdentity, SigningKey, unwrap, wrap
from hauberk.crypto.errors import UnknownKey, WrongKeyKind

__all__ = ["MemoryKeys"]


class MemoryKeys:
    """Keys in memory, given at the start.

    Args:
        signing: Signing keys by name.
        wrapping: AES-256 keys by name.
    """

    def __init__(
        self, *, signing: Mapping[str, SigningKey] | None = None, wrapping: Mapping[str, bytes] | None = None
    ) -> None:
        self._signing = dict(signing or {})
        self._wrapping = dict(wrapping or {})

    def signer(self, name: str) -> SigningKey:
        """What signs with the key of this name."""
        self._check(name, name in self._signing)
        return self._signing[name]

    def public(self, name: str) -> PublicIdentity:
        """The public side of the signing key of this name."""
        return self.signer(name).identity

    def wrap_key(self, name: str, key: bytes) -> bytes:
        """`key`, closed by the wrapping key of this name."""
        self._check(name, name in self._wrapping)
        return wrap(self._wrapping[name], key, where=name)

    def unwrap_key(self, name: str, wrapped: bytes) -> bytes:
        """The key that `wrapped` closes."""
        self._check(name, name in self._wrapping)
        return unwrap(self._wrapping[name], wrapped, where=name)

    def _check(self, name: str, there: bool) -> None:
        if there:
            return
        if name in self._signing or name in self._wrapping:
            raise WrongKeyKind(where=name, expected="a key for this purpose", got="one for another")
        raise UnknownKey(expected=f"a key named {name}", got="none")
