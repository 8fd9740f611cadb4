"""Reading from whatever gives bytes."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Readable", "read_up_to"]


class Readable(Protocol):
    """What bytes are read from: a file, a socket, or something that counts as it reads."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end only."""
        ...


def read_up_to(stream: Readable, size: int) -> bytes:
    """`size` bytes, fewer only at the end; a raw stream may give less a call."""
    pieces, missing = [], size
    while missing and (piece := stream.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
