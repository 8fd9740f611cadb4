"""The log on disk, for its one writer: append, sign, and never give the log two histories.

Layout: C2SP tlog-tiles (`checkpoint`, `tile/<level>/…`, `tile/entries/…`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from hauberk.crypto import PublicKey, Signer
from hauberk.crypto.errors import NoVerifiers
from hauberk.ledger.bundles import check_entries, render_bundle
from hauberk.ledger.checkpoint import Checkpoint, check_origin, sign_checkpoint, verify_checkpoint
from hauberk.ledger.commit import commit
from hauberk.ledger.disk import make_folder
from hauberk.ledger.errors import LogClosed, MissingCheckpoint, OutOfRange, RolledBack
from hauberk.ledger.lock import FolderLock
from hauberk.ledger.nodes import Folds
from hauberk.ledger.pending import MOST_AT_ONCE, NEXT, Pending, recover
from hauberk.ledger.reader import LogReader
from hauberk.ledger.tiles import HEIGHT, WIDTH, names_since, render_tile
from hauberk.ledger.tree import MerkleTree

__all__ = ["Log", "open_log"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """The log as it is on disk: checkpoint (if there is one), right edge of the tree, entries of the last bundle."""

    checkpoint: Checkpoint | None
    note: bytes
    edge: list[tuple[int, list[bytes]]]
    tail: list[bytes]


class Log:
    """A log that is open for writing; `open_log` makes it. Use it as a context manager, or `close` it.

    After an append that failed, the next use reads the state anew from disk.

    Raises:
        LogLocked, NoLocks: Another writer holds the folder, or it cannot be held.
    """

    __slots__ = ("_cache", "_folder", "_lock", "_origin", "_reader", "_signers", "_state", "_verifiers")

    def __init__(self, folder: Path, *, origin: str, signers: Sequence[Signer], verifiers: Sequence[PublicKey]) -> None:
        self._folder = folder
        self._origin = origin
        self._signers = tuple(signers)
        self._verifiers = tuple(verifiers)
        self._cache: Folds = {}
        self._reader: LogReader | None = None
        self._state: _State | None = None
        self._lock = FolderLock(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets the next writer in."""
        self._lock.release()

    @property
    def size(self) -> int:
        """Number of entries."""
        checkpoint = self._current().checkpoint
        return checkpoint.size if checkpoint else 0

    @property
    def checkpoint(self) -> Checkpoint:
        """The last signed checkpoint.

        Raises:
            MissingCheckpoint: Nothing was appended yet.
        """
        checkpoint = self._current().checkpoint
        if checkpoint is None:
            raise MissingCheckpoint(where=str(self._folder), expected="at least one entry", got="an empty log")
        return checkpoint

    def snapshot(self) -> LogReader:
        """The log as it is now, for reading.

        Raises:
            MissingCheckpoint: Nothing was appended yet.
            WrongRoot, MissingFile, MalformedTile: The files are not as they were written.
        """
        checkpoint = self.checkpoint
        if self._reader is None:
            self._reader = LogReader(self._folder, checkpoint=checkpoint, note=self._current().note, cache=self._cache)
        return self._reader

    def read(self, index: int) -> bytes:
        """The entry at `index`; raises as `LogReader.read` does."""
        return self.snapshot().read(index)

    def entries(self, start: int = 0) -> Iterator[bytes]:
        """The entries from `start` on; nothing from an empty log. Raises as `LogReader.entries` does."""
        return self.snapshot().entries(start) if self.size else iter(())

    def receipt(self, index: int) -> bytes:
        """The `.tlog-proof` receipt of the entry at `index`; raises as `LogReader.receipt` does."""
        return self.snapshot().receipt(index)

    def append(self, entries: Sequence[bytes]) -> range:
        """Appends entries under one new checkpoint, and gives their indexes once all is safe on disk.

        All of them are in the log afterwards, or none. If the process dies meanwhile, the next opening takes the
        append back, or completes it where the checkpoint had been signed already.

        Raises:
            LogClosed: The log is closed.
            NotAnEntry, EntryTooLarge, OutOfRange: Something cannot be appended; nothing was written.
            DiskFull, FolderUnwritable, DiskFailed: It cannot be written; the log is as it was before.
            CryptoError: The signers do not make what the verifiers accept; the log is as it was before.
        """
        state = self._current()
        check_entries(entries)
        if len(entries) > MOST_AT_ONCE:
            raise OutOfRange(where="append", expected=f"at most {MOST_AT_ONCE} entries", got=str(len(entries)))
        tree = MerkleTree.from_edge(state.edge)
        indexes = tree.append(entries)
        if not indexes:
            return indexes
        self._state = self._reader = None
        bundled = [*state.tail, *entries]
        checkpoint = Checkpoint(origin=self._origin, size=indexes.stop, root=tree.root())
        pending = Pending(old_size=indexes.start, new_size=indexes.stop)
        files = _files(tree, bundled, pending)
        note = commit(
            self._folder, pending=pending, files=files, sign=lambda: self._sign(checkpoint), standing=state.note
        )
        tail = bundled[-(indexes.stop % WIDTH) :] if indexes.stop % WIDTH else []
        self._state = _State(checkpoint=checkpoint, note=note, edge=tree.edge_levels(HEIGHT), tail=tail)
        return indexes

    def _current(self) -> _State:
        """What is on disk, brought in order and verified first if need be.

        Raises:
            LogClosed: The log is closed.
            LedgerError, CryptoError: As for `open_log`.
        """
        if not self._lock.held:
            raise LogClosed(where=str(self._folder), expected="an open log", got="one that was closed")
        if self._state is None:
            reader = recover(self._folder, origin=self._origin, verifiers=self._verifiers)
            self._state = _state(reader)
            self._reader = reader
        return self._state

    def _sign(self, checkpoint: Checkpoint) -> bytes:
        note = sign_checkpoint(checkpoint, self._signers)
        verify_checkpoint(note, self._verifiers, origin=self._origin, where=NEXT)
        return note


def open_log(
    folder: Path,
    *,
    origin: str,
    signers: Sequence[Signer],
    verifiers: Sequence[PublicKey],
    known: Checkpoint | None = None,
) -> Log:
    """The log in the folder, for writing; an empty one where there is none. Only one process can hold it open.

    What an append that was cut off has left is taken back or completed. The right edge is verified against the
    signed checkpoint; `audit_log` verifies everything.

    Args:
        folder: Folder of the log; made if missing.
        origin: Name of the log.
        signers: Who sign its checkpoints.
        verifiers: Keys that must all have signed a checkpoint: those of `signers`.
        known: A verified checkpoint that the log must extend, against a roll-back of the whole folder.

    Raises:
        BadOrigin, NoVerifiers: Nothing to sign or verify with.
        LogLocked, NoLocks: Another writer holds the log.
        CryptoError, MalformedCheckpoint, WrongOrigin: The checkpoint does not verify.
        WrongRoot, AlteredEntry, AlteredTile, MissingFile, MalformedTile, MalformedBundle: Files were altered.
        MissingCheckpoint, RolledBack, Forked, MalformedPending: The log is not the newest, or has another history.
        DiskFull, FolderUnwritable, DiskFailed: The folder cannot be used.
    """
    check_origin(origin)
    if not signers or not verifiers:
        raise NoVerifiers(where=str(folder), expected="at least one signer and one verifier", got="none")
    make_folder(folder)
    log = Log(folder, origin=origin, signers=signers, verifiers=verifiers)
    try:
        if log.size and known is not None:
            log.snapshot().verify_extends(known)
        elif known is not None and known.size:
            raise RolledBack(where=str(folder), expected=f"{known.size} entries or more", got="an empty log")
    except BaseException:
        log.close()
        raise
    return log


def _state(reader: LogReader | None) -> _State:
    if reader is None:
        return _State(checkpoint=None, note=b"", edge=[], tail=[])
    tail = list(reader.entries(reader.size // WIDTH * WIDTH))
    return _State(checkpoint=reader.checkpoint, note=reader.note, edge=reader.edge_levels(), tail=tail)


def _files(tree: MerkleTree, bundled: Sequence[bytes], pending: Pending) -> Iterator[tuple[str, bytes]]:
    """Bundles and tiles of an append; `bundled` begins with the first entry of the first bundle."""
    base = pending.old_size // WIDTH * WIDTH
    for name in names_since(pending.new_size, pending.old_size):
        stop = name.first + name.width
        if name.level < 0:
            yield name.path, render_bundle(bundled[name.first - base : stop - base])
        else:
            yield name.path, render_tile(tree.nodes(name.level * HEIGHT, name.first, stop))
