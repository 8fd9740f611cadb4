"""Who signed: public keys, and the one text by which people pass them on.

A public key is written as a C2SP verifier key, `name+hash+base64(type || key)`. An identity is one such line
(Ed25519), or two of the same name (hybrid: Ed25519, then ML-DSA-44), and then both must have signed.

Source: C2SP signed-note v1.0.0; RFC 8032 (Ed25519); FIPS 204 (ML-DSA-44).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.exceptions import UnsupportedAlgorithm as LibraryLacks
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from hauberk.core.encoding import parse_base64, parse_hex, render_base64
from hauberk.core.errors import BadEncoding
from hauberk.crypto.errors import (
    BadKeyName,
    BadPublicKey,
    BadSignature,
    MissingSignature,
    UnexpectedSignature,
    UnsupportedAlgorithm,
)

__all__ = [
    "Algorithm",
    "Profile",
    "PublicIdentity",
    "PublicKey",
    "check_key_name",
    "parse_public_identity",
    "parse_verifier_key",
]

_LONGEST_NAME = 255
_P = 2**255 - 19
# The y coordinates of the points whose order divides 8, the cofactor (RFC 8032 §5.1); a test doubles them thrice.
_Y8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = frozenset({0, 1, _P - 1, _Y8, _P - _Y8})


class Profile(StrEnum):
    """Which signatures an identity makes; all of them must verify."""

    ED25519 = "ed25519"
    """RFC 8032, 2017."""
    HYBRID = "ed25519+ml-dsa-44"
    """The same and ML-DSA-44 (FIPS 204, 2024), against an adversary with a quantum computer."""


class Algorithm(StrEnum):
    """A signature algorithm."""

    ED25519 = "ed25519"
    ML_DSA_44 = "ml-dsa-44"


# Byte 0x01 is plain Ed25519. ML-DSA-44 has no byte for plain signatures over a text (0x06 is a time-stamped
# cosignature over something else), so it takes 0xff and a longer identifier, as signed-note recommends.
_TYPES = {Algorithm.ED25519: b"\x01", Algorithm.ML_DSA_44: b"\xffhauberk/ml-dsa-44/v1\n"}
_KEY_SIZE = {Algorithm.ED25519: 32, Algorithm.ML_DSA_44: 1312}
_ALGORITHMS = {
    Profile.ED25519: (Algorithm.ED25519,),
    Profile.HYBRID: (Algorithm.ED25519, Algorithm.ML_DSA_44),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """One public key with the name of its owner.

    Attributes:
        name: Name of the owner.
        algorithm: What the key is for.
        raw: The encoded key: 32 bytes for Ed25519, 1312 for ML-DSA-44.
    """

    name: str
    algorithm: Algorithm
    raw: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart; not a commitment to the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _TYPES[self.algorithm] + self.raw).digest()[:4]

    @property
    def label(self) -> str:
        """`name+hash`: how signatures refer to the key."""
        return f"{self.name}+{self.key_id.hex()}"

    @property
    def text(self) -> str:
        """The verifier key. Law: `parse_verifier_key(key.text) == key`."""
        return f"{self.label}+{render_base64(_TYPES[self.algorithm] + self.raw)}"

    def verify(self, message: bytes, signature: bytes, *, where: str = "") -> bytes:
        """`message`, once its signature has been verified.

        Raises:
            BadSignature: The signature is not this key's over these bytes.
            UnsupportedAlgorithm: The installed `cryptography` lacks the algorithm.
        """
        try:
            self._loaded().verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            expected = f"a valid {self.algorithm} signature of {self.label}"
            raise BadSignature(where=where, expected=expected, got="one that does not verify") from error
        except LibraryLacks as error:
            raise UnsupportedAlgorithm(where=where, expected=str(self.algorithm), got=str(error)) from error
        return message

    def _loaded(self) -> Ed25519PublicKey | MLDSA44PublicKey:
        if self.algorithm is Algorithm.ED25519:
            return Ed25519PublicKey.from_public_bytes(self.raw)
        return MLDSA44PublicKey.from_public_bytes(self.raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicIdentity:
    """Whom to trust: a name and the keys that must all have signed.

    Attributes:
        profile: Which algorithms the keys are of.
        keys: One key an algorithm of the profile, in its order, all of one name.
    """

    profile: Profile
    keys: tuple[PublicKey, ...]

    @property
    def name(self) -> str:
        """The name that the keys share."""
        return self.keys[0].name

    @property
    def text(self) -> str:
        """The text to pass on, a line a key. Law: `parse_public_identity(identity.text) == identity`."""
        return "\n".join(key.text for key in self.keys)

    def verify(self, message: bytes, signatures: Sequence[bytes], *, where: str = "") -> bytes:
        """`message`, once every key's signature has been verified.

        Args:
            message: The signed bytes.
            signatures: One a key, in the order of `keys`.
            where: What is being verified, for the error.

        Raises:
            MissingSignature, UnexpectedSignature: Fewer or more signatures than keys.
            BadSignature: One does not verify.
        """
        expected = f"{len(self.keys)} signature(s) of {self.name}"
        if len(signatures) < len(self.keys):
            raise MissingSignature(where=where, expected=expected, got=str(len(signatures)))
        if len(signatures) > len(self.keys):
            raise UnexpectedSignature(where=where, expected=expected, got=str(len(signatures)))
        for key, signature in zip(self.keys, signatures, strict=True):
            key.verify(message, signature, where=where)
        return message


def check_key_name(name: str, *, where: str = "") -> str:
    """`name`, if it can be the name of an identity.

    Raises:
        BadKeyName: Empty, longer than 255 bytes, or with white space, a plus or an unprintable character.
    """
    if not name or len(name.encode(errors="replace")) > _LONGEST_NAME or "+" in name or not name.isprintable():
        raise BadKeyName(where=where, expected="1 to 255 printable characters, no space, no plus", got=repr(name[:80]))
    if any(character.isspace() for character in name):
        raise BadKeyName(where=where, expected="a name without white space", got=repr(name[:80]))
    return name


def parse_verifier_key(text: str, *, where: str = "public key") -> PublicKey:
    """The key that a C2SP verifier key spells.

    Raises:
        BadKeyName: The name part cannot be a name.
        BadPublicKey: Another form, a hash that is not the key's, or a key under which anything would verify.
    """
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise BadPublicKey(where=where, expected="name+hash+key", got=repr(text[:80]))
    name, digits, encoded = parts
    check_key_name(name, where=where)
    try:
        key_id, typed = parse_hex(digits, size=4), parse_base64(encoded)
    except BadEncoding as error:
        raise BadPublicKey(where=where, expected=error.expected, got=error.got) from error
    key = _typed_key(name, typed, where)
    if key.key_id != key_id:
        raise BadPublicKey(where=where, expected=f"hash {key.key_id.hex()} for this name and key", got=digits)
    return key


def parse_public_identity(text: str, *, where: str = "public identity") -> PublicIdentity:
    """The identity that `text` spells: one verifier key a line, with or without a newline at the end.

    Raises:
        BadKeyName: A name cannot be a name.
        BadPublicKey: A line is no verifier key, or the lines are no profile of one name.
    """
    lines = text.removesuffix("\n").split("\n")
    keys = tuple(parse_verifier_key(line, where=where) for line in lines[: len(Algorithm) + 1])
    algorithms = tuple(key.algorithm for key in keys)
    for profile, wanted in _ALGORITHMS.items():
        if algorithms == wanted and len({key.name for key in keys}) == 1:
            return PublicIdentity(profile=profile, keys=keys)
    expected = "one ed25519 key, or an ed25519 and an ml-dsa-44 key of the same name"
    raise BadPublicKey(where=where, expected=expected, got=", ".join(f"{key.algorithm} {key.name}" for key in keys))


def _typed_key(name: str, typed: bytes, where: str) -> PublicKey:
    for algorithm, prefix in _TYPES.items():
        if typed.startswith(prefix) and len(typed) == len(prefix) + _KEY_SIZE[algorithm]:
            raw = typed[len(prefix) :]
            if algorithm is Algorithm.ED25519:
                _check_point(raw, where)
            return PublicKey(name=name, algorithm=algorithm, raw=raw)
    raise BadPublicKey(where=where, expected="an ed25519 or ml-dsa-44 key", got=f"type {typed[:1].hex() or 'none'}")


def _check_point(raw: bytes, where: str) -> None:
    """Refuses what OpenSSL lets through: y not reduced, and points of small order (any message verifies)."""
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _P or y in _SMALL_ORDER:
        raise BadPublicKey(where=where, expected="an ed25519 key of full order", got=raw.hex())
