"""What others have published: RFC 8032, RFC 3394, RFC 5869, DSSE, Go's signed notes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hauberk.crypto import (
    Algorithm,
    PublicKey,
    SigningKey,
    parse_verifier_key,
    pre_authentication_encoding,
    sign_note,
    unwrap,
    verify_note,
    wrap,
)
from hauberk.crypto.errors import BadSignature

DATA = Path(os.environ.get("HAUBERK_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
RFC_8032 = [  # §7.1, tests 1 to 3: secret, public, message, signature.
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_rfc_8032(secret, public, message, signature):
    key = SigningKey("rfc", [bytes.fromhex(secret)])
    assert key.identity.keys == (PublicKey(name="rfc", algorithm=Algorithm.ED25519, raw=bytes.fromhex(public)),)
    assert key.sign(bytes.fromhex(message)) == (bytes.fromhex(signature),)


def test_rfc_3394():
    """§4.6: 256 bits of key data with a 256-bit KEK."""
    kek = bytes.fromhex("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F")
    data = bytes.fromhex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F")
    wrapped = "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"
    assert wrap(kek, data) == bytes.fromhex(wrapped)
    assert unwrap(kek, bytes.fromhex(wrapped)) == data


def test_dsse_pre_authentication_encoding():
    """The example in DSSE's protocol.md."""
    found = pre_authentication_encoding(b"hello world", "http://example.com/HelloWorld")
    assert found == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_note_in_gos_documentation():
    """Package golang.org/x/mod/sumdb/note, its example of verification."""
    key = parse_verifier_key(GO_KEY)
    note = verify_note(GO_NOTE.encode(), [key], where="example")
    assert note.text.startswith("If you think")
    assert key.text == GO_KEY
    with pytest.raises(BadSignature):
        verify_note(GO_NOTE.replace("answer", "question").encode(), [key], where="example")


def test_a_checkpoint_that_go_signed():
    path = DATA / "tlog-vectors/go-sumdb/rfc6962-go.json"
    if not path.exists():
        pytest.skip(f"no {path}: set HAUBERK_DATA")
    vector = json.loads(path.read_text())
    key = parse_verifier_key(vector["vkey"])
    assert verify_note(vector["checkpoint"].encode(), [key], where="").text.startswith("example.com/go-sumdb-vectors\n")


def test_the_form_of_a_note_of_ours_is_gos():
    """Same text, same name: all but the signature bytes agree with Go's example."""
    ours = sign_note(GO_NOTE.rpartition("\n\n")[0] + "\n", [SigningKey("PeterNeumann", [bytes(32)])]).decode()
    assert ours.rpartition(" ")[0] == GO_NOTE.rpartition(" ")[0]
    assert len(ours) == len(GO_NOTE)
