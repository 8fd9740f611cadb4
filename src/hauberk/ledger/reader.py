"""The log on disk as it stood at its checkpoint, for reading: nothing is returned that was not verified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hauberk.crypto import PublicKey
from hauberk.ledger.checkpoint import Checkpoint, check_origin, verify_checkpoint
from hauberk.ledger.disk import read_file
from hauberk.ledger.errors import Forked, MissingCheckpoint, MissingFile, OutOfRange, RolledBack
from hauberk.ledger.nodes import Folds, TileNodes
from hauberk.ledger.path import consistency_path, fold_edge, inclusion_path
from hauberk.ledger.receipt import Receipt, render_receipt
from hauberk.ledger.tiles import WIDTH

__all__ = ["CHECKPOINT", "LogReader", "load_checkpoint", "load_log"]

CHECKPOINT = "checkpoint"
"""Name of the file that holds the signed checkpoint."""


class LogReader:
    """A snapshot of a log; later appends do not change it.

    Args:
        folder: Folder of the log.
        checkpoint: The verified checkpoint.
        note: Its signed note.
        cache: Full tiles verified before, in a log that this one extends.

    Raises:
        WrongRoot, MissingFile, MalformedTile: The tiles do not make the checkpoint's root.
    """

    __slots__ = ("_folder", "_nodes", "checkpoint", "note")

    def __init__(self, folder: Path, *, checkpoint: Checkpoint, note: bytes, cache: Folds | None = None) -> None:
        self._folder = folder
        self._nodes = TileNodes(folder, size=checkpoint.size, root=checkpoint.root, cache=cache)
        self.checkpoint = checkpoint
        self.note = note

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.checkpoint.size

    def read(self, index: int) -> bytes:
        """The entry at `index`.

        Raises:
            OutOfRange: There is none.
            AlteredEntry, AlteredTile, MissingFile, MalformedBundle, MalformedTile: It is not what was logged.
        """
        if not 0 <= index < self.size:
            raise OutOfRange(where=str(self._folder), expected=f"an index below {self.size}", got=str(index))
        return self._nodes.entries(index // WIDTH)[index % WIDTH]

    def entries(self, start: int = 0) -> Iterator[bytes]:
        """The entries from `start` on, in order; a bundle is in memory at a time.

        Raises:
            OutOfRange: `start` lies beyond the end.
            AlteredEntry, AlteredTile, MissingFile, MalformedBundle, MalformedTile: One is not what was logged.
        """
        if not 0 <= start <= self.size:
            raise OutOfRange(where=str(self._folder), expected=f"an index up to {self.size}", got=str(start))
        for bundle in range(start // WIDTH, -(-self.size // WIDTH)):
            yield from self._nodes.entries(bundle)[max(0, start - bundle * WIDTH) :]

    def receipt(self, index: int) -> bytes:
        """The `.tlog-proof` receipt of the entry at `index`.

        Raises:
            OutOfRange: There is none.
            AlteredTile, MissingFile, MalformedTile: A tile is not what was logged.
        """
        path = tuple(self.inclusion_proof(index))
        return render_receipt(Receipt(index=index, path=path, note=self.note))

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Proof that the entry at `index` is in the log. Raises as `receipt` does."""
        return inclusion_path(index, self._nodes.edge, self._nodes.node)

    def consistency_proof(self, old_size: int) -> list[bytes]:
        """Proof that the log extends its first `old_size` entries (1 or more). Raises as `receipt` does."""
        return consistency_path(old_size, self._nodes.edge, self._nodes.node)

    def edge_levels(self) -> list[tuple[int, list[bytes]]]:
        """What `MerkleTree.from_edge` needs to go on from here."""
        return self._nodes.edge_levels()

    def root(self, size: int) -> bytes:
        """Root of the first `size` entries. Raises as `receipt` does."""
        if not 0 <= size <= self.size:
            raise OutOfRange(where=str(self._folder), expected=f"a size up to {self.size}", got=str(size))
        return fold_edge(size, self._nodes.node).root

    def verify_extends(self, known: Checkpoint) -> Checkpoint:
        """The log's checkpoint, once it is found to extend `known`, which was signed for this log earlier.

        Raises:
            RolledBack: The log is smaller.
            Forked: It has another origin or another history.
            AlteredTile, MissingFile, MalformedTile: A tile is not what was logged.
        """
        where = str(self._folder)
        if known.origin != self.checkpoint.origin:
            raise Forked(where=where, expected=f"origin {known.origin}", got=self.checkpoint.origin)
        if known.size > self.size:
            raise RolledBack(where=where, expected=f"{known.size} entries or more", got=str(self.size))
        root = self.root(known.size)
        if root != known.root:
            got = root.hex()
            raise Forked(where=where, expected=f"root {known.root.hex()} at size {known.size}", got=got)
        return self.checkpoint


def load_checkpoint(folder: Path, *, origin: str, verifiers: Sequence[PublicKey]) -> tuple[Checkpoint, bytes]:
    """The verified checkpoint in the folder, and its signed note.

    Raises:
        MissingCheckpoint: There is none.
        CryptoError, MalformedCheckpoint, WrongOrigin: It does not verify.
    """
    check_origin(origin)
    try:
        note = read_file(folder, CHECKPOINT)
    except MissingFile as error:
        raise MissingCheckpoint(where=str(folder / CHECKPOINT), expected="a signed checkpoint", got="none") from error
    return verify_checkpoint(note, verifiers, origin=origin, where=CHECKPOINT), note


def load_log(
    folder: Path, *, origin: str, verifiers: Sequence[PublicKey], known: Checkpoint | None = None
) -> LogReader:
    """The log in the folder, for reading. Needs no lock: a writer beside it does not disturb.

    Args:
        folder: Folder of the log.
        origin: Name of the log that is trusted.
        verifiers: Keys that must all have signed the checkpoint.
        known: A verified checkpoint that the log must extend.

    Raises:
        MissingCheckpoint: There is no log.
        CryptoError, MalformedCheckpoint, WrongOrigin: The checkpoint does not verify.
        WrongRoot, MissingFile, MalformedTile: The tiles do not make its root.
        RolledBack, Forked: The log does not extend `known`.
    """
    checkpoint, note = load_checkpoint(folder, origin=origin, verifiers=verifiers)
    reader = LogReader(folder, checkpoint=checkpoint, note=note)
    if known is not None:
        reader.verify_extends(known)
    return reader
