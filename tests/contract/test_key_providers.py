"""Every key provider keeps the contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hauberk.crypto import FileKeyProvider, Profile, generate_signing_key
from hauberk.testing.key_provider import KEY_PROVIDER_CHECKS, KeyProviderCase
from hauberk.testing.memory_keys import MemoryKeys


def case(provider: FileKeyProvider | MemoryKeys) -> KeyProviderCase:
    return KeyProviderCase(
        provider=provider, signing="one", other_signing="two", wrapping="store", other_wrapping="other"
    )


@pytest.fixture(params=["file", "file-passphrase", "file-hybrid", "memory"])
def provider_case(request: pytest.FixtureRequest, tmp_path: Path) -> KeyProviderCase:
    if request.param == "memory":
        signing = {name: generate_signing_key("example.com/x") for name in ("one", "two")}
        return case(MemoryKeys(signing=signing, wrapping={"store": b"a" * 32, "other": b"b" * 32}))
    provider = FileKeyProvider(tmp_path / "keys", passphrase="horse" if "passphrase" in request.param else None)
    profile = Profile.HYBRID if "hybrid" in request.param else Profile.ED25519
    for name in ("one", "two"):
        provider.create_signing_key(name, identity="example.com/x", profile=profile)
    for name in ("store", "other"):
        provider.create_wrapping_key(name)
    return case(provider)


@pytest.mark.parametrize("check", KEY_PROVIDER_CHECKS, ids=lambda check: check.__name__.strip("_"))
def test_contract(check: Callable[[KeyProviderCase], None], provider_case: KeyProviderCase) -> None:
    check(provider_case)


class Careless(MemoryKeys):
    """Wraps by doing nothing: the kit must notice."""

    def wrap_key(self, name: str, key: bytes) -> bytes:  # noqa: ARG002
        return key

    def unwrap_key(self, name: str, wrapped: bytes) -> bytes:  # noqa: ARG002
        return wrapped


def test_the_kit_can_fail() -> None:
    signing = {"one": generate_signing_key("x"), "two": generate_signing_key("x")}
    broken = case(Careless(signing=signing, wrapping={"store": b"a" * 32, "other": b"b" * 32}))
    failed = 0
    for check in KEY_PROVIDER_CHECKS:
        try:
            check(broken)
        except AssertionError:
            failed += 1
    assert failed >= 4
