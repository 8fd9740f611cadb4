import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hauberk.crypto import SigningKey
from hauberk.ledger import Log, LogReader, load_log, verify_consistency
from hauberk.ledger.disk import read_file
from hauberk.ledger.errors import AlteredEntry, AlteredTile, Forked, MissingFile, OutOfRange, RolledBack

ORIGIN = "example.com/log"
Open = Callable[..., Log]
Make = Callable[[int], list[bytes]]
Mth = Callable[[list[bytes]], bytes]


@pytest.fixture
def log(opened: Open, entries: Make) -> Log:
    log = opened()
    log.append(entries(1300))
    log.close()
    return log


@pytest.fixture
def load(folder: Path, key: SigningKey, log: Log) -> Callable[[], LogReader]:
    return lambda: load_log(folder, origin=ORIGIN, verifiers=key.identity.keys)


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_everything_can_be_read(load: Callable[[], LogReader], entries: Make, mth: Mth) -> None:
    reader = load()
    data = entries(1300)
    assert list(reader.entries()) == data
    assert [reader.root(size) for size in (0, 1, 256, 700, 1300)] == [
        mth(data[:size]) for size in (0, 1, 256, 700, 1300)
    ]
    for old in (1, 255, 256, 1024, 1299, 1300):
        path = reader.consistency_proof(old)
        verify_consistency(path, old_size=old, old_root=mth(data[:old]), new_size=1300, new_root=reader.checkpoint.root)


def test_what_was_altered_is_never_returned(load: Callable[[], LogReader], folder: Path) -> None:
    flip(folder / "tile/entries/002", 40)
    flip(folder / "tile/0/003", 0)
    reader = load()
    with pytest.raises(AlteredEntry, match="tile/entries/002: entry 515"):
        reader.read(600)
    with pytest.raises(AlteredTile, match="tile/0/003"):
        reader.read(800)
    with pytest.raises(AlteredTile, match="tile/0/003"):
        reader.receipt(1000)
    assert reader.read(5) == b"entry 5"
    (folder / "tile/0/001").unlink()
    with pytest.raises(MissingFile, match="tile/0/001"):
        reader.read(300)


def test_a_snapshot_outlives_its_tiles(opened: Open, folder: Path, key: SigningKey, entries: Make) -> None:
    with opened() as log:
        log.append(entries(3))
        early = load_log(folder, origin=ORIGIN, verifiers=key.identity.keys)
        log.append(entries(4))
        assert list(early.entries()) == entries(3)
        log.append(entries(300))
        assert not (folder / "tile/entries/000.p").exists()
        assert list(early.entries()) == entries(3)
        assert (early.size, log.size) == (3, 307)


def test_a_tile_that_is_replaced_while_it_is_read(
    opened: Open, folder: Path, key: SigningKey, entries: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as log:
        log.append(entries(3))
        early = load_log(folder, origin=ORIGIN, verifiers=key.identity.keys)
        calls = []

        def late(folder: Path, path: str) -> bytes:
            calls.append(path)
            if len(calls) == 1:
                log.append(entries(4))
            return read_file(folder, path)

        monkeypatch.setattr("hauberk.ledger.nodes.read_file", late)
        assert early.read(2) == b"entry 2"
    assert calls == ["tile/entries/000.p/3", "tile/entries/000.p/7"]


def test_extending_what_is_known(opened: Open, folder: Path, key: SigningKey, entries: Make) -> None:
    with opened() as log:
        log.append(entries(3))
        small = log.checkpoint
        log.append(entries(300))
        large = log.checkpoint
    load_log(folder, origin=ORIGIN, verifiers=key.identity.keys, known=small)
    shutil.rmtree(folder)
    with opened() as log:
        log.append(entries(5))
    with pytest.raises(RolledBack):
        load_log(folder, origin=ORIGIN, verifiers=key.identity.keys, known=large)
    shutil.rmtree(folder)
    with opened() as log:
        log.append([b"other"] * 400)
    for known in (small, large):
        with pytest.raises(Forked):
            load_log(folder, origin=ORIGIN, verifiers=key.identity.keys, known=known)


@pytest.mark.parametrize("size", [-1, 1301])
def test_no_root_beyond_the_end(load: Callable[[], LogReader], size: int) -> None:
    with pytest.raises(OutOfRange):
        load().root(size)
    with pytest.raises(OutOfRange):
        list(load().entries(size))


def test_more_tiles_than_the_cache_holds(
    load: Callable[[], LogReader], entries: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hauberk.ledger.nodes._MOST_TILES", 1)
    assert list(load().entries()) == entries(1300)
