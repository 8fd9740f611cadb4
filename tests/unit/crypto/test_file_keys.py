"""Keys in a folder."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from hauberk.crypto import FileKeyProvider, Profile, generate_signing_key
from hauberk.crypto.errors import (
    BadKeyLabel,
    BadKeyName,
    KeyExists,
    KeyFileExposed,
    KeyFolderUnusable,
    MalformedKeyFile,
    PassphraseNeeded,
    UnknownKey,
    WeakPassphrase,
    WrongKeyKind,
    WrongPassphrase,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "keys"


def test_keys_outlive_the_provider(folder: Path) -> None:
    identity = FileKeyProvider(folder).create_signing_key("signing", identity="example.com/x", profile=Profile.HYBRID)
    FileKeyProvider(folder).create_wrapping_key("store")
    provider = FileKeyProvider(folder)
    assert provider.names() == ("signing", "store")
    assert provider.public("signing") == identity
    identity.verify(b"m", provider.signer("signing").sign(b"m"))
    wrapped = provider.wrap_key("store", bytes(32))
    assert FileKeyProvider(folder).unwrap_key("store", wrapped) == bytes(32)


def test_modes(folder: Path) -> None:
    old = os.umask(0)
    try:
        FileKeyProvider(folder).create_wrapping_key("store")
    finally:
        os.umask(old)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "store.key").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["store.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o610, 0o777])
def test_a_key_that_others_can_read_is_refused(folder: Path, mode: int) -> None:
    provider = FileKeyProvider(folder)
    provider.create_signing_key("signing", identity="x")
    (folder / "signing.key").chmod(mode)
    for action in (provider.signer, provider.public):
        with pytest.raises(KeyFileExposed) as caught:
            action("signing")
    assert "chmod 0600" in caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_a_folder_that_others_can_write_is_refused(folder: Path, mode: int) -> None:
    provider = FileKeyProvider(folder)
    provider.create_wrapping_key("store")
    folder.chmod(mode)
    with pytest.raises(KeyFileExposed):
        provider.create_wrapping_key("second")
    with pytest.raises(KeyFileExposed):
        FileKeyProvider(folder).wrap_key("store", bytes(32))
    assert provider.names() == ("store",)


def test_keys_are_never_overwritten(folder: Path) -> None:
    provider = FileKeyProvider(folder)
    first = provider.create_signing_key("a", identity="x")
    before = (folder / "a.key").read_bytes()
    with pytest.raises(KeyExists):
        provider.create_signing_key("a", identity="x")
    with pytest.raises(KeyExists):
        provider.create_wrapping_key("a")
    assert (folder / "a.key").read_bytes() == before
    assert provider.public("a") == first
    assert [path.name for path in folder.iterdir()] == ["a.key"]


def test_passphrase(folder: Path) -> None:
    FileKeyProvider(folder, passphrase="horse").create_signing_key("signing", identity="x")
    assert b"horse" not in (folder / "signing.key").read_bytes()
    provider = FileKeyProvider(folder)
    identity = provider.public("signing")  # The public side needs none.
    with pytest.raises(PassphraseNeeded):
        provider.signer("signing")
    with pytest.raises(WrongPassphrase):
        FileKeyProvider(folder, passphrase="donkey").signer("signing")
    identity.verify(b"m", FileKeyProvider(folder, passphrase="horse").signer("signing").sign(b"m"))
    with pytest.raises(WeakPassphrase):
        FileKeyProvider(folder, passphrase="").create_wrapping_key("store")


def test_outdated_profiles_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = FileKeyProvider(folder, passphrase="horse")
    provider.create_wrapping_key("new")
    FileKeyProvider(folder).create_wrapping_key("plain")
    assert provider.outdated() == ()
    path = folder / "new.key"
    path.write_bytes(path.read_bytes().replace(b"rfc9106-2", b"rfc9106-1"))
    assert provider.outdated() == ("new",)


def test_names(folder: Path) -> None:
    provider = FileKeyProvider(folder)
    assert provider.names() == ()
    for name in ("", "../x", "A"):
        with pytest.raises(BadKeyLabel):
            provider.create_wrapping_key(name)
        with pytest.raises(BadKeyLabel):
            provider.signer(name)
    with pytest.raises(BadKeyName):
        provider.create_signing_key("a", identity="two words")
    assert not folder.exists()


def test_unknown_keys_name_the_known(folder: Path) -> None:
    provider = FileKeyProvider(folder)
    with pytest.raises(UnknownKey):
        provider.signer("a")
    provider.create_wrapping_key("store")
    with pytest.raises(UnknownKey, match="store"):
        provider.wrap_key("stone", bytes(32))


def test_one_key_one_purpose(folder: Path) -> None:
    provider = FileKeyProvider(folder)
    provider.create_signing_key("signing", identity="x")
    provider.signer("signing")
    with pytest.raises(WrongKeyKind):
        provider.wrap_key("signing", bytes(32))


def test_files_that_were_swapped(folder: Path) -> None:
    provider = FileKeyProvider(folder)
    provider.create_wrapping_key("a")
    provider.create_wrapping_key("b")
    shutil.copy2(folder / "a.key", folder / "b.key")
    with pytest.raises(MalformedKeyFile):
        provider.wrap_key("b", bytes(32))


def test_a_public_side_that_is_not_the_secrets(folder: Path) -> None:
    provider = FileKeyProvider(folder)
    identity = provider.create_signing_key("a", identity="x")
    path = folder / "a.key"
    other = generate_signing_key("x").identity.text
    path.write_bytes(path.read_bytes().replace(identity.text.encode(), other.encode()))
    with pytest.raises(MalformedKeyFile):
        provider.signer("a")


def test_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    provider = FileKeyProvider(folder)
    provider.create_wrapping_key("a")
    (folder / "a.key").rename(tmp_path / "a.key")
    (folder / "a.key").symlink_to(tmp_path / "a.key")
    with pytest.raises(KeyFolderUnusable):
        provider.wrap_key("a", bytes(32))


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("not a folder")
    provider = FileKeyProvider(tmp_path / "keys")
    with pytest.raises(KeyFolderUnusable):
        provider.create_wrapping_key("a")
    with pytest.raises(KeyFolderUnusable):
        provider.names()


def test_a_key_of_pseudonyms_serves_nothing_else(folder: Path) -> None:
    provider = FileKeyProvider(folder, passphrase="open sesame")
    provider.create_pseudonym_key("people")
    first = provider.pseudonym_key("people")
    again = FileKeyProvider(folder, passphrase="open sesame").pseudonym_key("people")
    assert first.pseudonym("d", b"v") == again.pseudonym("d", b"v")
    assert first.commitment == again.commitment
    assert len(first.commitment) == 64
    with pytest.raises(WrongKeyKind):
        provider.wrap_key("people", bytes(32))
    provider.create_wrapping_key("store")
    with pytest.raises(WrongKeyKind):
        provider.pseudonym_key("store")
