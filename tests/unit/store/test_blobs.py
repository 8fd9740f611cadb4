"""Blobs: what comes out is what went in, or a clear error."""

from __future__ import annotations

import io
import os
import shutil
import stat
from pathlib import Path

import pytest

from hauberk.core.digest import Digest, digest_bytes
from hauberk.crypto import FileKeyProvider
from hauberk.crypto.errors import UnknownKey
from hauberk.store import BlobStore
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
from hauberk.testing.memory_keys import MemoryKeys

KEYS = MemoryKeys(wrapping={"store": b"k" * 32})
OTHER = MemoryKeys(wrapping={"store": b"o" * 32})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "store"


@pytest.fixture
def store(folder: Path) -> BlobStore:
    return BlobStore(folder, KEYS)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def only_file(folder: Path) -> Path:
    (path,) = files(folder)
    return path


@pytest.mark.parametrize("data", [b"", b"model", bytes(3_000_000)])
def test_round_trip(store: BlobStore, data: bytes) -> None:
    digest = store.put_bytes(data)
    assert digest == digest_bytes(data)
    assert store.has(digest)
    assert store.get_bytes(digest) == data
    assert store.check(digest) == ()
    assert b"".join(store.open(digest)) == data


def test_streams_and_bytes_agree(store: BlobStore) -> None:
    data = bytes(range(256)) * 9000
    assert store.put_stream(io.BytesIO(data)) == digest_bytes(data)
    assert store.get_bytes(digest_bytes(data)) == data


def test_the_plaintext_is_nowhere(store: BlobStore, folder: Path) -> None:
    digest = store.put_bytes(b"a secret weight " * 100)
    assert b"secret" not in only_file(folder).read_bytes()
    assert only_file(folder).name == digest.hex


def test_modes(store: BlobStore, folder: Path) -> None:
    old = os.umask(0)
    try:
        store.put_bytes(b"model")
    finally:
        os.umask(old)
    assert stat.S_IMODE(only_file(folder).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_putting_twice_changes_nothing(store: BlobStore, folder: Path) -> None:
    store.put_bytes(b"model")
    before = only_file(folder).read_bytes()
    store.put_bytes(b"model")
    store.put_stream(io.BytesIO(b"model"))
    assert only_file(folder).read_bytes() == before


def test_putting_again_heals_a_broken_blob(store: BlobStore, folder: Path) -> None:
    for put in (store.put_bytes, lambda data: store.put_stream(io.BytesIO(data))):
        digest = put(b"model")
        only_file(folder).write_bytes(b"broken")
        assert store.check(digest)
        assert put(b"model") == digest
        assert store.get_bytes(digest) == b"model"


def test_missing(store: BlobStore) -> None:
    digest = digest_bytes(b"never stored")
    assert not store.has(digest)
    with pytest.raises(MissingBlob) as caught:
        store.get_bytes(digest)
    assert str(digest) in caught.value.where
    assert caught.value.exit_code == 1
    assert [finding.code for finding in store.check(digest)] == ["store.blob.missing"]


def test_every_flipped_byte_is_seen(store: BlobStore, folder: Path) -> None:
    digest = store.put_bytes(b"model")
    path = only_file(folder)
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises((AlteredBlob, TruncatedBlob)) as caught:
            store.get_bytes(digest)
        assert str(digest) in caught.value.message
        assert isinstance(caught.value, AlteredBlob) or 20 <= place < 22, place
        assert len(store.check(digest)) == 1


def test_every_cut_is_seen(store: BlobStore, folder: Path) -> None:
    digest = store.put_bytes(b"model")
    path = only_file(folder)
    data = path.read_bytes()
    for size in range(len(data)):
        path.write_bytes(data[:size])
        with pytest.raises(TruncatedBlob):
            store.get_bytes(digest)
    path.write_bytes(data + b"\0")
    with pytest.raises(AlteredBlob):
        store.get_bytes(digest)


def test_wrong_key(store: BlobStore, folder: Path) -> None:
    digest = store.put_bytes(b"model")
    for keys in (OTHER, MemoryKeys(wrapping={"elsewhere": b"k" * 32})):
        with pytest.raises(WrongStoreKey):
            BlobStore(folder, keys).get_bytes(digest)
        assert [finding.code for finding in BlobStore(folder, keys).check(digest)] == ["store.blob.wrong_key"]


def test_a_store_without_its_key_stores_nothing(folder: Path) -> None:
    with pytest.raises(UnknownKey):
        BlobStore(folder, MemoryKeys()).put_bytes(b"model")
    assert files(folder) == []


def test_files_that_were_swapped(store: BlobStore, folder: Path) -> None:
    first, second = store.put_bytes(b"model"), store.put_bytes(b"another model")
    path = folder / first.hex[:2] / first.hex
    shutil.copy(folder / second.hex[:2] / second.hex, path)
    with pytest.raises(SwappedBlob):
        store.get_bytes(first)
    assert store.get_bytes(second) == b"another model"


def test_list_and_delete(store: BlobStore, folder: Path) -> None:
    assert list(store.digests()) == []
    stored = sorted(store.put_bytes(bytes([number])) for number in range(40))
    (folder / "notes.txt").write_text("not a blob")
    assert list(store.digests()) == stored
    store.delete(stored[0])
    assert list(store.digests()) == stored[1:]
    with pytest.raises(MissingBlob):
        store.delete(stored[0])


def test_drafts_are_no_blobs_and_can_be_cleaned(store: BlobStore, folder: Path) -> None:
    digest = store.put_bytes(b"model")
    (folder / ".draft-0123").write_bytes(b"half")
    assert list(store.digests()) == [digest]
    assert store.clean() == 1
    assert store.clean() == 0
    assert store.get_bytes(digest) == b"model"


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("file")
    store = BlobStore(tmp_path / "store", KEYS)
    with pytest.raises(StoreUnwritable):
        store.put_bytes(b"model")
    with pytest.raises(StoreUnreadable):
        store.get_bytes(digest_bytes(b"model"))
    assert (tmp_path / "store").read_text() == "file"


def test_a_blob_that_is_a_folder(store: BlobStore, folder: Path) -> None:
    digest = digest_bytes(b"model")
    (folder / digest.hex[:2] / digest.hex).mkdir(parents=True)
    with pytest.raises(StoreUnreadable):
        store.get_bytes(digest)
    with pytest.raises(StoreUnwritable):
        store.put_bytes(b"model")


def test_errors_share_a_base() -> None:
    found = StoreError.__subclasses__()
    assert len({error.code for error in found}) == len(found) == 12
    assert all(error.code.startswith("STORE-") and error.__doc__ for error in found)


def test_a_cut_blob_gives_no_false_end(store: BlobStore, folder: Path) -> None:
    """A reader of pieces sees the error before the end of the iteration."""
    digest = store.put_bytes(bytes(2 << 20))
    path = only_file(folder)
    path.write_bytes(path.read_bytes()[: (1 << 20) + 500])
    pieces = store.open(digest)
    with pytest.raises(TruncatedBlob):
        list(pieces)


def test_digest_of_another_kind_of_name(store: BlobStore) -> None:
    assert not store.has(Digest("0" * 64))


def test_a_draft_that_cannot_be_deleted(store: BlobStore, folder: Path) -> None:
    (folder / ".draft-1").mkdir(parents=True)
    with pytest.raises(StoreUnwritable):
        store.clean()


def test_a_blob_that_names_a_key_of_another_kind(tmp_path: Path) -> None:
    keys = FileKeyProvider(tmp_path / "keys")
    keys.create_wrapping_key("store")
    digest = BlobStore(tmp_path / "store", keys).put_bytes(b"x")
    (tmp_path / "keys" / "store.key").unlink()
    keys.create_signing_key("store", identity="x")
    found = BlobStore(tmp_path / "store", FileKeyProvider(tmp_path / "keys")).check(digest)
    assert [one.code for one in found] == ["store.blob.wrong_key"]
