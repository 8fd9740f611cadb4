"""Signing keys in memory."""

from __future__ import annotations

import pytest

from hauberk.crypto import Profile, SigningKey, generate_signing_key
from hauberk.crypto.errors import BadKeySize


def test_the_seeds_are_the_key() -> None:
    for profile in Profile:
        key = generate_signing_key("n", profile)
        again = SigningKey("n", key.unsafe_seeds)
        assert again.identity == key.identity
        assert key.identity.profile is profile
        key.identity.verify(b"m", again.sign(b"m"))


def test_entropy_is_an_argument() -> None:
    first = generate_signing_key("n", entropy=lambda n: b"\x05" * n)
    second = generate_signing_key("n", entropy=lambda n: b"\x05" * n)
    assert first.identity == second.identity
    assert first.identity != generate_signing_key("n").identity


def test_ed25519_signatures_are_the_same_each_time() -> None:
    key = generate_signing_key("n")
    assert key.sign(b"m") == key.sign(b"m")


@pytest.mark.parametrize("seeds", [[], [b""], [b"x" * 31], [b"x" * 32, b"x" * 33], [b"x" * 32] * 3])
def test_other_seeds_are_refused(seeds: list[bytes]) -> None:
    with pytest.raises(BadKeySize):
        SigningKey("n", seeds)


def test_the_secret_is_not_printed() -> None:
    key = SigningKey("n", [b"\x41" * 32])
    assert "AAAA" not in repr(key)
    assert "4141" not in repr(key)
    assert "n" in repr(key)
