"""The sealed bundle: several files in one, signed so that anybody can check it, encrypted so that few can read it.

    magic line | length of the envelope, 4 bytes | DSSE envelope of the header | chunks of ciphertext

The signature covers the digests of the ciphertext: whoever has the public key can check every byte without the key
that opens it. The format stands in docs/reference/bundle.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from hauberk.core.digest import Digest, digest_bytes
from hauberk.core.errors import CoreError
from hauberk.core.limits import DEFAULT_LIMITS, Limits
from hauberk.crypto import (
    CHUNK_SIZE,
    DATA_KEY_SIZE,
    PREFIX_SIZE,
    ChunkCipher,
    Entropy,
    PublicIdentity,
    Readable,
    Signer,
    commit_to_key,
    read_up_to,
    sign_envelope,
    verify_commitment,
    verify_envelope,
)
from hauberk.crypto.errors import (
    BadSignature,
    CryptoError,
    MalformedEnvelope,
    MissingSignature,
    UnexpectedSignature,
    WrongKey,
    WrongPayloadType,
)
from hauberk.seal.errors import (
    AlteredBundle,
    BadBundleContent,
    ContentMismatch,
    ForgedBundle,
    MalformedBundle,
    TruncatedBundle,
    WrongBundleKey,
)
from hauberk.seal.manifest import BundleFile, Manifest, check_file_name, parse_manifest

__all__ = ["BUNDLE_PAYLOAD", "OpenBundle", "open_bundle", "seal_bundle", "verify_bundle"]

BUNDLE_PAYLOAD = "application/vnd.hauberk.bundle+json"
"""Payload type of the header's envelope."""
_MAGIC = b"hauberk-bundle/v1\n"
_PURPOSE = "hauberk/bundle/v1"
_LENGTH_SIZE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBundle:
    """A bundle whose every byte has been verified: its header and the content of its files by name."""

    manifest: Manifest
    files: Mapping[str, bytes]


def seal_bundle(
    files: Mapping[str, bytes | memoryview],
    *,
    name: str,
    signer: Signer,
    key_name: str,
    wrap: Callable[[bytes], bytes],
    entropy: Entropy,
    chunk_size: int = CHUNK_SIZE,
) -> Iterator[bytes]:
    """The bytes of a bundle, in pieces; the ciphertext is held in memory until the header is signed.

    Args:
        files: Content by name; names are plain relative paths.
        name: Name of the bundle, for people.
        signer: Signs the header.
        key_name: Name of the wrapping key, for whoever opens the bundle.
        wrap: Closes the data key.
        entropy: Gives the data key and the nonce prefix; must never repeat.
        chunk_size: Bytes of plaintext a chunk.

    Raises:
        BadBundleContent: No file, a name that cannot be one, or no bundle name.
        CryptoError: The keys cannot be used.
    """
    if not files or not name or not 1 <= chunk_size <= CHUNK_SIZE:
        expected = f"a name, at least one file, chunks of 1 to {CHUNK_SIZE} bytes"
        raise BadBundleContent(where="bundle", expected=expected, got=f"{name!r}, {len(files)} files, {chunk_size}")
    views = {check_file_name(file): memoryview(files[file]).cast("B") for file in sorted(files)}
    data_key, prefix = entropy(DATA_KEY_SIZE), entropy(PREFIX_SIZE)
    manifest = Manifest(
        name=name,
        profile=signer.identity.profile,
        files=tuple(
            BundleFile(name=file, size=len(view), digest=Digest(hashlib.sha256(view).hexdigest()))
            for file, view in views.items()
        ),
        key_name=key_name,
        wrapped=wrap(data_key),
        commitment=commit_to_key(data_key, purpose=_PURPOSE),
        prefix=prefix,
        chunk_size=chunk_size,
    )
    sealed = list(_seal_chunks(manifest, views, ChunkCipher(data_key, prefix, purpose=_PURPOSE, header=manifest.bound)))
    whole = replace(manifest, chunks=tuple(hashlib.sha256(chunk).digest() for chunk in sealed))
    envelope = sign_envelope(whole.render(), BUNDLE_PAYLOAD, signer)
    return iter([_MAGIC + len(envelope).to_bytes(_LENGTH_SIZE, "big") + envelope, *sealed])


def verify_bundle(
    stream: Readable, identity: PublicIdentity, *, where: str = "bundle", limits: Limits = DEFAULT_LIMITS
) -> Manifest:
    """The manifest of a bundle, once its signature and every byte of its ciphertext have been verified.

    Needs no key but the public one, and the memory of one chunk.

    Raises:
        MalformedBundle: Not a bundle, or its header is over `limits`.
        ForgedBundle: Not signed by `identity`.
        AlteredBundle, TruncatedBundle: The ciphertext is not what was signed.
    """
    manifest = _read_manifest(stream, identity, where, limits)
    for _ in _read_chunks(stream, manifest, where):
        pass
    return manifest


def open_bundle(
    stream: Readable,
    identity: PublicIdentity,
    *,
    unwrap: Callable[[str, bytes], bytes],
    where: str = "bundle",
    limits: Limits = DEFAULT_LIMITS,
) -> OpenBundle:
    """The content of a bundle, released only when all of it has been verified.

    Args:
        stream: The bundle.
        identity: Who must have signed it.
        unwrap: Gives the data key for a key name and a wrapped key, as `KeyProvider.unwrap_key` does.
        where: What is being opened, for the error.
        limits: Bounds of the parser.

    Raises:
        MalformedBundle, ForgedBundle, AlteredBundle, TruncatedBundle: As `verify_bundle`.
        WrongBundleKey: The data key does not unwrap, or is another.
        ContentMismatch: A file is not the one that the header names.
        CryptoError: The provider cannot use its key.
    """
    manifest = _read_manifest(stream, identity, where, limits)
    try:
        data_key = unwrap(manifest.key_name, manifest.wrapped)
        verify_commitment(data_key, manifest.commitment, purpose=_PURPOSE, where=where)
    except WrongKey as error:
        raise WrongBundleKey(where=where, expected=f"the key {manifest.key_name}", got="another") from error
    cipher = ChunkCipher(data_key, manifest.prefix, purpose=_PURPOSE, header=manifest.bound)
    files = _open_files(_read_chunks(stream, manifest, where), manifest, cipher, where)
    return OpenBundle(manifest=manifest, files=files)


def _seal_chunks(manifest: Manifest, views: Mapping[str, memoryview], cipher: ChunkCipher) -> Iterator[bytes]:
    index, last = 0, len(manifest.sealed_sizes()) - 1
    for file in manifest.files:
        start = 0
        for size in manifest.chunk_sizes(file):
            yield cipher.seal(index, views[file.name][start : start + size], last=index == last)
            index, start = index + 1, start + size


def _open_files(chunks: Iterator[bytes], manifest: Manifest, cipher: ChunkCipher, where: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    index, last = 0, len(manifest.chunks) - 1
    for file in manifest.files:
        pieces = []
        for _ in manifest.chunk_sizes(file):
            pieces.append(_open_chunk(cipher, index, next(chunks), last=index == last, where=where))
            index += 1
        content = b"".join(pieces)
        if digest_bytes(content) != file.digest:
            got = str(digest_bytes(content))
            raise ContentMismatch(where=f"{where}: {file.name}", expected=str(file.digest), got=got)
        files[file.name] = content
    for _ in chunks:  # Nothing is left; that the stream ends here is checked on the way.
        pass
    return files


def _open_chunk(cipher: ChunkCipher, index: int, sealed: bytes, *, last: bool, where: str) -> bytes:
    try:
        return cipher.open(index, sealed, last=last, where=where)
    except CryptoError as error:
        raise ContentMismatch(where=where, expected="chunks that open as they were signed", got=str(error)) from error


def _read_manifest(stream: Readable, identity: PublicIdentity, where: str, limits: Limits) -> Manifest:
    magic = read_up_to(stream, len(_MAGIC))
    if not _MAGIC.startswith(magic):
        raise MalformedBundle(where=where, expected=repr(_MAGIC), got=repr(magic))
    prefix = read_up_to(stream, _LENGTH_SIZE)
    length = int.from_bytes(prefix, "big")
    if length > limits.document_bytes:
        raise MalformedBundle(
            where=where, expected=f"a header of at most {limits.document_bytes} bytes", got=str(length)
        )
    envelope = read_up_to(stream, length)
    if len(prefix) < _LENGTH_SIZE or len(envelope) < length:
        raise TruncatedBundle(where=where, expected=f"a header of {length} bytes", got=f"{len(envelope)} of them")
    try:
        header = verify_envelope(envelope, identity, payload_type=BUNDLE_PAYLOAD, where=where, limits=limits)
    except (MalformedEnvelope, CoreError) as error:
        raise MalformedBundle(where=where, expected="a signed header", got=str(error)) from error
    except (BadSignature, MissingSignature, UnexpectedSignature, WrongPayloadType) as error:
        raise ForgedBundle(where=where, expected=f"the signature of {identity.name}", got=str(error)) from error
    manifest = parse_manifest(header, where=where, limits=limits)
    if manifest.profile is not identity.profile:
        raise ForgedBundle(where=where, expected=f"the profile {identity.profile}", got=str(manifest.profile))
    return manifest


def _read_chunks(stream: Readable, manifest: Manifest, where: str) -> Iterator[bytes]:
    """The chunks of ciphertext, each as its signed digest says, and nothing behind the last."""
    for index, (size, digest) in enumerate(zip(manifest.sealed_sizes(), manifest.chunks, strict=True)):
        chunk = read_up_to(stream, size)
        if len(chunk) < size:
            raise TruncatedBundle(where=where, expected=f"{size} bytes of chunk {index}", got=str(len(chunk)))
        if hashlib.sha256(chunk).digest() != digest:
            raise AlteredBundle(where=f"{where}: chunk {index}", expected=f"sha256:{digest.hex()}", got="other bytes")
        yield chunk
    if read_up_to(stream, 1):
        raise AlteredBundle(where=where, expected="an end after the last chunk", got="further bytes")
