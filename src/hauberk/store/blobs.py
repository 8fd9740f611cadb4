"""Blobs by digest, encrypted at rest.

A blob is named by the digest of its plaintext and lies, as an envelope, in `FOLDER/ab/abcdef…`. It is written to a
draft beside, synced, then renamed: a reader sees a whole blob or none.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from hauberk.core.digest import Digest, digest_bytes
from hauberk.core.errors import HauberkError
from hauberk.core.finding import Finding, Severity
from hauberk.crypto import Entropy, KeyWrapper, Readable, open_stream, seal_stream
from hauberk.crypto.errors import (
    AlteredCiphertext,
    BadKeyLabel,
    MalformedSealed,
    MovedCiphertext,
    TruncatedCiphertext,
    UnknownKey,
    WrongKey,
    WrongKeyKind,
)
from hauberk.store.errors import (
    AlteredBlob,
    MissingBlob,
    StoreError,
    StoreUnreadable,
    StoreUnwritable,
    SwappedBlob,
    TruncatedBlob,
    WrongStoreKey,
)

__all__ = ["BlobStore"]

_DRAFT = ".draft-"
_KINDS: dict[type[StoreError], str] = {
    AlteredBlob: "altered",
    MissingBlob: "missing",
    StoreUnreadable: "unreadable",
    SwappedBlob: "swapped",
    TruncatedBlob: "truncated",
    WrongStoreKey: "wrong_key",
}
_FAULTS: dict[type[HauberkError], type[StoreError]] = {
    AlteredCiphertext: AlteredBlob,
    BadKeyLabel: AlteredBlob,
    MalformedSealed: AlteredBlob,
    MovedCiphertext: AlteredBlob,
    TruncatedCiphertext: TruncatedBlob,
    UnknownKey: WrongStoreKey,
    WrongKey: WrongStoreKey,
    WrongKeyKind: WrongStoreKey,
}


class BlobStore:
    """Bytes by their digest, in a folder that is made when the first blob is.

    Args:
        folder: Where the blobs lie.
        keys: Wraps the data key of each blob.
        key_name: Which of its keys does.
        entropy: Gives data keys.
    """

    def __init__(
        self, folder: Path, keys: KeyWrapper, *, key_name: str = "store", entropy: Entropy = os.urandom
    ) -> None:
        self._folder = folder
        self._keys = keys
        self._key_name = key_name
        self._entropy = entropy

    def put_bytes(self, data: bytes) -> Digest:
        """Store bytes and give their digest; whole bytes that are there already are left as they are.

        Raises:
            StoreUnwritable: The folder cannot be written; nothing is left behind.
            CryptoError: The store's key cannot be used.
        """
        digest = digest_bytes(data)
        if self._is_whole(digest):
            return digest
        return self.put_stream(io.BytesIO(data))

    def put_stream(self, source: Readable) -> Digest:
        """Store what is left in `source`, a piece at a time, and give its digest.

        Raises:
            StoreUnwritable: The folder cannot be written; nothing is left behind.
            CryptoError: The store's key cannot be used.
        """
        reader = _HashingReader(source)
        pieces = seal_stream(reader, wrapper=self._keys, key_name=self._key_name, entropy=self._entropy)
        draft = self._folder / f"{_DRAFT}{secrets.token_hex(8)}"
        try:
            if not self._folder.is_dir():
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                _sync_folder(self._folder.parent)
            try:
                _write_synced(draft, pieces)
                self._publish(draft, reader.digest)
            finally:
                with contextlib.suppress(OSError):
                    draft.unlink()
        except OSError as error:
            got = error.strerror or str(error)
            raise StoreUnwritable(where=str(self._folder), expected="a folder with space to write", got=got) from error
        return reader.digest

    def get_bytes(self, digest: Digest) -> bytes:
        """The bytes of this digest, all of them verified.

        Raises:
            MissingBlob: There are none.
            AlteredBlob, TruncatedBlob, WrongStoreKey, SwappedBlob: They are not what was stored.
            StoreUnreadable: The file cannot be read.
        """
        return b"".join(self.open(digest))

    def open(self, digest: Digest) -> Iterator[bytes]:
        """The bytes of this digest, in pieces of at most 1 MiB.

        Each piece is authenticated; that it is the right blob and nothing is missing is known at the end only, so
        that a reader must come to the end before it acts.

        Raises:
            As `get_bytes`, some of them at the end.
        """
        where = self._where(digest)
        hashed = hashlib.sha256()
        try:
            with self._path(digest).open("rb") as stream:
                for piece in open_stream(stream, wrapper=self._keys, where=where):
                    hashed.update(piece)
                    yield piece
        except tuple(_FAULTS) as error:
            raise _FAULTS[type(error)](where=where, expected=error.expected, got=error.got) from error
        except FileNotFoundError as error:
            raise MissingBlob(where=where, expected="a blob of this digest", got="none") from error
        except OSError as error:
            raise StoreUnreadable(where=where, expected="a readable file", got=error.strerror or str(error)) from error
        if hashed.hexdigest() != digest.hex:
            raise SwappedBlob(where=where, expected=str(digest), got=f"sha256:{hashed.hexdigest()}")

    def has(self, digest: Digest) -> bool:
        """Whether there is a blob of this name; `check` says whether it is whole."""
        return self._path(digest).is_file()

    def check(self, digest: Digest) -> tuple[Finding, ...]:
        """What is wrong with the blob of this digest; nothing where it is there and whole."""
        try:
            for _ in self.open(digest):
                pass
        except StoreError as error:
            return (Finding(code=f"store.blob.{_KINDS[type(error)]}", severity=Severity.ERROR, message=error.message),)
        return ()

    def digests(self) -> Iterator[Digest]:
        """The digests of the stored blobs, sorted."""
        for path in sorted(self._folder.glob("[0-9a-f][0-9a-f]/" + "[0-9a-f]" * 64)):
            yield Digest(path.name)

    def delete(self, digest: Digest) -> None:
        """Forget a blob.

        Raises:
            MissingBlob: There is none.
            StoreUnwritable: The folder cannot be written.
        """
        path = self._path(digest)
        try:
            path.unlink()
            _sync_folder(path.parent)
        except FileNotFoundError as error:
            raise MissingBlob(where=self._where(digest), expected="a blob of this digest", got="none") from error
        except OSError as error:
            raise StoreUnwritable(where=self._where(digest), got=error.strerror or str(error)) from error

    def clean(self) -> int:
        """Delete the drafts that killed writers left, and give their number. Only for the one who holds the lock.

        Raises:
            StoreUnwritable: One cannot be deleted.
        """
        drafts = list(self._folder.glob(f"{_DRAFT}*"))
        for draft in drafts:
            try:
                draft.unlink(missing_ok=True)
            except OSError as error:
                raise StoreUnwritable(where=str(draft), got=error.strerror or str(error)) from error
        return len(drafts)

    def _path(self, digest: Digest) -> Path:
        return self._folder / digest.hex[:2] / digest.hex

    def _where(self, digest: Digest) -> str:
        return f"{self._folder}: {digest}"

    def _is_whole(self, digest: Digest) -> bool:
        return self.has(digest) and not self.check(digest)

    def _publish(self, draft: Path, digest: Digest) -> None:
        """Give the finished draft its name. A broken blob of that name is replaced."""
        if self._is_whole(digest):
            return
        path = self._path(digest)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        os.replace(draft, path)
        # The name is safe once its folder is synced, and that folder's own name once its parent is.
        _sync_folder(path.parent)
        _sync_folder(self._folder)


class _HashingReader:
    """Hashes what is read through it."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._hashed = hashlib.sha256()

    @property
    def digest(self) -> Digest:
        return Digest(self._hashed.hexdigest())

    def read(self, size: int, /) -> bytes:
        data = self._source.read(size)
        self._hashed.update(data)
        return data


def _write_synced(path: Path, pieces: Iterator[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        for piece in pieces:
            view = memoryview(piece)
            while view:
                view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
