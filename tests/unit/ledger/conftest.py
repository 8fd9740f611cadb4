"""A key, a log and a reference tree for the tests of the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from hauberk.crypto import SigningKey
from hauberk.ledger import Checkpoint, Log, open_log

ORIGIN = "example.com/log"


def reference_root(entries: list[bytes]) -> bytes:
    """The Merkle tree hash as RFC 6962 §2.1 defines it, by recursion."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1 << (len(entries) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + reference_root(entries[:k]) + reference_root(entries[k:])).digest()


@pytest.fixture(scope="session")
def mth() -> Callable[[list[bytes]], bytes]:
    return reference_root


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey(ORIGIN, [bytes(range(32))])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def opened(folder: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Log]:
    """Opens the log in `folder`; nothing is really synced, which no test of this folder is about."""
    monkeypatch.setattr("os.fsync", lambda _: None)

    def make(known: Checkpoint | None = None) -> Log:
        return open_log(folder, origin=ORIGIN, signers=[key], verifiers=key.identity.keys, known=known)

    return make


@pytest.fixture
def entries() -> Callable[[int], list[bytes]]:
    """That many entries, all different, the first one empty."""
    return lambda count: [b"entry %d" % number if number else b"" for number in range(count)]
