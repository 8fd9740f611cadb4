"""Pseudonyms: a known answer, domains, the size of the key, and that the key is not shown."""

import hashlib
import hmac

import pytest

from hauberk.crypto import PseudonymKey, generate_pseudonym_key
from hauberk.crypto.errors import BadKeySize

SECRET = bytes(range(32))


def test_a_pseudonym_is_the_truncated_hmac_of_context_domain_and_value() -> None:
    message = b"hauberk pseudonym v1\x00" + (3).to_bytes(8, "big") + b"mrn" + b"17"
    expected = hmac.digest(SECRET, message, hashlib.sha256)[:16].hex()
    assert PseudonymKey(SECRET).pseudonym("mrn", b"17") == expected


def test_domain_and_value_cannot_run_into_each_other() -> None:
    key = PseudonymKey(SECRET)
    assert key.pseudonym("ab", b"c") != key.pseudonym("a", b"bc")


def test_generated_keys_differ() -> None:
    first, second = generate_pseudonym_key(), generate_pseudonym_key()
    assert first.pseudonym("a", b"b") != second.pseudonym("a", b"b")
    assert generate_pseudonym_key(entropy=lambda n: SECRET[:n]).pseudonym("a", b"b") == PseudonymKey(SECRET).pseudonym(
        "a", b"b"
    )


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_keys_have_one_size(size: int) -> None:
    with pytest.raises(BadKeySize) as caught:
        PseudonymKey(b"\xaa" * size)
    assert "aa" not in str(caught.value).replace("pseudonyms", "")


def test_the_key_is_not_shown() -> None:
    assert repr(PseudonymKey(SECRET)) == str(PseudonymKey(SECRET)) == "PseudonymKey(...)"
