import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hauberk.crypto import SigningKey
from hauberk.crypto.errors import CryptoError, NoVerifiers
from hauberk.ledger import Log, load_log, open_log, verify_checkpoint, verify_receipt
from hauberk.ledger.errors import (
    AlteredEntry,
    BadOrigin,
    EntryTooLarge,
    Forked,
    LedgerError,
    LogClosed,
    MalformedPending,
    MissingCheckpoint,
    NotAnEntry,
    OutOfRange,
    RolledBack,
    WrongOrigin,
    WrongRoot,
)

ORIGIN = "example.com/log"
Open = Callable[..., Log]
Make = Callable[[int], list[bytes]]
Mth = Callable[[list[bytes]], bytes]


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_batches_of_all_sizes(opened: Open, entries: Make, mth: Mth) -> None:
    data = entries(1300)
    with opened() as log:
        for start, stop in ((0, 1), (1, 3), (3, 255), (255, 256), (256, 256), (256, 512), (512, 1300)):
            assert log.append(data[start:stop]) == range(start, stop)
            assert log.checkpoint.size == log.size == stop
            assert log.checkpoint.root == mth(data[:stop])
    with opened() as log:
        assert list(log.entries()) == data
        assert list(log.entries(700)) == data[700:]
        assert [log.read(index) for index in (0, 255, 256, 1299)] == [data[index] for index in (0, 255, 256, 1299)]


def test_one_by_one_gives_the_same_files_as_one_batch(
    folder: Path, opened: Open, entries: Make, key: SigningKey, tmp_path: Path
) -> None:
    with opened() as log:
        for entry in entries(300):
            log.append([entry])
    other = tmp_path / "other"
    with open_log(other, origin=ORIGIN, signers=[key], verifiers=key.identity.keys) as log:
        log.append(entries(300))
    assert files(other) == files(folder)
    assert sorted(files(folder)) == [
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    ]


def test_receipts_verify_and_older_ones_go_on_doing_so(opened: Open, entries: Make, key: SigningKey) -> None:
    data = entries(600)
    with opened() as log:
        log.append(data[:300])
        old = log.receipt(299)
        log.append(data[300:])
        for index in (0, 255, 256, 299, 300, 599):
            verify_receipt(data[index], log.receipt(index), key.identity.keys, origin=ORIGIN)
    assert verify_receipt(data[299], old, key.identity.keys, origin=ORIGIN).checkpoint.size == 300


def test_an_empty_log(folder: Path, opened: Open, key: SigningKey) -> None:
    with opened() as log:
        assert (log.size, list(log.entries()), log.append([])) == (0, [], range(0))
        with pytest.raises(MissingCheckpoint):
            log.checkpoint  # noqa: B018
        with pytest.raises(MissingCheckpoint):
            log.receipt(0)
    assert files(folder) == {}
    with pytest.raises(MissingCheckpoint):
        load_log(folder, origin=ORIGIN, verifiers=key.identity.keys)


@pytest.mark.parametrize("index", [-1, 5, 2**70])
def test_nothing_beyond_the_end(index: int, opened: Open, entries: Make) -> None:
    with opened() as log:
        log.append(entries(5))
        for ask in (log.read, log.receipt):
            with pytest.raises(OutOfRange):
                ask(index)


def test_what_is_no_entry_changes_nothing(folder: Path, opened: Open, entries: Make) -> None:
    with opened() as log:
        log.append(entries(5))
        before = files(folder)
        with pytest.raises(EntryTooLarge, match="entry 1"):
            log.append([b"fine", bytes(65_536)])
        with pytest.raises(NotAnEntry):
            log.append([b"fine", "text"])  # type: ignore[list-item]
        assert (log.size, files(folder)) == (5, before)
        log.append([bytes(65_535)])
        assert log.read(5) == bytes(65_535)


def test_closed_is_closed(opened: Open, entries: Make) -> None:
    log = opened()
    log.close()
    log.close()
    for use in (lambda: log.append(entries(1)), lambda: log.size, lambda: log.read(0)):
        with pytest.raises(LogClosed):
            use()


def test_wrong_use_is_refused_before_anything_is_made(folder: Path, key: SigningKey) -> None:
    for signers, verifiers in (([], key.identity.keys), ([key], [])):
        with pytest.raises(NoVerifiers):
            open_log(folder, origin=ORIGIN, signers=signers, verifiers=verifiers)
    for origin in ("", "two\nlines", "x" * 2000):
        with pytest.raises(BadOrigin):
            open_log(folder, origin=origin, signers=[key], verifiers=key.identity.keys)
    assert not folder.exists()


def test_signers_that_the_verifiers_do_not_accept_change_nothing(
    folder: Path, opened: Open, entries: Make, key: SigningKey
) -> None:
    with opened() as log:
        log.append(entries(5))
    before = files(folder)
    stranger = SigningKey(ORIGIN, [bytes(32)])
    for signers in ([stranger], [key, stranger]):
        with open_log(folder, origin=ORIGIN, signers=signers, verifiers=key.identity.keys) as log:
            with pytest.raises(CryptoError):
                log.append([b"more"])
            assert (log.size, files(folder)) == (5, before)


def test_another_origin_or_key_does_not_open(folder: Path, opened: Open, entries: Make, key: SigningKey) -> None:
    with opened() as log:
        log.append(entries(5))
    with pytest.raises(WrongOrigin):
        open_log(folder, origin="example.com/other", signers=[key], verifiers=key.identity.keys)
    stranger = SigningKey(ORIGIN, [bytes(32)])
    with pytest.raises(CryptoError):
        open_log(folder, origin=ORIGIN, signers=[stranger], verifiers=stranger.identity.keys)


def test_a_failed_opening_lets_go_of_the_lock(folder: Path, opened: Open, entries: Make) -> None:
    with opened() as log:
        log.append(entries(5))
    good = (folder / "checkpoint").read_bytes()
    (folder / "checkpoint").write_bytes(b"")
    with pytest.raises(CryptoError):
        opened()
    (folder / "checkpoint").write_bytes(good)
    opened().close()


@pytest.mark.parametrize(
    ("path", "error"),
    [("tile/0/001.p/44", WrongRoot), ("tile/1/000.p/1", WrongRoot), ("tile/entries/001.p/44", AlteredEntry)],
)
def test_an_altered_right_edge_does_not_open(
    folder: Path, opened: Open, entries: Make, path: str, error: type[LedgerError]
) -> None:
    with opened() as log:
        log.append(entries(300))
    data = bytearray((folder / path).read_bytes())
    data[-1] ^= 1
    (folder / path).write_bytes(data)
    with pytest.raises(error):
        opened()


def test_an_older_checkpoint_put_back_does_not_open(folder: Path, opened: Open, entries: Make) -> None:
    """Whatever width the tiles beyond it have; the partial tiles that it needs are put back too."""
    for first, second in ((3, 4), (250, 20), (256, 1), (300, 500)):
        shutil.rmtree(folder, ignore_errors=True)
        with opened() as log:
            log.append(entries(first))
            old = files(folder)
            log.append(entries(second))
        for path, data in old.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        with pytest.raises(RolledBack, match="checkpoint"):
            opened()
        (folder / "checkpoint").unlink()
        with pytest.raises(MissingCheckpoint):
            opened()


def test_a_folder_put_back_as_a_whole_is_seen_by_who_remembers(folder: Path, opened: Open, entries: Make) -> None:
    with opened() as log:
        log.append(entries(3))
        shutil.copytree(folder, folder.with_name("copy"))
        log.append(entries(2))
        known = log.checkpoint
    opened(known=known).close()
    shutil.rmtree(folder)
    with pytest.raises(RolledBack):
        opened(known=known)
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("copy"), folder)
    opened().close()
    with pytest.raises(RolledBack):
        opened(known=known)
    with opened() as log:
        log.append([b"another", b"history"])
    with pytest.raises(Forked):
        opened(known=known)


def test_a_record_that_does_not_fit_is_refused(folder: Path, opened: Open, entries: Make) -> None:
    with opened() as log:
        log.append(entries(5))
    for record in (b"", b"hauberk ledger append v1\n7\n9\n", b"hauberk ledger append v1\n5\n5\n", b"\xff"):
        (folder / "pending").write_bytes(record)
        with pytest.raises(MalformedPending, match="pending"):
            opened()


def test_a_next_checkpoint_that_does_not_verify_is_refused(
    folder: Path, opened: Open, entries: Make, key: SigningKey
) -> None:
    with opened() as log:
        log.append(entries(5))
    note = (folder / "checkpoint").read_bytes()
    (folder / "checkpoint.next").write_bytes(note.replace(b"\n5\n", b"\n6\n"))
    with pytest.raises(CryptoError):
        opened()
    # One that is in place already is no more than a leftover.
    (folder / "checkpoint.next").write_bytes(note)
    opened().close()
    assert not (folder / "checkpoint.next").exists()
    assert verify_checkpoint((folder / "checkpoint").read_bytes(), key.identity.keys, origin=ORIGIN).size == 5
