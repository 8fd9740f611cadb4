"""AES key wrap."""

from __future__ import annotations

import pytest

from hauberk.crypto import check_key_label, generate_wrapping_key, unwrap, wrap
from hauberk.crypto.errors import BadKeyLabel, BadKeySize, WrongKey

KEY = bytes(range(32))


def test_round_trip_and_wrong_key() -> None:
    wrapped = wrap(KEY, b"d" * 32)
    assert unwrap(KEY, wrapped) == b"d" * 32
    with pytest.raises(WrongKey):
        unwrap(generate_wrapping_key(), wrapped)
    with pytest.raises(WrongKey):
        unwrap(KEY, b"")


def test_sizes() -> None:
    for wrapping, key in ((b"", b"d" * 32), (KEY, b""), (KEY, b"d" * 17), (KEY[:16], b"d" * 32)):
        with pytest.raises(BadKeySize):
            wrap(wrapping, key)
    with pytest.raises(BadKeySize):
        unwrap(KEY[:16], wrap(KEY, b"d" * 32))


def test_new_keys_differ() -> None:
    assert generate_wrapping_key() != generate_wrapping_key()
    assert generate_wrapping_key(entropy=lambda n: b"\7" * n) == b"\7" * 32


@pytest.mark.parametrize("name", ["store", "a", "0.key", "a-b_c.d", "x" * 64])
def test_labels(name: str) -> None:
    assert check_key_label(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "-a", "A", "a/b", "a\\b", "a b", "\u00e9", "x" * 65, "a\n", "../a"])
def test_bad_labels(name: str) -> None:
    with pytest.raises(BadKeyLabel):
        check_key_label(name)
