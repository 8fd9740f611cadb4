"""Entry bundles: up to 256 entries in one file, each behind its length in 16 bits.

Source: C2SP tlog-tiles v0.1.0, "Log entries".
"""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.ledger.errors import EntryTooLarge, MalformedBundle, NotAnEntry

__all__ = ["LARGEST_ENTRY", "check_entries", "parse_bundle", "render_bundle"]

LARGEST_ENTRY = 0xFFFF
"""Bytes of the largest entry."""

_PREFIX = 2


def check_entries(entries: Sequence[bytes]) -> None:
    """Refuses what cannot be an entry.

    Raises:
        NotAnEntry: One is not bytes.
        EntryTooLarge: One is larger than 65,535 bytes.
    """
    for number, entry in enumerate(entries):
        if not isinstance(entry, bytes):
            raise NotAnEntry(where=f"entry {number}", expected="bytes", got=type(entry).__name__)
        if len(entry) > LARGEST_ENTRY:
            hint = "put it into the store and log its digest"
            got = f"{len(entry)} bytes"
            raise EntryTooLarge(where=f"entry {number}", expected=f"at most {LARGEST_ENTRY} bytes", got=got, hint=hint)


def render_bundle(entries: Sequence[bytes]) -> bytes:
    """The bytes of a bundle. Law: `parse_bundle(render_bundle(e), width=len(e), where="") == e`.

    Raises:
        NotAnEntry, EntryTooLarge: Something cannot be an entry.
    """
    check_entries(entries)
    return b"".join([part for entry in entries for part in (len(entry).to_bytes(_PREFIX, "big"), entry)])


def parse_bundle(data: bytes, *, width: int, where: str) -> list[bytes]:
    """The entries of a bundle.

    Raises:
        MalformedBundle: There are not exactly `width` entries, or bytes are missing or left over.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) < width:
        start = at + _PREFIX
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            got = f"the end of the file within entry {len(entries)}"
            raise MalformedBundle(where=where, expected=f"{width} entries", got=got)
        entries.append(data[start:at])
    if len(entries) != width or at != len(data):
        got = f"{len(entries)} entries and {len(data) - at} bytes more"
        raise MalformedBundle(where=where, expected=f"{width} entries", got=got)
    return entries
