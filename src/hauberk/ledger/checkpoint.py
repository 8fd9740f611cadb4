"""The checkpoint: origin, size and root of a log, signed as a note.

Source: C2SP tlog-checkpoint v1.0.0; C2SP signed-note v1.0.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hauberk.core.encoding import parse_base64, render_base64
from hauberk.core.errors import BadEncoding
from hauberk.core.limits import DEFAULT_LIMITS, Limits
from hauberk.crypto import PublicKey, Signer, sign_note, verify_note
from hauberk.ledger.errors import BadOrigin, MalformedCheckpoint, WrongOrigin
from hauberk.ledger.hashing import EMPTY_ROOT, HASH_SIZE

__all__ = [
    "Checkpoint",
    "check_origin",
    "parse_checkpoint",
    "parse_number",
    "render_checkpoint",
    "sign_checkpoint",
    "verify_checkpoint",
]

_MOST = 2**63 - 1  # The largest size that a signed 64-bit integer holds, as in Go's implementation.
_LONGEST_ORIGIN = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log commits to.

    Attributes:
        origin: The log's name.
        size: Number of entries, 0 to 2**63 - 1.
        root: Root of the tree, 32 bytes.
        extensions: Further lines, none of them empty; ours has none.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


def check_origin(origin: str) -> str:
    """`origin`, if it can be the name of a log.

    Raises:
        BadOrigin: Empty, more than one line, longer than 1024 characters, or not printable.
    """
    if not origin or len(origin) > _LONGEST_ORIGIN or not origin.isprintable():
        raise BadOrigin(where="origin", expected="one line of printable text", got=repr(origin[:80]))
    return origin


def render_checkpoint(checkpoint: Checkpoint) -> str:
    """The text that is signed. Law: `parse_checkpoint(render_checkpoint(c)) == c`."""
    lines = (checkpoint.origin, str(checkpoint.size), render_base64(checkpoint.root), *checkpoint.extensions)
    return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str, *, where: str = "checkpoint") -> Checkpoint:
    """The checkpoint that `text` spells, in the one canonical spelling.

    Raises:
        MalformedCheckpoint: It is none.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        got = f"{text.count(chr(10))} lines"
        raise MalformedCheckpoint(where=where, expected="three lines or more, each with a newline, none empty", got=got)
    origin, size, root, *extensions = lines
    try:
        check_origin(origin)
        checkpoint = Checkpoint(
            origin=origin, size=parse_number(size), root=parse_base64(root), extensions=tuple(extensions)
        )
    except (BadOrigin, BadEncoding) as error:
        raise MalformedCheckpoint(where=where, expected=error.expected, got=error.got) from error
    if len(checkpoint.root) != HASH_SIZE:
        raise MalformedCheckpoint(where=where, expected=f"a root of {HASH_SIZE} bytes", got=str(len(checkpoint.root)))
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise MalformedCheckpoint(where=where, expected="the root of the empty tree", got=root)
    return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    """The signed note of a checkpoint.

    Raises:
        NoVerifiers: There is no signer.
        BadNoteText: The origin cannot stand in a note.
    """
    return sign_note(render_checkpoint(checkpoint), signers)


def verify_checkpoint(
    note: bytes,
    verifiers: Sequence[PublicKey],
    *,
    origin: str,
    where: str = "checkpoint",
    limits: Limits = DEFAULT_LIMITS,
) -> Checkpoint:
    """The checkpoint in the note, once all of `verifiers`, and nobody else, are found to have signed it.

    Raises:
        CryptoError: The note is malformed, or its signatures are not those.
        MalformedCheckpoint: The signed text is no checkpoint.
        WrongOrigin: It is the checkpoint of another log.
    """
    text = verify_note(note, verifiers, where=where, limits=limits).text
    checkpoint = parse_checkpoint(text, where=where)
    if checkpoint.origin != origin:
        raise WrongOrigin(where=where, expected=origin, got=checkpoint.origin)
    return checkpoint


def parse_number(text: str) -> int:
    """The number, 0 to 2**63 - 1, that ASCII digits without leading zeros spell.

    Raises:
        BadEncoding: They do not.
    """
    canonical = text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")
    if not canonical or len(text) > len(str(_MOST)) or int(text) > _MOST:
        raise BadEncoding(expected=f"a decimal number up to {_MOST} without leading zeros", got=repr(text[:40]))
    return int(text)
