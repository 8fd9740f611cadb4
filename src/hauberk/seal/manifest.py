"""The header of a bundle: what is in it, under which key it lies, and the digests of its ciphertext.

Canonical JSON; it is signed as a whole. All of it but the ciphertext digests (which are not known before) is bound to
every chunk as associated data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from hauberk.core.digest import Digest
from hauberk.core.encoding import Json, parse_base64, parse_hex, parse_json, render_base64, render_json
from hauberk.core.errors import CoreError
from hauberk.core.limits import DEFAULT_LIMITS, Limits
from hauberk.crypto import COMMITMENT_SIZE, PREFIX_SIZE, TAG_SIZE, Profile
from hauberk.seal.errors import BadBundleContent, MalformedBundle

__all__ = ["BundleFile", "Manifest", "check_file_name", "parse_manifest"]

_FORMAT = "hauberk-bundle/v1"
_CIPHER = "AES-256-GCM/STREAM/HKDF-SHA256"
_LARGEST_CHUNK = 1 << 26
_LARGEST_FILE = 1 << 52  # What 2**32 chunks of 1 MiB hold.
_LONGEST_NAME = 255
_DIGEST_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFile:
    """One file in a bundle: its name, its size in bytes and the digest of its plaintext."""

    name: str
    size: int
    digest: Digest

    def document(self) -> dict[str, Json]:
        """The file as it stands in the header."""
        return {"name": self.name, "size": self.size, "sha256": self.digest.hex}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a bundle says of itself.

    Attributes:
        name: Name of the bundle.
        profile: Which signatures it bears.
        files: What is in it, sorted by name.
        key_name: Name of the key that wraps the data key.
        wrapped: The wrapped data key.
        commitment: Commitment to the data key, 32 bytes.
        prefix: Nonce prefix of the chunks, 7 bytes.
        chunk_size: Bytes of plaintext a chunk, but for the last of each file.
        chunks: SHA-256 of each chunk's ciphertext, 32 bytes each, in their order; empty before sealing is done.
    """

    name: str
    profile: Profile
    files: tuple[BundleFile, ...]
    key_name: str
    wrapped: bytes
    commitment: bytes
    prefix: bytes
    chunk_size: int
    chunks: tuple[bytes, ...] = ()

    @property
    def bound(self) -> bytes:
        """The bytes that every chunk is bound to: the header without the ciphertext digests."""
        return replace(self, chunks=()).render()

    def render(self) -> bytes:
        """The canonical bytes. Law: `parse_manifest(manifest.render()) == manifest`."""
        key: dict[str, Json] = {"name": self.key_name, "wrapped": render_base64(self.wrapped)}
        key |= {"commitment": self.commitment.hex(), "noncePrefix": self.prefix.hex()}
        document: dict[str, Json] = {"format": _FORMAT, "name": self.name, "profile": str(self.profile)}
        document |= {"cipher": _CIPHER, "chunkSize": self.chunk_size, "key": key}
        document |= {"files": [file.document() for file in self.files], "chunks": [c.hex() for c in self.chunks]}
        return render_json(document)

    def chunk_sizes(self, file: BundleFile) -> list[int]:
        """Plaintext sizes of the chunks of a file, in their order; an empty file has one empty chunk."""
        whole, rest = divmod(file.size, self.chunk_size)
        return [self.chunk_size] * whole + ([rest] if rest or not whole else [])

    def sealed_sizes(self) -> list[int]:
        """Ciphertext sizes of all chunks, in their order."""
        return [size + TAG_SIZE for file in self.files for size in self.chunk_sizes(file)]


def check_file_name(name: str) -> str:
    """`name`, if a file in a bundle may be called so: a relative path that stays where it is unpacked.

    Raises:
        BadBundleContent: Empty, too long, absolute, with `.` or `..` in it, or with characters that do not print.
    """
    plain = name.isprintable() and "\\" not in name and ":" not in name and 0 < len(name.encode()) <= _LONGEST_NAME
    if not plain or str(PurePosixPath(name)) != name or name.startswith("/") or set(name.split("/")) & {".", "..", ""}:
        raise BadBundleContent(expected="a plain relative path such as model.ubj", got=repr(name[:80]))
    return name


def parse_manifest(data: bytes, *, where: str = "bundle header", limits: Limits = DEFAULT_LIMITS) -> Manifest:
    """The manifest in the bytes of a header.

    Raises:
        MalformedBundle: Another form, another spelling than the canonical one, or parts that contradict one another.
    """
    try:
        manifest = _manifest(parse_json(data, where=where, limits=limits), where)
        canonical = manifest.render() == data
    except (CoreError, BadBundleContent, ValueError) as error:
        raise MalformedBundle(where=where, expected=f"a header of the form {_FORMAT}", got=str(error)) from error
    if not canonical:
        raise MalformedBundle(where=where, expected="canonical JSON with the fields of the format", got="another")
    names = [file.name for file in manifest.files]
    if not names or names != sorted(set(names)):
        raise MalformedBundle(where=where, expected="at least one file, sorted by name", got=str(names)[:120])
    if len(manifest.chunks) != sum(_chunk_count(file.size, manifest.chunk_size) for file in manifest.files):
        got = f"{len(manifest.chunks)} chunks"
        raise MalformedBundle(where=where, expected="as many chunks as the files' sizes make", got=got)
    return manifest


def _chunk_count(size: int, chunk_size: int) -> int:
    return max(1, -(-size // chunk_size))


def _manifest(document: Json, where: str) -> Manifest:
    """The manifest that a document spells; fields too many show in the comparison with the canonical bytes."""
    match document:
        case {
            "name": str(name),
            "profile": str(profile),
            "chunkSize": chunk_size,
            "key": {
                "name": str(key_name),
                "wrapped": str(wrapped),
                "commitment": str(commitment),
                "noncePrefix": str(prefix),
            },
            "files": list(files),
            "chunks": list(chunks),
        }:
            return Manifest(
                name=name,
                profile=Profile(profile),
                files=tuple(_file(file, where) for file in files),
                key_name=key_name,
                wrapped=parse_base64(wrapped, where=where),
                commitment=parse_hex(commitment, size=COMMITMENT_SIZE, where=where),
                prefix=parse_hex(prefix, size=PREFIX_SIZE, where=where),
                chunk_size=_number(chunk_size, 1, _LARGEST_CHUNK),
                chunks=tuple(parse_hex(str(chunk), size=_DIGEST_SIZE, where=where) for chunk in chunks),
            )
    fields = sorted(document) if isinstance(document, Mapping) else type(document).__name__
    raise MalformedBundle(where=where, expected=f"a header of the form {_FORMAT}", got=str(fields)[:120])


def _file(document: Json, where: str) -> BundleFile:
    match document:
        case {"name": str(name), "size": size, "sha256": str(digits)}:
            digest = Digest(parse_hex(digits, size=_DIGEST_SIZE, where=where).hex())
            return BundleFile(name=check_file_name(name), size=_number(size, 0, _LARGEST_FILE), digest=digest)
    raise MalformedBundle(where=where, expected="a file with name, size and sha256", got=repr(document)[:120])


def _number(value: Json, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"expected a whole number from {low} to {high}, got {value!r}"[:200])
    return value
