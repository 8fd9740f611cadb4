"""The form of a key in a file: canonical JSON, its secret in the clear or encrypted under a passphrase.

Everything but the secret can be read without the passphrase; all of it is bound to the secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hauberk.core.encoding import Json, parse_base64, parse_hex, parse_json, render_base64, render_json
from hauberk.core.errors import BadEncoding, CoreError
from hauberk.core.limits import Limits
from hauberk.crypto.errors import MalformedKeyFile, PassphraseNeeded, WrongPassphrase
from hauberk.crypto.keys import Entropy
from hauberk.crypto.password import CURRENT_PROFILE, SALT_SIZE, derive_key, password_profile
from hauberk.crypto.stream import COMMITMENT_SIZE, commit_to_key

__all__ = ["KEY_FILE_LIMITS", "KeyFile", "KeyKind", "open_key_file", "parse_key_file", "seal_key_file"]

KEY_FILE_LIMITS = Limits(document_bytes=64 * 1024, depth=4, items=16)
_FORMAT = "hauberk-key/v1"
_PURPOSE = "hauberk/key-file/v1"
_NONCE_SIZE = 12
_FIELDS = {"format", "kind", "name", "public", "check", "protection", "secret"}


class KeyKind(StrEnum):
    """What a key is for; no key serves two purposes."""

    SIGNING = "signing"
    WRAPPING = "wrapping"
    PSEUDONYM = "pseudonym"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """What stands in a key file.

    Attributes:
        kind: What the key is for.
        name: Its name in the provider.
        public: Text of the public identity, empty for a wrapping key.
        check: Commitment to the secret, which tells damage from a wrong key.
        profile: Password profile, empty where the secret lies in the clear.
        salt, nonce: Of the encryption of the secret; empty likewise.
        secret: The secret, encrypted or not.
    """

    kind: KeyKind
    name: str
    public: str
    check: bytes
    profile: str
    salt: bytes
    nonce: bytes
    secret: bytes

    def document(self) -> dict[str, Json]:
        """All but the secret; what its encryption binds."""
        protection: dict[str, Json] = {"profile": self.profile}
        protection |= {"salt": render_base64(self.salt), "nonce": render_base64(self.nonce)}
        document: dict[str, Json] = {"format": _FORMAT, "kind": str(self.kind), "name": self.name}
        return document | {"public": self.public, "check": self.check.hex(), "protection": protection}

    def render(self) -> bytes:
        """The bytes of the file. Law: `parse_key_file(file.render()) == file`."""
        return render_json(self.document() | {"secret": render_base64(self.secret)}) + b"\n"

    def __repr__(self) -> str:
        return f"KeyFile({self.name!r}, {str(self.kind)!r})"


def seal_key_file(
    secret: bytes, *, kind: KeyKind, name: str, public: str, passphrase: str | None, entropy: Entropy
) -> KeyFile:
    """The key file of a secret, encrypted where there is a passphrase.

    Raises:
        WeakPassphrase: The passphrase is empty.
    """
    check = commit_to_key(secret, purpose=_PURPOSE)
    if passphrase is None:
        return KeyFile(kind=kind, name=name, public=public, check=check, profile="", salt=b"", nonce=b"", secret=secret)
    file = KeyFile(
        kind=kind,
        name=name,
        public=public,
        check=check,
        profile=CURRENT_PROFILE.name,
        salt=entropy(SALT_SIZE),
        nonce=entropy(_NONCE_SIZE),
        secret=b"",
    )
    key = derive_key(passphrase, file.salt, CURRENT_PROFILE)
    sealed = AESGCM(key).encrypt(file.nonce, secret, render_json(file.document()))
    return replace(file, secret=sealed)


def open_key_file(file: KeyFile, *, passphrase: str | None, where: str) -> bytes:
    """The secret of a key file.

    Raises:
        PassphraseNeeded: It is encrypted and there is no passphrase.
        WrongPassphrase: The passphrase does not open it, or it was altered.
        MalformedKeyFile: The secret is not the one that the file commits to.
    """
    secret = file.secret
    if file.profile:
        if passphrase is None:
            hint = "name the file that holds it in the environment variable HAUBERK_PASSPHRASE_FILE"
            raise PassphraseNeeded(where=where, expected="the passphrase of the key", got="none", hint=hint)
        key = derive_key(passphrase, file.salt, password_profile(file.profile, where=where))
        try:
            secret = AESGCM(key).decrypt(file.nonce, file.secret, render_json(file.document()))
        except InvalidTag as error:
            raise WrongPassphrase(where=where, expected="the passphrase of the key", got="another") from error
    if commit_to_key(secret, purpose=_PURPOSE) != file.check:
        raise MalformedKeyFile(where=where, expected="the secret that the file commits to", got="another")
    return secret


def parse_key_file(data: bytes, *, where: str) -> KeyFile:
    """The key file in `data`; its secret is not looked at.

    Raises:
        MalformedKeyFile: Another form.
    """
    try:
        document = parse_json(data.removesuffix(b"\n"), where=where, limits=KEY_FILE_LIMITS)
        file = _file(document, where)
        canonical = file.render() == data
    except (CoreError, ValueError) as error:
        raise MalformedKeyFile(where=where, expected=f"a key file of the form {_FORMAT}", got=str(error)) from error
    if not canonical:
        raise MalformedKeyFile(where=where, expected="canonical JSON", got="another spelling")
    return file


def _file(document: Json, where: str) -> KeyFile:
    match document:
        case {
            "format": str(form),
            "kind": "signing" | "wrapping" | "pseudonym" as kind,
            "name": str(name),
            "public": str(public),
            "check": str(check),
            "protection": {"profile": str(profile), "salt": str(salt), "nonce": str(nonce), **further},
            "secret": str(secret),
            **rest,
        } if form == _FORMAT and not rest and not further:
            return KeyFile(
                kind=KeyKind(kind),
                name=name,
                public=public,
                check=parse_hex(check, size=COMMITMENT_SIZE, where=where),
                profile=profile,
                salt=_sized(salt, SALT_SIZE if profile else 0, where),
                nonce=_sized(nonce, _NONCE_SIZE if profile else 0, where),
                secret=parse_base64(secret, where=where),
            )
    found = sorted(set(document) ^ _FIELDS) if isinstance(document, Mapping) else type(document).__name__
    raise MalformedKeyFile(where=where, expected=f"a key file of the form {_FORMAT}", got=str(found)[:120])


def _sized(text: str, size: int, where: str) -> bytes:
    data = parse_base64(text, where=where)
    if len(data) != size:
        raise BadEncoding(where=where, expected=f"{size} bytes", got=str(len(data)))
    return data
