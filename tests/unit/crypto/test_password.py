"""Argon2id by named profiles."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hauberk.crypto import CURRENT_PROFILE, PASSWORD_PROFILES, derive_key, password_profile
from hauberk.crypto.errors import BadKeySize, UnknownPasswordProfile, WeakPassphrase

SALT = bytes(range(16))


def test_the_current_profile_is_the_second_of_rfc_9106() -> None:
    expected = Argon2id(salt=SALT, length=32, iterations=3, lanes=4, memory_cost=64 * 1024).derive(b"correct horse")
    assert derive_key("correct horse", SALT) == expected
    assert CURRENT_PROFILE.name == "rfc9106-2"


def test_profiles_are_found_by_name() -> None:
    for profile in PASSWORD_PROFILES:
        assert password_profile(profile.name) is profile
        assert "20" in profile.source  # A year: who said it and when.
    with pytest.raises(UnknownPasswordProfile):
        password_profile("md5")


def test_one_passphrase_two_keyboards() -> None:
    assert derive_key("caf\u00e9", SALT) == derive_key("cafe\u0301", SALT)
    assert derive_key("caf\u00e9", SALT) != derive_key("cafe", SALT)


def test_salt() -> None:
    assert derive_key("p", SALT) != derive_key("p", SALT[::-1])
    with pytest.raises(BadKeySize):
        derive_key("p", b"")


def test_an_empty_passphrase_is_none() -> None:
    with pytest.raises(WeakPassphrase):
        derive_key("", SALT)
