"""What signs: the protocol that every key store meets, and the key that lies in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm as LibraryLacks
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from hauberk.crypto.errors import BadKeySize, UnsupportedAlgorithm
from hauberk.crypto.identity import Algorithm, Profile, PublicIdentity, PublicKey, check_key_name

__all__ = ["SEED_SIZE", "Entropy", "Signer", "SigningKey", "generate_signing_key"]

SEED_SIZE = 32
"""Bytes of the seed of an Ed25519 key (RFC 8032 §5.1.5) and of an ML-DSA key (FIPS 204 §3.6.3) alike."""

Entropy = Callable[[int], bytes]
"""Gives that many unpredictable bytes."""

_SEEDS = {Profile.ED25519: 1, Profile.HYBRID: 2}


class Signer(Protocol):
    """Signs as one identity; the secret may lie in memory, in a token or in a service."""

    @property
    def identity(self) -> PublicIdentity:
        """Whose signatures these are."""
        ...

    def sign(self, message: bytes) -> tuple[bytes, ...]:
        """One signature a key of the identity, in its order."""
        ...


class SigningKey:
    """A signer whose secret lies in memory. It is never printed: `repr` shows the public name only.

    Args:
        name: Name of the identity.
        seeds: 32 secret bytes an algorithm: one for Ed25519, two for the hybrid profile.

    Raises:
        BadKeyName: The name cannot be that of an identity.
        BadKeySize: Another number or size of seeds.
        UnsupportedAlgorithm: The installed `cryptography` lacks ML-DSA.
    """

    __slots__ = ("_identity", "_keys", "_seeds")

    def __init__(self, name: str, seeds: Sequence[bytes]) -> None:
        check_key_name(name)
        profile = {count: profile for profile, count in _SEEDS.items()}.get(len(seeds))
        if profile is None or any(len(seed) != SEED_SIZE for seed in seeds):
            got = ", ".join(str(len(seed)) for seed in seeds)
            raise BadKeySize(where=name, expected=f"one or two seeds of {SEED_SIZE} bytes", got=got or "none")
        self._seeds = tuple(bytes(seed) for seed in seeds)
        self._keys = _private_keys(self._seeds)
        algorithms = tuple(Algorithm)[: len(seeds)]
        raws = [key.public_key().public_bytes_raw() for key in self._keys]
        self._identity = PublicIdentity(
            profile=profile,
            keys=tuple(PublicKey(name=name, algorithm=a, raw=raw) for a, raw in zip(algorithms, raws, strict=True)),
        )

    def __repr__(self) -> str:
        return f"SigningKey({self._identity.name!r}, {str(self._identity.profile)!r})"

    @property
    def identity(self) -> PublicIdentity:
        """Whose signatures these are."""
        return self._identity

    @property
    def unsafe_seeds(self) -> tuple[bytes, ...]:
        """The secret itself, for whoever stores it."""
        return self._seeds

    def sign(self, message: bytes) -> tuple[bytes, ...]:
        """One signature a key of the identity, in its order. Those of ML-DSA differ from call to call."""
        return tuple(key.sign(message) for key in self._keys)


def generate_signing_key(name: str, profile: Profile = Profile.ED25519, *, entropy: Entropy = os.urandom) -> SigningKey:
    """A new key of this name and profile.

    Raises:
        BadKeyName: The name cannot be that of an identity.
        UnsupportedAlgorithm: The installed `cryptography` lacks ML-DSA.
    """
    return SigningKey(name, [entropy(SEED_SIZE) for _ in range(_SEEDS[profile])])


def _private_keys(seeds: tuple[bytes, ...]) -> tuple[Ed25519PrivateKey | MLDSA44PrivateKey, ...]:
    classical = Ed25519PrivateKey.from_private_bytes(seeds[0])
    if len(seeds) == 1:
        return (classical,)
    try:
        return (classical, MLDSA44PrivateKey.from_seed_bytes(seeds[1]))
    except LibraryLacks as error:
        raise UnsupportedAlgorithm(expected="ml-dsa-44", got=str(error)) from error
