"""The record of an append that is going on, and what the next opening makes of it.

Order of an append, each step synced before the next: `pending` (old and new size), entries and tiles,
`checkpoint.next` (signed), its rename to `checkpoint`, removal of `pending`. So

- tiles beyond the checkpoint are the leftovers of a cut-off append only where `pending` says so; else somebody put
  an older checkpoint back, and the log refuses;
- every checkpoint that was ever signed and whole is on disk before anybody can see it, and all that it commits to
  before it is signed. The next opening puts it in place; a second history can never be signed instead.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hauberk.core.errors import BadEncoding
from hauberk.crypto import PublicKey
from hauberk.ledger.checkpoint import Checkpoint, parse_number, verify_checkpoint
from hauberk.ledger.disk import TEMPORARY, os_errors, read_file, remove_file, sync_folder
from hauberk.ledger.errors import MalformedPending, MissingCheckpoint, MissingFile, RolledBack
from hauberk.ledger.nodes import widths_on_disk
from hauberk.ledger.reader import CHECKPOINT, LogReader, load_checkpoint
from hauberk.ledger.tiles import WIDTH, level_sizes, name_of, names_since

__all__ = [
    "MOST_AT_ONCE",
    "NEXT",
    "PENDING",
    "Pending",
    "load_pending",
    "recover",
    "remove_superseded",
    "render_pending",
    "take_back",
]

PENDING = "pending"
NEXT = "checkpoint.next"
MOST_AT_ONCE = 1 << 32
"""Entries of the largest append: bounds the work that a record can cause."""

_HEADER = "hauberk ledger append v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An append that is to bring the log from `old_size` to `new_size` entries."""

    old_size: int
    new_size: int


def render_pending(pending: Pending) -> bytes:
    """The bytes of the record. Law: `parse_pending(render_pending(p)) == p`."""
    return f"{_HEADER}\n{pending.old_size}\n{pending.new_size}\n".encode()


def parse_pending(data: bytes) -> Pending:
    """The record that `data` spells.

    Raises:
        MalformedPending: It is none.
    """
    lines = data.decode("ascii", errors="replace").split("\n")
    with contextlib.suppress(BadEncoding, ValueError):
        header, old_size, new_size, end = lines
        pending = Pending(old_size=parse_number(old_size), new_size=parse_number(new_size))
        if (header, end) == (_HEADER, "") and 0 < pending.new_size - pending.old_size <= MOST_AT_ONCE:
            return pending
    raise MalformedPending(where=PENDING, expected="the record of an append", got=repr(lines[0][:40]))


def load_pending(folder: Path) -> Pending | None:
    """The record of the append that was cut off, if one was.

    Raises:
        MalformedPending: The record is not readable.
    """
    try:
        return parse_pending(read_file(folder, PENDING))
    except MissingFile:
        return None


def recover(folder: Path, *, origin: str, verifiers: Sequence[PublicKey]) -> LogReader | None:
    """Brings a log that was cut off at any step to a state without leftovers; the caller holds the lock.

    Returns:
        The log, or None where there is none yet.

    Raises:
        RolledBack, MissingCheckpoint: Tiles lie beyond the checkpoint that no record accounts for.
        MalformedPending: The record does not fit the checkpoint.
        CryptoError, MalformedCheckpoint, WrongOrigin, WrongRoot, MissingFile, MalformedTile: As for `load_log`.
    """
    _remove(folder, [PENDING + TEMPORARY, NEXT + TEMPORARY])
    pending = load_pending(folder)
    reader = _load(folder, origin, verifiers)
    reader = _roll_forward(folder, reader, origin, verifiers)
    size = reader.size if reader else 0
    if pending is None:
        _check_nothing_beyond(folder, size)
    elif pending.old_size == size:
        take_back(folder, pending)
    elif pending.new_size == size:
        remove_superseded(folder, pending)
        _remove(folder, [PENDING])
    else:
        expected = f"an append from {size} entries, or to {size}"
        got = f"one from {pending.old_size} to {pending.new_size}"
        raise MalformedPending(where=PENDING, expected=expected, got=got)
    return reader


def take_back(folder: Path, pending: Pending) -> None:
    """Removes what an append has written beyond the checkpoint, never anything that the checkpoint commits to.

    The record goes last, when it is certain that nothing it accounts for can come back.

    Raises:
        FolderUnwritable, DiskFailed: It cannot be removed; the record is still there.
    """
    paths = [NEXT, NEXT + TEMPORARY, PENDING + TEMPORARY]
    _remove(folder, paths)  # The signed checkpoint first: without it the rest commits to nothing.
    for name in names_since(pending.new_size, pending.old_size):
        paths += (name.path, name.path + TEMPORARY)
    _remove(folder, paths)
    _remove(folder, [PENDING])


def remove_superseded(folder: Path, pending: Pending) -> None:
    """Removes the partial tiles and bundles of the old size that wider ones have replaced, as far as possible."""
    new_counts = {-1: pending.new_size, **dict(level_sizes(pending.new_size))}
    for level, count in ((-1, pending.old_size), *level_sizes(pending.old_size)):
        if count % WIDTH and new_counts[level] > count:
            old = folder / name_of(level, count // WIDTH, count).path
            # It is a true prefix of what is there now, so that leaving it behind does no harm.
            with contextlib.suppress(OSError):
                os.unlink(old)
            with contextlib.suppress(OSError):
                os.rmdir(old.parent)


def _remove(folder: Path, paths: Sequence[str]) -> None:
    """Removes files and makes that last."""
    touched = {(folder / path).parent for path in paths if remove_file(folder, path)}
    for parent in sorted(touched):
        sync_folder(parent)


def _load(folder: Path, origin: str, verifiers: Sequence[PublicKey]) -> LogReader | None:
    try:
        checkpoint, note = load_checkpoint(folder, origin=origin, verifiers=verifiers)
    except MissingCheckpoint:
        return None
    return LogReader(folder, checkpoint=checkpoint, note=note)


def _roll_forward(
    folder: Path, reader: LogReader | None, origin: str, verifiers: Sequence[PublicKey]
) -> LogReader | None:
    """Puts a checkpoint that was signed, but not yet in place, in its place."""
    found = _signed_next(folder, origin, verifiers)
    if found is None:
        return reader
    checkpoint, note = found
    if reader is None or checkpoint.size > reader.size:
        # All that it commits to was synced before it was signed; if that is gone, this raises.
        newer = LogReader(folder, checkpoint=checkpoint, note=note)
        if reader is not None:
            newer.verify_extends(reader.checkpoint)
        with os_errors(CHECKPOINT):
            os.replace(folder / NEXT, folder / CHECKPOINT)
        reader = newer
    else:
        remove_file(folder, NEXT)
    sync_folder(folder)
    return reader


def _signed_next(folder: Path, origin: str, verifiers: Sequence[PublicKey]) -> tuple[Checkpoint, bytes] | None:
    try:
        note = read_file(folder, NEXT)
    except MissingFile:
        return None
    # It got its name when it was whole. One that does not verify was altered, and that is for a person to look at.
    return verify_checkpoint(note, verifiers, origin=origin, where=NEXT), note


def _check_nothing_beyond(folder: Path, size: int) -> None:
    index, width = divmod(size, WIDTH)
    for level in (-1, 0):
        beyond = [found for found in widths_on_disk(folder, level, index) if found > width]
        if beyond:
            where = name_of(level, index, index * WIDTH + beyond[-1]).path
            hint = "restore the latest checkpoint"
            if size == 0:
                raise MissingCheckpoint(where=CHECKPOINT, expected=f"a checkpoint that covers {where}", got="none")
            got = f"one of {size} entries"
            raise RolledBack(where=CHECKPOINT, expected=f"a checkpoint that covers {where}", got=got, hint=hint)
