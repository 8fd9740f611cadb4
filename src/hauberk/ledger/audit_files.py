"""Whether the folder of a log holds what it should and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hauberk.core.finding import Finding, Severity
from hauberk.ledger.bundles import parse_bundle
from hauberk.ledger.disk import TEMPORARY, os_errors, read_file
from hauberk.ledger.errors import LedgerError, MalformedBundle, MalformedTile
from hauberk.ledger.findings import Code, ledger_finding, raised_finding
from hauberk.ledger.hashing import HASH_SIZE
from hauberk.ledger.pending import NEXT, PENDING, Pending, load_pending
from hauberk.ledger.reader import CHECKPOINT
from hauberk.ledger.tiles import HEIGHT, WIDTH, TileName, name_of, parse_tile_name

__all__ = ["check_files"]


def check_files(folder: Path, size: int) -> Iterator[Finding]:
    """Files that a log of `size` entries should not have, and leftovers that are not prefixes of what replaced them.

    What the log must have is for `check_tree` to read.

    Raises:
        DiskFailed, FolderUnwritable: A folder cannot be listed.
    """
    pending = None
    try:
        pending = load_pending(folder)
    except LedgerError as error:
        yield raised_finding(error, where=PENDING, otherwise=Code.FILE_MALFORMED)
    if pending is not None:
        message = (
            f"an append from {pending.old_size} to {pending.new_size} entries goes on or was cut off; open the log"
        )
        yield ledger_finding(Code.APPEND_UNFINISHED, message, where=PENDING, severity=Severity.WARNING)
    for path in _walk(folder):
        yield from _check_file(folder, path, size, pending)


def _walk(folder: Path) -> Iterator[str]:
    def fail(error: OSError) -> None:
        raise error

    with os_errors(str(folder)):
        for place, folders, files in os.walk(folder, onerror=fail):
            folders.sort()
            yield from ((Path(place) / name).relative_to(folder).as_posix() for name in sorted(files))


def _check_file(folder: Path, path: str, size: int, pending: Pending | None) -> Iterator[Finding]:
    if path in (CHECKPOINT, PENDING):
        return
    going_on = pending is not None and pending.old_size == size
    plain = path.removesuffix(TEMPORARY)
    if pending is not None and plain in (NEXT, PENDING):
        return
    try:
        name = parse_tile_name(plain)
    except MalformedTile:
        yield ledger_finding(Code.FILE_UNEXPECTED, "no log has a file of this name", where=path)
        return
    count = _count(name, size)
    if going_on and pending is not None and name == name_of(name.level, name.index, _count(name, pending.new_size)):
        return
    if path != plain:
        yield ledger_finding(Code.FILE_UNEXPECTED, "a temporary file that no append accounts for", where=path)
    elif name.first + name.width > count:
        message = f"the file lies beyond the checkpoint of {size} entries: an older checkpoint was put back?"
        yield ledger_finding(Code.FILE_BEYOND, message, where=path)
    elif name.first + name.width < min(count, name.first + WIDTH):
        yield from _check_leftover(folder, name, name_of(name.level, name.index, count))


def _check_leftover(folder: Path, name: TileName, wider: TileName) -> Iterator[Finding]:
    """A partial file that a wider one has replaced must be how that one begins."""
    try:
        standing = read_file(folder, wider.path)
    except LedgerError:
        return  # Reported where it was needed.
    old = read_file(folder, name.path)
    if not standing.startswith(old) or not _is_whole(old, name):
        message = f"a leftover that {wider.path} does not begin with"
        yield ledger_finding(Code.LEFTOVER_ALTERED, message, where=name.path)


def _is_whole(data: bytes, name: TileName) -> bool:
    if name.level >= 0:
        return len(data) == name.width * HASH_SIZE
    try:
        return bool(parse_bundle(data, width=name.width, where=name.path))
    except MalformedBundle:
        return False


def _count(name: TileName, size: int) -> int:
    return size >> HEIGHT * max(name.level, 0)
