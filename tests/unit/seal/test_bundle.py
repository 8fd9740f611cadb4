"""The sealed bundle: signed for everybody, readable for few, whole or refused."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from hauberk.core.digest import digest_bytes
from hauberk.core.limits import Limits
from hauberk.crypto import ChunkCipher, Profile, Signer, generate_signing_key, sign_envelope, verify_envelope
from hauberk.crypto.errors import UnknownKey
from hauberk.seal import BUNDLE_PAYLOAD, Manifest, open_bundle, seal_bundle, verify_bundle
from hauberk.seal.errors import (
    AlteredBundle,
    BadBundleContent,
    ContentMismatch,
    ForgedBundle,
    MalformedBundle,
    SealError,
    TruncatedBundle,
    WrongBundleKey,
)
from hauberk.seal.manifest import parse_manifest
from hauberk.testing.memory_keys import MemoryKeys

KEY = generate_signing_key("example.com/lending")
KEYS = MemoryKeys(wrapping={"store": b"k" * 32})
FILES = {"model.ubj": bytes(range(200)), "schema.json": b"{}", "policy/gates.toml": b"", "a.txt": b"x" * 64}
CHUNK = 64
HEAD = len(b"hauberk-bundle/v1\n") + 4


def entropy() -> Callable[[int], bytes]:
    """Bytes that differ with each call, the same in each test."""
    counter = iter(range(1000))
    return lambda size: hashlib.shake_256(bytes([next(counter)])).digest(size)


def seal(files: dict[str, bytes] = FILES, *, signer: Signer = KEY, chunk_size: int = CHUNK) -> bytes:
    pieces = seal_bundle(
        files,
        name="lending",
        signer=signer,
        key_name="store",
        wrap=partial(KEYS.wrap_key, "store"),
        entropy=entropy(),
        chunk_size=chunk_size,
    )
    return b"".join(pieces)


def verify(data: bytes) -> Manifest:
    return verify_bundle(io.BytesIO(data), KEY.identity)


def unseal(data: bytes, keys: MemoryKeys = KEYS) -> dict[str, bytes]:
    return dict(open_bundle(io.BytesIO(data), KEY.identity, unwrap=keys.unwrap_key).files)


def header_of(data: bytes) -> tuple[bytes, bytes]:
    """The envelope and what follows it."""
    length = int.from_bytes(data[HEAD - 4 : HEAD], "big")
    return data[HEAD : HEAD + length], data[HEAD + length :]


def with_header(data: bytes, header: bytes, signer: Signer = KEY) -> bytes:
    envelope = sign_envelope(header, BUNDLE_PAYLOAD, signer)
    return data[: HEAD - 4] + len(envelope).to_bytes(4, "big") + envelope + header_of(data)[1]


def resealed(change: Callable[[Manifest], Manifest]) -> bytes:
    """A bundle whose maker signed another header over the same chunks."""
    data = seal()
    return with_header(data, change(verify(data)).render())


@pytest.mark.parametrize("chunk_size", [1, 7, CHUNK, 1 << 20])
def test_what_was_sealed_comes_back(chunk_size: int) -> None:
    data = seal(chunk_size=chunk_size)
    manifest = verify(data)
    assert unseal(data) == FILES
    assert [file.name for file in manifest.files] == sorted(FILES)
    assert {file.name: file.digest for file in manifest.files} == {n: digest_bytes(d) for n, d in FILES.items()}
    assert manifest.name == "lending"
    assert manifest.key_name == "store"
    assert sum(manifest.sealed_sizes()) == len(header_of(data)[1])


def test_the_default_chunk_is_a_mebibyte() -> None:
    manifest = verify(seal({"model": bytes(2_500_000)}, chunk_size=1 << 20))
    assert manifest.chunk_size == 1 << 20
    assert len(manifest.chunks) == 3


def test_hybrid() -> None:
    key = generate_signing_key("example.com/lending", Profile.HYBRID)
    data = seal(signer=key)
    assert verify_bundle(io.BytesIO(data), key.identity).profile is Profile.HYBRID
    classical = replace(key.identity, profile=Profile.ED25519, keys=key.identity.keys[:1])
    with pytest.raises(ForgedBundle):
        verify_bundle(io.BytesIO(data), classical)


def test_a_profile_that_the_header_does_not_name() -> None:
    data = resealed(lambda manifest: replace(manifest, profile=Profile.HYBRID))
    with pytest.raises(ForgedBundle):
        verify(data)


def test_the_same_entropy_gives_the_same_bundle() -> None:
    assert seal() == seal()


def test_the_plaintext_is_nowhere() -> None:
    data = seal({"model": b"a very secret weight" * 20})
    assert b"secret" not in data


def test_views_are_sealed_as_bytes_are() -> None:
    assert unseal(seal({"m": memoryview(b"abcdef")[1:4]})) == {"m": b"bcd"}  # type: ignore[dict-item]


def test_every_flipped_byte_fails_the_verification_without_the_key() -> None:
    data = seal()
    for place in range(len(data)):
        for flip in (1, 0x80):
            altered = data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]
            with pytest.raises(SealError) as caught:
                verify(altered)
            assert caught.value.exit_code == 1
            with pytest.raises(SealError):
                unseal(altered)


def test_every_cut_fails() -> None:
    data = seal()
    for size in range(len(data)):
        with pytest.raises(TruncatedBundle):
            verify(data[:size])


@pytest.mark.parametrize("tail", [b"\0", b"\n", bytes(CHUNK + 16)])
def test_appended_bytes_fail(tail: bytes) -> None:
    with pytest.raises(AlteredBundle):
        verify(seal() + tail)
    with pytest.raises(AlteredBundle):
        unseal(seal() + tail)


def test_swapped_chunks_fail() -> None:
    data = seal({"a": b"1" * CHUNK, "b": b"2" * CHUNK})
    size = CHUNK + 16
    swapped = data[: -2 * size] + data[-size:] + data[-2 * size : -size]
    with pytest.raises(AlteredBundle, match="chunk 0"):
        verify(swapped)


def test_another_signer() -> None:
    data = seal(signer=generate_signing_key("example.com/lending"))
    with pytest.raises(ForgedBundle):
        verify(data)


def test_another_payload_type() -> None:
    data = seal()
    header = verify_envelope(header_of(data)[0], KEY.identity, payload_type=BUNDLE_PAYLOAD)
    envelope = sign_envelope(header, "application/vnd.in-toto+json", KEY)
    with pytest.raises(ForgedBundle):
        verify(data[: HEAD - 4] + len(envelope).to_bytes(4, "big") + envelope + header_of(data)[1])


def test_wrong_key() -> None:
    data = seal()
    assert verify(data)
    with pytest.raises(WrongBundleKey):
        unseal(data, MemoryKeys(wrapping={"store": b"o" * 32}))
    with pytest.raises(UnknownKey):
        unseal(data, MemoryKeys())


def test_the_data_key_is_committed_to() -> None:
    with pytest.raises(WrongBundleKey):
        open_bundle(io.BytesIO(seal()), KEY.identity, unwrap=lambda _name, _wrapped: b"z" * 32)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: replace(m, name="other"),
        lambda m: replace(m, prefix=b"1234567"),
        lambda m: replace(m, files=(*m.files[:-1], replace(m.files[-1], name="zz"))),
        lambda m: replace(m, files=(*m.files[:-1], replace(m.files[-1], digest=digest_bytes(b"else")))),
        lambda m: replace(m, key_name="store "),
    ],
)
def test_a_header_that_was_not_sealed_with_the_chunks(change: Callable[[Manifest], Manifest]) -> None:
    """Even the signer cannot put another header on chunks that are there: they are bound to theirs."""
    data = resealed(change)
    assert verify(data)
    with pytest.raises(ContentMismatch):
        open_bundle(io.BytesIO(data), KEY.identity, unwrap=lambda _name, key: KEYS.unwrap_key("store", key))


def test_a_digest_that_is_not_the_files() -> None:
    """A maker who binds a wrong digest properly is found out by hashing what came out."""
    data = seal({"a": b"content"})
    manifest = verify(data)
    lying = replace(manifest, files=(replace(manifest.files[0], digest=digest_bytes(b"else")),))
    cipher = ChunkCipher(
        KEYS.unwrap_key("store", manifest.wrapped), manifest.prefix, purpose="hauberk/bundle/v1", header=lying.bound
    )
    chunk = cipher.seal(0, b"content", last=True)
    lying = replace(lying, chunks=(hashlib.sha256(chunk).digest(),))
    forged = with_header(data, lying.render())[: -len(chunk)] + chunk
    assert verify(forged)
    with pytest.raises(ContentMismatch, match="a: Content"):
        unseal(forged)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "./a",
        "a//b",
        "a/",
        "C:\\x",
        "a\\b",
        "c:x",
        "a\nb",
        "\u202eevil",
        "x" * 256,
        ".",
    ],
)
def test_file_names_that_leave_the_folder(name: str) -> None:
    with pytest.raises(BadBundleContent):
        seal({name: b""})
    header = json.loads(verify_envelope(header_of(seal())[0], KEY.identity, payload_type=BUNDLE_PAYLOAD))
    header["files"][0]["name"] = name
    forged = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    with pytest.raises(MalformedBundle):
        verify(with_header(seal(), forged))


def test_nothing_is_no_bundle() -> None:
    with pytest.raises(BadBundleContent):
        seal({})
    for name, size in (("", CHUNK), ("n", 0), ("n", (1 << 20) + 1)):
        with pytest.raises(BadBundleContent):
            seal_bundle(
                FILES,
                name=name,
                signer=KEY,
                key_name="store",
                wrap=partial(KEYS.wrap_key, "store"),
                entropy=entropy(),
                chunk_size=size,
            )


@pytest.mark.parametrize("data", [b"PK\3\4" + bytes(100), b"hauberk-bundle/v2\n" + bytes(50), b"\0"])
def test_something_else(data: bytes) -> None:
    with pytest.raises(MalformedBundle):
        verify(data)


def test_a_header_over_the_limit_is_not_read() -> None:
    data = seal()
    with pytest.raises(MalformedBundle):
        verify_bundle(io.BytesIO(data), KEY.identity, limits=Limits(document_bytes=100))
    huge = data[: HEAD - 4] + b"\xff\xff\xff\xff" + data[HEAD:]
    with pytest.raises(MalformedBundle):
        verify(huge)


class Dribble:
    """Gives at most seven bytes a call."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._inner.read(min(size, 7))


def test_short_reads() -> None:
    opened = open_bundle(Dribble(seal()), KEY.identity, unwrap=KEYS.unwrap_key)
    assert opened.files == FILES


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d | {"extra": 1},
        lambda d: {k: v for k, v in d.items() if k != "cipher"},
        lambda d: d | {"cipher": "none"},
        lambda d: d | {"format": "hauberk-bundle/v2"},
        lambda d: d | {"chunkSize": True},
        lambda d: d | {"chunkSize": 0},
        lambda d: d | {"chunkSize": 1 << 40},
        lambda d: d | {"chunkSize": 64.0},
        lambda d: d | {"profile": "none"},
        lambda d: d | {"files": []},
        lambda d: d | {"files": d["files"][::-1]},
        lambda d: d | {"files": [*d["files"], d["files"][-1]]},
        lambda d: d | {"files": [d["files"][0] | {"size": 1 << 60}]},
        lambda d: d | {"files": [d["files"][0] | {"size": -1}]},
        lambda d: d | {"files": [d["files"][0] | {"mode": 7}]},
        lambda d: d | {"files": [d["files"][0] | {"size": True}, *d["files"][1:]]},
        lambda d: d | {"files": ["a"]},
        lambda d: d | {"chunks": d["chunks"][:-1]},
        lambda d: d | {"chunks": [*d["chunks"], "00" * 32]},
        lambda d: d | {"chunks": [5, *d["chunks"][1:]]},
        lambda d: d | {"chunks": [d["chunks"][0].upper(), *d["chunks"][1:]]},
        lambda d: d | {"key": d["key"] | {"more": 1}},
        lambda d: d | {"key": d["key"] | {"wrapped": "*"}},
        lambda d: d | {"key": d["key"] | {"noncePrefix": "00"}},
        lambda _: [],
    ],
)
def test_malformed_headers(change: Callable[[dict[str, object]], object]) -> None:
    document = json.loads(verify_envelope(header_of(seal())[0], KEY.identity, payload_type=BUNDLE_PAYLOAD))
    header = json.dumps(change(document), sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(MalformedBundle):
        verify(with_header(seal(), header))


def test_headers_have_one_spelling() -> None:
    header = verify_envelope(header_of(seal())[0], KEY.identity, payload_type=BUNDLE_PAYLOAD)
    assert parse_manifest(header).render() == header
    with pytest.raises(MalformedBundle):
        parse_manifest(header + b"\n")
    with pytest.raises(MalformedBundle):
        parse_manifest(header.replace(b'"', b' "', 1))
