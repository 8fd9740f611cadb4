"""Signatures and envelopes: what goes in comes out, one changed byte never does, and no bytes crash a parser."""

from __future__ import annotations

import contextlib
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.core.errors import HauberkError
from hauberk.crypto import (
    Profile,
    SigningKey,
    generate_signing_key,
    open_bytes,
    parse_public_identity,
    parse_verifier_key,
    seal_stream,
    sign_envelope,
    sign_note,
    unwrap,
    verify_envelope,
    verify_note,
)
from hauberk.crypto.key_file import parse_key_file
from hauberk.testing.memory_keys import MemoryKeys

KEY = SigningKey("example.com/x", [bytes(range(32))])
HYBRID = SigningKey("example.com/x", [bytes(range(32)), bytes(range(1, 33))])
KEYS = MemoryKeys(wrapping={"store": b"k" * 32})
NOTE = sign_note("text\n\nmore\n", [KEY])
ENVELOPE = sign_envelope(b'{"a":1}', "kind", KEY)
NAMES = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cf", "Cn", "Co"), exclude_characters="+"),
    min_size=1,
    max_size=40,
)


@given(NAMES, st.sampled_from(list(Profile)))
@settings(max_examples=40)
def test_identities_round_trip(name, profile):
    identity = generate_signing_key(name, profile).identity
    assert parse_public_identity(identity.text) == identity


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")) | st.just("\n"), max_size=80))
def test_notes_round_trip(text):
    text += "\n"
    if not text.startswith("DSSEv1 "):
        assert verify_note(sign_note(text, [KEY]), KEY.identity.keys, where="").text == text


@given(st.binary(max_size=200), st.text(st.characters(exclude_categories=("Cs",)), max_size=20))
def test_envelopes_round_trip(payload, kind):
    assert verify_envelope(sign_envelope(payload, kind, KEY), KEY.identity, payload_type=kind) == payload


@pytest.mark.parametrize("data", [NOTE, sign_note("text\n", [HYBRID])], ids=["ed25519", "hybrid"])
def test_every_byte_of_a_note_counts(data):
    keys = KEY.identity.keys if data is NOTE else HYBRID.identity.keys
    for place in range(len(data)):
        with pytest.raises(HauberkError):
            verify_note(flipped(data, place), keys, where="")


@pytest.mark.parametrize("key", [KEY, HYBRID], ids=["ed25519", "hybrid"])
def test_every_byte_of_an_envelope_counts(key):
    data = sign_envelope(b'{"a":1}', "kind", key)
    for place in range(len(data)):
        with pytest.raises(HauberkError):
            verify_envelope(flipped(data, place), key.identity, payload_type="kind")


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255), st.integers(0, len(ENVELOPE) - 1))
@settings(max_examples=300)
def test_any_change_of_a_byte_counts(place, change, other_place):
    with pytest.raises(HauberkError):
        verify_note(flipped(NOTE, place, change), KEY.identity.keys, where="")
    with pytest.raises(HauberkError):
        verify_envelope(flipped(ENVELOPE, other_place, change), KEY.identity, payload_type="kind")


@given(st.integers(0, 2**32), st.data())
def test_every_byte_of_a_public_text_counts(seed, data):
    text = SigningKey("n", [seed.to_bytes(32, "big")]).identity.text
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(exclude_characters=text[place]))
    with pytest.raises(HauberkError):
        parse_public_identity(text[:place] + letter + text[place + 1 :])


@given(st.binary(max_size=400), st.integers(1, 100))
def test_sealed_bytes_round_trip(data, chunk_size):
    sealed = b"".join(seal_stream(io.BytesIO(data), wrapper=KEYS, key_name="store", chunk_size=chunk_size))
    assert open_bytes(sealed, wrapper=KEYS) == data


@given(st.binary(max_size=100), st.integers(1, 40), st.data())
def test_no_edit_of_sealed_bytes_opens(data, chunk_size, draw):
    sealed = b"".join(seal_stream(io.BytesIO(data), wrapper=KEYS, key_name="store", chunk_size=chunk_size))
    start = draw.draw(st.integers(0, len(sealed)))
    end = draw.draw(st.integers(start, min(len(sealed), start + 40)))
    edited = sealed[:start] + draw.draw(st.binary(max_size=40)) + sealed[end:]
    if edited != sealed:
        with pytest.raises(HauberkError):
            open_bytes(edited, wrapper=KEYS)


READERS = {
    "verifier key": lambda data: parse_verifier_key(data.decode(errors="surrogateescape")),
    "identity": lambda data: parse_public_identity(data.decode(errors="surrogateescape")),
    "note": lambda data: verify_note(data, KEY.identity.keys, where=""),
    "lax note": lambda data: verify_note(data, KEY.identity.keys, where="", strict=False),
    "envelope": lambda data: verify_envelope(data, KEY.identity, payload_type="kind"),
    "sealed": lambda data: open_bytes(data, wrapper=KEYS),
    "key file": lambda data: parse_key_file(data, where=""),
    "wrapped": lambda data: unwrap(b"k" * 32, data),
}
JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        name: JSONISH | st.sampled_from(["kind", "e30=", "hauberk-key/v1", "signing", ""])
        for name in (
            *("payload", "payloadType", "signatures", "format", "kind"),
            *("name", "public", "check", "protection", "secret"),
        )
    },
)
BYTES = (
    st.binary(max_size=300)
    | st.builds(
        lambda base, place, junk: base[:place] + junk + base[place:],
        st.sampled_from([NOTE, ENVELOPE, KEY.identity.text.encode(), b"hauberk/envelope/v1\n\0\x30"]),
        st.integers(0, 120),
        st.binary(max_size=80),
    )
    | st.builds(lambda document: json.dumps(document, sort_keys=True, separators=(",", ":")).encode(), DOCUMENTS)
)


@pytest.mark.parametrize("reader", READERS)
@given(data=BYTES)
@settings(max_examples=150)
def test_only_our_errors_escape(reader, data):
    with contextlib.suppress(HauberkError):
        READERS[reader](data)


@given(body=st.binary(max_size=160))
def test_only_our_errors_escape_from_a_header_with_a_good_checksum(body):
    import hashlib

    head = b"hauberk/envelope/v1\n" + len(body).to_bytes(2, "big") + body
    with pytest.raises(HauberkError):
        open_bytes(head + hashlib.sha256(head).digest() + bytes(40), wrapper=KEYS)


def flipped(data: bytes, place: int, change: int = 1) -> bytes:
    return data[:place] + bytes([data[place] ^ change]) + data[place + 1 :]
