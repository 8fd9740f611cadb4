"""The evidence folder: what people and other programs get to see."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from hauberk.flows.errors import StateUnwritable

__all__ = ["write_evidence", "write_evidence_pieces"]


def write_evidence(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write each file by rename, and only where its bytes differ: a reader never sees half of one."""
    try:
        folder.mkdir(exist_ok=True)
        for name, data in files.items():
            path = folder / name
            if path.is_file() and path.read_bytes() == data:
                continue
            write_evidence_pieces(folder, name, [data])
    except OSError as error:
        raise StateUnwritable(where=str(folder), got=error.strerror or str(error)) from error


def write_evidence_pieces(folder: Path, name: str, pieces: Iterable[bytes]) -> None:
    """Write one file by rename, a piece at a time."""
    try:
        folder.mkdir(exist_ok=True)
        draft = folder / f".{name}.new"
        # A link that somebody left under this name would lead the bytes into another file.
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        with os.fdopen(handle, "wb") as stream:
            for piece in pieces:
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, folder / name)
    except OSError as error:
        raise StateUnwritable(where=str(folder), got=error.strerror or str(error)) from error
