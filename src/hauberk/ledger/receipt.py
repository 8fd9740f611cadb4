"""The receipt of an entry: index, inclusion proof and signed checkpoint in one text (`.tlog-proof`).

Source: C2SP tlog-proof v1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hauberk.core.encoding import parse_base64, render_base64
from hauberk.core.errors import BadEncoding, TooLarge
from hauberk.core.limits import DEFAULT_LIMITS, Limits
from hauberk.crypto import PublicKey
from hauberk.ledger.checkpoint import Checkpoint, parse_number, verify_checkpoint
from hauberk.ledger.errors import MalformedReceipt
from hauberk.ledger.hashing import HASH_SIZE, hash_leaf
from hauberk.ledger.proof import verify_inclusion

__all__ = ["Receipt", "VerifiedReceipt", "parse_receipt", "render_receipt", "verify_receipt"]

_HEADER = "c2sp.org/tlog-proof@v1"
_LONGEST_PATH = 63  # Of a tree of 2**63 leaves.


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A receipt that nobody has verified yet.

    Attributes:
        index: Place of the entry in the log.
        path: Inclusion proof, 32 bytes a hash.
        note: The signed checkpoint, as the log issued it.
    """

    index: int
    path: tuple[bytes, ...]
    note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedReceipt:
    """What a receipt has proven.

    Attributes:
        index: Place of the entry in the log.
        leaf: Hash of the entry.
        checkpoint: The log that holds it.
    """

    index: int
    leaf: bytes
    checkpoint: Checkpoint


def render_receipt(receipt: Receipt) -> bytes:
    """The text of a receipt. Law: `parse_receipt(render_receipt(r)) == r`."""
    lines = [_HEADER, f"index {receipt.index}", *(render_base64(value) for value in receipt.path), "", ""]
    return "\n".join(lines).encode() + receipt.note


def parse_receipt(data: bytes, *, where: str = "receipt", limits: Limits = DEFAULT_LIMITS) -> Receipt:
    """The receipt that `data` spells, in the one canonical spelling. The checkpoint in it is not looked at.

    Raises:
        TooLarge: Over `limits`.
        MalformedReceipt: It is none, or has a line `extra`, which nobody signs.
    """
    if len(data) > limits.document_bytes:
        raise TooLarge(where=where, expected=f"at most {limits.document_bytes} bytes", got=f"{len(data)} bytes")
    head, separator, note = data.partition(b"\n\n")
    lines = head.decode("ascii", errors="replace").split("\n")
    if not separator or len(lines) < 2 or lines[0] != _HEADER:
        raise MalformedReceipt(where=where, expected=f"{_HEADER!r}, index, proof, checkpoint", got=repr(lines[0][:80]))
    if not lines[1].startswith("index "):
        raise MalformedReceipt(where=where, expected="a line with the index", got=repr(lines[1][:80]))
    if len(lines) - 2 > _LONGEST_PATH:
        raise MalformedReceipt(where=where, expected=f"at most {_LONGEST_PATH} hashes", got=str(len(lines) - 2))
    try:
        index = parse_number(lines[1].removeprefix("index "))
        path = tuple(parse_base64(line) for line in lines[2:])
    except BadEncoding as error:
        raise MalformedReceipt(where=where, expected=error.expected, got=error.got) from error
    if any(len(value) != HASH_SIZE for value in path):
        raise MalformedReceipt(where=where, expected=f"hashes of {HASH_SIZE} bytes", got="another length")
    return Receipt(index=index, path=path, note=note)


def verify_receipt(
    entry: bytes,
    receipt: bytes,
    verifiers: Sequence[PublicKey],
    *,
    origin: str,
    where: str = "receipt",
    limits: Limits = DEFAULT_LIMITS,
) -> VerifiedReceipt:
    """Where the log holds `entry`, once signature and inclusion are verified; needs no network and no log.

    Args:
        entry: The bytes that were logged.
        receipt: The `.tlog-proof` text.
        verifiers: Keys that must all have signed the checkpoint.
        origin: Name of the log that is trusted.
        where: What is being verified, for the error.
        limits: Bounds of the parser.

    Raises:
        MalformedReceipt, MalformedCheckpoint, TooLarge: Not a receipt.
        CryptoError: The checkpoint's signatures are not those of `verifiers`.
        WrongOrigin: The checkpoint is that of another log.
        NotIncluded: The entry is not what the log holds at this index.
    """
    parsed = parse_receipt(receipt, where=where, limits=limits)
    checkpoint = verify_checkpoint(parsed.note, verifiers, origin=origin, where=where, limits=limits)
    leaf = hash_leaf(entry)
    verify_inclusion(leaf, parsed.path, index=parsed.index, size=checkpoint.size, root=checkpoint.root, where=where)
    return VerifiedReceipt(index=parsed.index, leaf=leaf, checkpoint=checkpoint)
