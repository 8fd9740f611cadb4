"""One append on disk: written, synced, signed and put in place, or taken back.

`hauberk.ledger.pending` tells the order and what the next opening makes of a crash at any step.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from hauberk.ledger.disk import Writes, os_errors, read_file, remove_file, sync_folder
from hauberk.ledger.errors import LedgerError, MissingFile
from hauberk.ledger.pending import NEXT, PENDING, Pending, remove_superseded, render_pending, take_back
from hauberk.ledger.reader import CHECKPOINT

__all__ = ["commit"]


def commit(
    folder: Path, *, pending: Pending, files: Iterable[tuple[str, bytes]], sign: Callable[[], bytes], standing: bytes
) -> bytes:
    """Writes the files of an append and then its checkpoint, and gives the checkpoint's note.

    Args:
        folder: Folder of the log, whose lock the caller holds.
        pending: The append.
        files: Path and bytes of each bundle and tile, none of which the standing checkpoint commits to.
        sign: Makes the signed note of the new checkpoint; called once the files are safe on disk.
        standing: Note of the checkpoint before, or nothing.

    Raises:
        DiskFull, FolderUnwritable, DiskFailed: The log is as it was. Only where the last sync of the folder fails
            is the new checkpoint in place, although a power cut might still undo it.
    """
    writes = Writes(folder)
    try:
        writes.write(PENDING, render_pending(pending))
        writes.settle()
        for path, data in files:
            writes.write(path, data)
        writes.settle()
        note = sign()
        writes.write(NEXT, note)
        writes.settle()
        with os_errors(CHECKPOINT):
            os.replace(folder / NEXT, folder / CHECKPOINT)
    except BaseException:
        # Also on Ctrl-C, which may come when the new checkpoint is in place already; then the append stands. If
        # this does not run to its end, the next opening does the same or goes forward.
        with contextlib.suppress(LedgerError):
            if _standing(folder) == standing:
                take_back(folder, pending)
        raise
    sync_folder(folder)
    with contextlib.suppress(LedgerError):
        remove_superseded(folder, pending)
        remove_file(folder, PENDING)
    return note


def _standing(folder: Path) -> bytes:
    try:
        return read_file(folder, CHECKPOINT)
    except MissingFile:
        return b""
