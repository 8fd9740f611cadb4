"""Keys out of passphrases: Argon2id at named strengths.

A profile stays readable for ever; what is made anew takes `CURRENT_PROFILE`.

Source: RFC 9106 (Argon2), §4 on the choice of parameters.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm as LibraryLacks
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hauberk.crypto.errors import BadKeySize, UnknownPasswordProfile, UnsupportedAlgorithm, WeakPassphrase

__all__ = [
    "CURRENT_PROFILE",
    "PASSWORD_PROFILES",
    "SALT_SIZE",
    "PasswordProfile",
    "derive_key",
    "password_profile",
]

SALT_SIZE = 16
"""Bytes of a salt (RFC 9106 §3.1 recommends 16)."""
_KEY_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordProfile:
    """The cost of one guess.

    Attributes:
        name: Name of the profile, as it stands in files.
        memory: Memory, in KiB.
        passes: Passes over the memory.
        lanes: Lanes that run side by side.
        source: Who recommends it, and since when.
    """

    name: str
    memory: int
    passes: int
    lanes: int
    source: str


PASSWORD_PROFILES = (
    PasswordProfile(
        name="rfc9106-2", memory=64 * 1024, passes=3, lanes=4, source="RFC 9106 §4, second option, September 2021"
    ),
    PasswordProfile(
        name="rfc9106-1", memory=2 * 1024 * 1024, passes=1, lanes=4, source="RFC 9106 §4, first option, September 2021"
    ),
)
CURRENT_PROFILE = PASSWORD_PROFILES[0]


def password_profile(name: str, *, where: str = "") -> PasswordProfile:
    """The profile of this name.

    Raises:
        UnknownPasswordProfile: There is none.
    """
    for profile in PASSWORD_PROFILES:
        if profile.name == name:
            return profile
    known = ", ".join(profile.name for profile in PASSWORD_PROFILES)
    raise UnknownPasswordProfile(where=where, expected=known, got=repr(name[:80]))


def derive_key(passphrase: str, salt: bytes, profile: PasswordProfile = CURRENT_PROFILE) -> bytes:
    """32 bytes of key. The passphrase is brought to NFC first, so that keyboards do not matter (RFC 8265 §4.2).

    Raises:
        WeakPassphrase: The passphrase is empty.
        BadKeySize: The salt is not 16 bytes.
        UnsupportedAlgorithm: The installed `cryptography` lacks Argon2id.
    """
    if not passphrase:
        raise WeakPassphrase(expected="a passphrase", got="nothing")
    if len(salt) != SALT_SIZE:
        raise BadKeySize(where="salt", expected=f"{SALT_SIZE} bytes", got=str(len(salt)))
    secret = unicodedata.normalize("NFC", passphrase).encode(errors="surrogatepass")
    try:
        argon = Argon2id(
            salt=salt, length=_KEY_SIZE, iterations=profile.passes, lanes=profile.lanes, memory_cost=profile.memory
        )
    except LibraryLacks as error:
        raise UnsupportedAlgorithm(expected="argon2id", got=str(error)) from error
    return argon.derive(secret)
