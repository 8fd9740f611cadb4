"""Signed notes: a text that people can read, with the signatures below it.

Source: C2SP signed-note v1.0.0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hauberk.core.encoding import parse_base64, render_base64
from hauberk.core.errors import BadEncoding, TooLarge
from hauberk.core.limits import DEFAULT_LIMITS, Limits
from hauberk.crypto.errors import (
    BadKeyName,
    BadNoteText,
    MalformedNote,
    MissingSignature,
    NoVerifiers,
    UnexpectedSignature,
)
from hauberk.crypto.identity import PublicKey, check_key_name, parse_verifier_key
from hauberk.crypto.keys import Signer

__all__ = ["NoteSignature", "VerifiedNote", "parse_verifier_key", "sign_note", "verify_note"]

_KEY_ID_SIZE = 4
_MOST_SIGNATURES = 64  # The standard asks for at least 16.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
# One key signs notes and DSSE envelopes. What DSSE signs begins so; a note never may (ADR 1, decision 2).
_OTHER_DOMAIN = "DSSEv1 "


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """One signature line: the name and the four bytes that say which key, and the signature."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line as it stands in the note, with its newline."""
        return f"\u2014 {self.name} {render_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedNote:
    """A note whose signatures by all the expected keys have been verified.

    Attributes:
        text: The signed text, with its final newline.
        signatures: The verified lines, in the order of the note.
        unverified: Lines by other keys, which nobody has checked; always empty where the reading was strict.
    """

    text: str
    signatures: tuple[NoteSignature, ...]
    unverified: tuple[NoteSignature, ...] = ()


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """The note of `text` with the signatures of every key of every signer.

    Law: `verify_note(sign_note(text, [signer]), signer.identity.keys, where="").text == text`.

    Raises:
        NoVerifiers: There is no signer.
        BadNoteText: The text does not end in a newline, or cannot be told from something else that is signed.
    """
    if not signers:
        raise NoVerifiers(where="note", expected="at least one signer", got="none")
    fault = _fault(text)
    if fault:
        raise BadNoteText(where="note", expected="a text in lines that ends in a newline", got=fault)
    message = text.encode()
    lines = []
    for signer in signers:
        pairs = zip(signer.identity.keys, signer.sign(message), strict=True)
        lines += [NoteSignature(name=key.name, key_id=key.key_id, signature=made).line for key, made in pairs]
    return f"{text}\n{''.join(lines)}".encode()


def verify_note(
    data: bytes,
    verifiers: Sequence[PublicKey],
    *,
    where: str,
    strict: bool = True,
    limits: Limits = DEFAULT_LIMITS,
) -> VerifiedNote:
    """The note in `data`, once each of `verifiers` is found to have signed it.

    Args:
        data: The bytes of the note.
        verifiers: The keys that must all have signed; an identity's are `identity.keys`.
        where: What is being verified, for the error.
        strict: Refuse lines by other keys, so that no byte goes unverified; False passes them on as unverified.
        limits: Bounds of the parser.

    Raises:
        NoVerifiers: `verifiers` is empty.
        MalformedNote: Not a signed note.
        TooLarge: Over `limits`.
        MissingSignature: One of `verifiers` has not signed.
        UnexpectedSignature: One has signed twice, or `strict` and another key has signed.
        BadSignature: A signature does not verify.
    """
    if not verifiers:
        raise NoVerifiers(where=where, expected="at least one key to verify with", got="none")
    text, lines = _parse(data, where, limits)
    expected = {(key.name, key.key_id): key for key in verifiers}
    known = [line for line in lines if (line.name, line.key_id) in expected]
    unknown = tuple(line for line in lines if (line.name, line.key_id) not in expected)
    if strict and unknown:
        got = ", ".join(f"{line.name}+{line.key_id.hex()}" for line in unknown)
        raise UnexpectedSignature(where=where, expected="signatures of the given keys only", got=got)
    signed = {(line.name, line.key_id) for line in known}
    for key in verifiers:
        if (key.name, key.key_id) not in signed:
            raise MissingSignature(where=where, expected=f"a signature of {key.label}", got="none")
    if len(signed) != len(known):
        raise UnexpectedSignature(where=where, expected="one signature a key", got="two of one key")
    for line in known:
        expected[line.name, line.key_id].verify(text.encode(), line.signature, where=where)
    return VerifiedNote(text=text, signatures=tuple(known), unverified=unknown)


def _fault(text: str) -> str:
    """What keeps `text` from being the text of a note, or nothing."""
    if not text.endswith("\n"):
        return "no newline at the end"
    if text.startswith(_OTHER_DOMAIN):
        return f"a text that begins with {_OTHER_DOMAIN!r}"
    control = _CONTROL.search(text)
    if control:
        return f"the control character {control[0]!r}"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "a lone surrogate"
    return ""


def _parse(data: bytes, where: str, limits: Limits) -> tuple[str, tuple[NoteSignature, ...]]:
    if len(data) > limits.document_bytes:
        raise TooLarge(where=where, expected=f"at most {limits.document_bytes} bytes", got=f"{len(data)} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedNote(where=where, expected="UTF-8", got=str(error)) from error
    # The last empty line parts the text, which may hold empty lines itself, from the signatures.
    head, separator, tail = whole.rpartition("\n\n")
    text = head + "\n"
    fault = _fault(text) or ("" if separator else "no empty line")
    if fault or not tail.endswith("\n"):
        raise MalformedNote(where=where, expected="text, an empty line, signature lines", got=fault or "an open line")
    lines = tail[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise TooLarge(where=where, expected=f"at most {_MOST_SIGNATURES} signatures", got=str(len(lines)))
    return text, tuple(_parse_line(line, where) for line in lines)


def _parse_line(line: str, where: str) -> NoteSignature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014":
        raise MalformedNote(where=where, expected="a signature line: dash, name, base64", got=repr(line[:80]))
    _, name, encoded = parts
    try:
        check_key_name(name, where=where)
        data = parse_base64(encoded, where=where)
    except (BadKeyName, BadEncoding) as error:
        raise MalformedNote(where=where, expected=error.expected, got=error.got) from error
    if len(data) <= _KEY_ID_SIZE:
        raise MalformedNote(where=where, expected="four bytes of key id and a signature", got=f"{len(data)} bytes")
    return NoteSignature(name=name, key_id=data[:_KEY_ID_SIZE], signature=data[_KEY_ID_SIZE:])
