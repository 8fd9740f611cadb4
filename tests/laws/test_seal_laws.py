"""Bundles: round trips for any content, refusal of any edit, and nothing but our errors out of the parsers."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.core.errors import HauberkError
from hauberk.crypto import SigningKey, sign_envelope
from hauberk.seal import BUNDLE_PAYLOAD, open_bundle, seal_bundle, verify_bundle
from hauberk.seal.errors import MalformedBundle, SealError
from hauberk.seal.manifest import check_file_name, parse_manifest
from hauberk.testing.memory_keys import MemoryKeys

KEY = SigningKey("example.com/x", [bytes(range(32))])
KEYS = MemoryKeys(wrapping={"store": b"k" * 32})
NAMES = st.from_regex(r"[a-z0-9_]{1,6}(/[a-z0-9_.]{0,3}[a-z0-9]){0,2}", fullmatch=True)


def seal(files, chunk_size=64):
    pieces = seal_bundle(
        files,
        name="n",
        signer=KEY,
        key_name="store",
        wrap=partial(KEYS.wrap_key, "store"),
        entropy=os.urandom,
        chunk_size=chunk_size,
    )
    return b"".join(pieces)


@given(st.dictionaries(NAMES, st.binary(max_size=150), min_size=1, max_size=4), st.integers(1, 80))
@settings(max_examples=60)
def test_round_trip(files, chunk_size):
    data = seal(files, chunk_size)
    opened = open_bundle(io.BytesIO(data), KEY.identity, unwrap=KEYS.unwrap_key)
    assert opened.files == files
    assert verify_bundle(io.BytesIO(data), KEY.identity) == opened.manifest
    assert parse_manifest(opened.manifest.render()) == opened.manifest


BUNDLE = seal({"a": b"some content", "b": bytes(130)})


@given(st.data())
@settings(max_examples=300)
def test_no_edit_verifies(draw):
    start = draw.draw(st.integers(0, len(BUNDLE)))
    end = draw.draw(st.integers(start, min(len(BUNDLE), start + 100)))
    edited = BUNDLE[:start] + draw.draw(st.binary(max_size=100)) + BUNDLE[end:]
    if edited != BUNDLE:
        with pytest.raises(SealError):
            verify_bundle(io.BytesIO(edited), KEY.identity)


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_no_bytes_crash_the_reader(data):
    for prefix in (b"", b"hauberk-bundle/v1\n", b"hauberk-bundle/v1\n\0\0\0\x40"):
        with pytest.raises(SealError):
            verify_bundle(io.BytesIO(prefix + data), KEY.identity)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
@settings(max_examples=300)
def test_no_signed_header_crashes_the_reader(draw):
    """A maker with a key and bad intentions."""
    document = json.loads(verify_bundle(io.BytesIO(BUNDLE), KEY.identity).render())
    holder = draw.draw(st.sampled_from([document, document["key"], *document["files"]]))
    for field in draw.draw(st.lists(st.sampled_from([*sorted(holder), "more"]), min_size=1, max_size=3)):
        holder[field] = draw.draw(JSON)
    header = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    with contextlib.suppress(MalformedBundle):
        parse_manifest(header)
    envelope = sign_envelope(header, BUNDLE_PAYLOAD, KEY)
    data = b"hauberk-bundle/v1\n" + len(envelope).to_bytes(4, "big") + envelope + bytes(64)
    with pytest.raises(HauberkError):
        open_bundle(io.BytesIO(data), KEY.identity, unwrap=KEYS.unwrap_key)


@given(st.text(max_size=30))
def test_file_names_stay_inside(name):
    with contextlib.suppress(HauberkError):
        check_file_name(name)
        assert not os.path.isabs(name)
        assert os.path.normpath(os.path.join("root", name)) == os.path.join("root", name)


def test_the_ciphertext_looks_random():
    """Equal plaintext chunks, equal files and equal bundles share no ciphertext."""
    first, second = seal({"a": bytes(640), "b": bytes(640)}), seal({"a": bytes(640), "b": bytes(640)})
    chunks = [data[-20 * 80 :][i * 80 : (i + 1) * 80] for data in (first, second) for i in range(20)]
    assert len({hashlib.sha256(chunk[:64]).digest() for chunk in chunks}) == 40
