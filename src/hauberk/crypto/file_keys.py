"""Keys in a folder: a file a key, for its owner's eyes only."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from hauberk.crypto.errors import (
    CryptoError,
    KeyExists,
    KeyFileExposed,
    KeyFolderUnusable,
    MalformedKeyFile,
    UnknownKey,
    WrongKeyKind,
)
from hauberk.crypto.identity import Profile, PublicIdentity, parse_public_identity
from hauberk.crypto.key_file import (
    KEY_FILE_LIMITS,
    KeyFile,
    KeyKind,
    open_key_file,
    parse_key_file,
    seal_key_file,
)
from hauberk.crypto.keys import SEED_SIZE, Entropy, SigningKey, generate_signing_key
from hauberk.crypto.password import CURRENT_PROFILE
from hauberk.crypto.pseudonym import PSEUDONYM_KEY_SIZE, PseudonymKey
from hauberk.crypto.wrapping import check_key_label, generate_wrapping_key, unwrap, wrap

__all__ = ["FileKeyProvider"]

_SUFFIX = ".key"
_OTHERS = 0o077
_OTHERS_WRITE = 0o022


class FileKeyProvider:
    """A folder of key files, each readable by its owner only; made when the first key is.

    Args:
        folder: The folder, made with mode 0700.
        passphrase: Encrypts what is made and opens what is encrypted (Argon2id); None keeps secrets in the clear.
        entropy: Gives new secrets.
    """

    def __init__(self, folder: Path, *, passphrase: str | None = None, entropy: Entropy = os.urandom) -> None:
        self._folder = folder
        self._passphrase = passphrase
        self._entropy = entropy
        self._wrapping: dict[str, bytes] = {}  # A passphrase costs a tenth of a second, and each blob wraps a key.

    def create_signing_key(self, name: str, *, identity: str, profile: Profile = Profile.ED25519) -> PublicIdentity:
        """Makes a signing key and gives its public side.

        Args:
            name: Name of the key in this folder.
            identity: Name of the identity that signs, such as `example.com/lending`.
            profile: Which signatures it makes.

        Raises:
            BadKeyLabel, BadKeyName: A name cannot be one.
            KeyExists: There is a key of this name.
            KeyFileExposed: Others can write to the folder.
            KeyFolderUnusable: The folder cannot be written.
            WeakPassphrase: The passphrase is empty.
        """
        check_key_label(name)
        key = generate_signing_key(identity, profile, entropy=self._entropy)
        self._create(name, KeyKind.SIGNING, b"".join(key.unsafe_seeds), key.identity.text)
        return key.identity

    def create_wrapping_key(self, name: str) -> None:
        """Makes an AES-256 wrapping key.

        Raises:
            As `create_signing_key`.
        """
        self._create(check_key_label(name), KeyKind.WRAPPING, generate_wrapping_key(entropy=self._entropy), "")

    def create_pseudonym_key(self, name: str) -> None:
        """Makes a key of pseudonyms.

        Raises:
            As `create_signing_key`.
        """
        self._create(check_key_label(name), KeyKind.PSEUDONYM, self._entropy(PSEUDONYM_KEY_SIZE), "")

    def names(self) -> tuple[str, ...]:
        """The names of the keys, sorted; none where there is no folder.

        Raises:
            KeyFolderUnusable: The folder cannot be read.
        """
        try:
            found = [path.name.removesuffix(_SUFFIX) for path in self._folder.iterdir() if path.suffix == _SUFFIX]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _unusable(self._folder, error) from error
        return tuple(sorted(name for name in found if not name.startswith(".")))

    def outdated(self) -> tuple[str, ...]:
        """Names of keys that are encrypted under another password profile than new ones are."""
        profiles = {name: self._load(name).profile for name in self.names()}
        return tuple(name for name, profile in profiles.items() if profile not in ("", CURRENT_PROFILE.name))

    def signer(self, name: str) -> SigningKey:
        """What signs with the key of this name.

        Raises:
            UnknownKey: There is no such key.
            WrongKeyKind: It is no signing key.
            KeyFileExposed: Others can read it.
            MalformedKeyFile, PassphraseNeeded, WrongPassphrase: It cannot be opened.
        """
        identity = self.public(name)
        secret = self._secret(name, KeyKind.SIGNING)
        try:
            key = SigningKey(identity.name, [secret[i : i + SEED_SIZE] for i in range(0, len(secret), SEED_SIZE)])
        except CryptoError as error:
            raise MalformedKeyFile(where=str(self._path(name)), expected=error.expected, got=error.got) from error
        if key.identity != identity:
            got = f"that of {key.identity.keys[0].label}"
            raise MalformedKeyFile(where=str(self._path(name)), expected="the secret of its public key", got=got)
        return key

    def public(self, name: str) -> PublicIdentity:
        """The public side of a signing key; needs no passphrase.

        Raises:
            UnknownKey, WrongKeyKind, KeyFileExposed, MalformedKeyFile: As `signer`.
        """
        file = self._load(name, KeyKind.SIGNING)
        where = str(self._path(name))
        try:
            return parse_public_identity(file.public, where=where)
        except CryptoError as error:
            raise MalformedKeyFile(where=where, expected=error.expected, got=error.got) from error

    def wrap_key(self, name: str, key: bytes) -> bytes:
        """`key`, closed by the wrapping key of this name.

        Raises:
            UnknownKey, WrongKeyKind, KeyFileExposed, MalformedKeyFile, PassphraseNeeded, WrongPassphrase: As `signer`.
        """
        return wrap(self._wrapping_key(name), key, where=name)

    def unwrap_key(self, name: str, wrapped: bytes) -> bytes:
        """The key that `wrapped` closes.

        Raises:
            WrongKey: Another key closed it, or it was altered.
            UnknownKey, WrongKeyKind, KeyFileExposed, MalformedKeyFile, PassphraseNeeded, WrongPassphrase: As `signer`.
        """
        return unwrap(self._wrapping_key(name), wrapped, where=name)

    def pseudonym_key(self, name: str) -> PseudonymKey:
        """What makes pseudonyms under the key of this name.

        Raises:
            UnknownKey, WrongKeyKind, KeyFileExposed, MalformedKeyFile, PassphraseNeeded, WrongPassphrase: As `signer`.
        """
        secret = self._secret(name, KeyKind.PSEUDONYM)
        if len(secret) != PSEUDONYM_KEY_SIZE:
            expected = f"a secret of {PSEUDONYM_KEY_SIZE} bytes"
            raise MalformedKeyFile(where=str(self._path(name)), expected=expected, got=f"{len(secret)}")
        return PseudonymKey(secret)

    def _path(self, name: str) -> Path:
        return self._folder / f"{check_key_label(name)}{_SUFFIX}"

    def _wrapping_key(self, name: str) -> bytes:
        if name not in self._wrapping:
            self._wrapping[name] = self._secret(name, KeyKind.WRAPPING)
        return self._wrapping[name]

    def _secret(self, name: str, kind: KeyKind) -> bytes:
        return open_key_file(self._load(name, kind), passphrase=self._passphrase, where=str(self._path(name)))

    def _load(self, name: str, kind: KeyKind | None = None) -> KeyFile:
        path = self._path(name)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError as error:
            known = ", ".join(self.names()) or "none"
            raise UnknownKey(where=str(self._folder), expected=f"a key named {name}", got=known) from error
        except OSError as error:
            raise _unusable(path, error) from error
        with os.fdopen(descriptor, "rb") as stream:
            _check_mode(path, os.fstat(descriptor).st_mode, _OTHERS, "0600")
            _check_mode(self._folder, self._folder.stat().st_mode, _OTHERS_WRITE, "0700")
            file = parse_key_file(stream.read(KEY_FILE_LIMITS.document_bytes + 1), where=str(path))
        if file.name != name:
            raise MalformedKeyFile(where=str(path), expected=f"the key {name}", got=f"the key {file.name!r}"[:120])
        if kind not in (None, file.kind):
            raise WrongKeyKind(where=str(path), expected=f"a {kind} key", got=f"a {file.kind} key")
        return file

    def _create(self, name: str, kind: KeyKind, secret: bytes, public: str) -> None:
        path = self._path(name)
        file = seal_key_file(
            secret, kind=kind, name=name, public=public, passphrase=self._passphrase, entropy=self._entropy
        )
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_mode(self._folder, self._folder.stat().st_mode, _OTHERS_WRITE, "0700")
        except OSError as error:
            raise _unusable(self._folder, error) from error
        try:
            _write_once(path, file.render())
        except FileExistsError as error:
            raise KeyExists(where=str(path), expected="no key of this name", got="one") from error
        except OSError as error:
            raise _unusable(path, error) from error


def _write_once(path: Path, data: bytes) -> None:
    """Writes a file that must not be there: a crash leaves it whole or absent, and nothing is overwritten.

    A hard link gives the finished file its name and fails where the name is taken, which a rename would not.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.link(draft, path)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _check_mode(path: Path, mode: int, forbidden: int, wanted: str) -> None:
    if mode & forbidden:
        raise KeyFileExposed(
            where=str(path),
            expected=f"mode {wanted}",
            got=f"mode {stat.S_IMODE(mode):04o}",
            hint=f"chmod {wanted} {path}; make a new key if somebody may have read it",
        )


def _unusable(path: Path, error: OSError) -> KeyFolderUnusable:
    return KeyFolderUnusable(
        where=str(path), expected="a folder that its owner can use", got=error.strerror or str(error)
    )
