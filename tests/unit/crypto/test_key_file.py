"""The form of a key file."""

from __future__ import annotations

import json
import os

import pytest

from hauberk.crypto.errors import MalformedKeyFile, PassphraseNeeded, WeakPassphrase, WrongPassphrase
from hauberk.crypto.key_file import KeyFile, KeyKind, open_key_file, parse_key_file, seal_key_file

SECRET = bytes(range(32))


def make(passphrase: str | None = None) -> KeyFile:
    return seal_key_file(
        SECRET, kind=KeyKind.WRAPPING, name="store", public="", passphrase=passphrase, entropy=os.urandom
    )


@pytest.mark.parametrize("passphrase", [None, "horse"])
def test_round_trip(passphrase: str | None) -> None:
    file = make(passphrase)
    again = parse_key_file(file.render(), where="f")
    assert again == file
    assert open_key_file(again, passphrase=passphrase, where="f") == SECRET


def test_an_encrypted_file_does_not_hold_the_secret() -> None:
    import base64

    assert base64.b64encode(SECRET) in make().render()
    assert base64.b64encode(SECRET) not in make("horse").render()


def test_passphrases() -> None:
    file = make("horse")
    with pytest.raises(PassphraseNeeded):
        open_key_file(file, passphrase=None, where="f")
    with pytest.raises(WrongPassphrase):
        open_key_file(file, passphrase="donkey", where="f")
    with pytest.raises(WeakPassphrase):
        make("")


def test_what_stands_beside_an_encrypted_secret_is_bound_to_it() -> None:
    document = json.loads(make("horse").render())
    for field, value in (("name", "other"), ("kind", "signing"), ("public", "x"), ("check", "0" * 64)):
        altered = json.dumps(document | {field: value}, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        with pytest.raises(WrongPassphrase):
            open_key_file(parse_key_file(altered, where="f"), passphrase="horse", where="f")


def test_a_damaged_secret_in_the_clear_is_seen() -> None:
    document = json.loads(make().render())
    document["secret"] = "A" * 43 + "="
    data = json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    with pytest.raises(MalformedKeyFile):
        open_key_file(parse_key_file(data, where="f"), passphrase=None, where="f")


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda d: d[:-1],
        lambda d: d + b"\n",
        lambda d: d.replace(b":", b": ", 1),
        lambda d: d.replace(b"hauberk-key/v1", b"hauberk-key/v9"),
        lambda d: d.replace(b'"wrapping"', b'"both"'),
        lambda d: d.replace(b'"name"', b'"nama"'),
        lambda d: d.replace(b'{"check"', b'{"a":1,"check"'),
        lambda d: d.replace(b'"salt":""', b'"salt":"AAAA"'),
        lambda d: d.replace(b'"salt":""', b'"further":1,"salt":""'),
        lambda _: b"{" * 40000,
        lambda d: d * 1000,
    ],
)
def test_malformed(change) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(MalformedKeyFile):
        parse_key_file(change(make().render()), where="f")


def test_the_secret_is_not_printed() -> None:
    assert repr(make()) == "KeyFile('store', 'wrapping')"
