"""Signed notes: exactly the expected keys, and no byte unverified."""

from __future__ import annotations

import pytest

from hauberk.core.errors import TooLarge
from hauberk.core.limits import Limits
from hauberk.crypto import (
    Profile,
    generate_signing_key,
    pre_authentication_encoding,
    sign_note,
    verify_note,
)
from hauberk.crypto.errors import (
    BadNoteText,
    BadSignature,
    MalformedNote,
    MissingSignature,
    NoVerifiers,
    UnexpectedSignature,
)

LOG = generate_signing_key("example.com/log")
WITNESS = generate_signing_key("example.com/witness")
TEXT = "example.com/log\n5\nroot\n"


@pytest.mark.parametrize("profile", list(Profile))
@pytest.mark.parametrize(
    "text", [TEXT, "\n", "a\n\nb\n", "\n\n\n", "a\n\n", "\u2014 x AAAA\n", "\u00e8 subito sera.\n"]
)
def test_a_note_comes_back(profile: Profile, text: str) -> None:
    key = generate_signing_key("n", profile)
    note = verify_note(sign_note(text, [key]), key.identity.keys, where="note")
    assert note.text == text
    assert [line.key_id for line in note.signatures] == [k.key_id for k in key.identity.keys]
    assert note.unverified == ()


def test_the_form_is_text_empty_line_signature() -> None:
    head, _, tail = sign_note(TEXT, [LOG]).decode().rpartition("\n\n")
    assert head + "\n" == TEXT
    assert tail.startswith("\u2014 example.com/log ")
    assert tail.endswith("\n")
    assert tail.count("\n") == 1


@pytest.mark.parametrize("text", ["", "no newline", "a\r\n", "tab\t\n", "nul\0\n", "DSSEv1 4 kind 3 ab\n", "\ud800\n"])
def test_texts_that_cannot_be_signed(text: str) -> None:
    with pytest.raises(BadNoteText):
        sign_note(text, [LOG])


def test_a_dsse_signature_never_signs_a_note() -> None:
    """One key signs both; what was signed as an envelope cannot be passed off as a note."""
    text = pre_authentication_encoding(b"payload\n", "kind").decode()
    honest = sign_note(TEXT, [LOG])
    line = honest.decode().rpartition("\n\n")[2]
    signature = LOG.sign(text.encode())[0]
    import base64

    forged = f"\u2014 example.com/log {base64.b64encode(LOG.identity.keys[0].key_id + signature).decode()}\n"
    assert forged != line
    with pytest.raises(MalformedNote):
        verify_note(f"{text}\n{forged}".encode(), LOG.identity.keys, where="note")


def test_nobody_signs_and_nobody_verifies() -> None:
    with pytest.raises(NoVerifiers):
        sign_note(TEXT, [])
    with pytest.raises(NoVerifiers):
        verify_note(sign_note(TEXT, [LOG]), [], where="note")


def test_every_expected_key_must_have_signed() -> None:
    keys = (*LOG.identity.keys, *WITNESS.identity.keys)
    assert verify_note(sign_note(TEXT, [LOG, WITNESS]), keys, where="note").text == TEXT
    with pytest.raises(MissingSignature):
        verify_note(sign_note(TEXT, [LOG]), keys, where="note")


def test_lines_by_other_keys_are_refused_unless_allowed() -> None:
    data = sign_note(TEXT, [LOG, WITNESS])
    with pytest.raises(UnexpectedSignature):
        verify_note(data, LOG.identity.keys, where="note")
    note = verify_note(data, LOG.identity.keys, where="note", strict=False)
    assert [line.name for line in note.signatures] == ["example.com/log"]
    assert [line.name for line in note.unverified] == ["example.com/witness"]


def test_a_key_of_the_same_name_is_another_key() -> None:
    impostor = generate_signing_key("example.com/log")
    data = sign_note(TEXT, [impostor])
    with pytest.raises(UnexpectedSignature):
        verify_note(data, LOG.identity.keys, where="note")
    with pytest.raises(MissingSignature):
        verify_note(data, LOG.identity.keys, where="note", strict=False)


def test_hybrid_needs_both_lines() -> None:
    key = generate_signing_key("n", Profile.HYBRID)
    whole = sign_note(TEXT, [key]).decode()
    text, _, tail = whole.rpartition("\n\n")
    first, second = tail.splitlines(keepends=True)
    for kept in (first, second):
        with pytest.raises(MissingSignature):
            verify_note(f"{text}\n\n{kept}".encode(), key.identity.keys, where="note", strict=False)


@pytest.mark.parametrize("strict", [True, False])
def test_two_lines_of_one_key_are_refused(strict: bool) -> None:
    data = sign_note(TEXT, [LOG]).decode()
    line = data.rpartition("\n\n")[2]
    with pytest.raises(UnexpectedSignature):
        verify_note((data + line).encode(), LOG.identity.keys, where="note", strict=strict)


def test_altered_text() -> None:
    data = sign_note(TEXT, [LOG]).replace(b"\n5\n", b"\n6\n")
    with pytest.raises(BadSignature) as caught:
        verify_note(data, LOG.identity.keys, where="checkpoint")
    assert caught.value.exit_code == 1
    assert "checkpoint" in caught.value.message


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda _: b"\n",
        lambda _: b"text\n",
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: data.replace(b"\n\n", b"\n"),
        lambda data: data.replace("\u2014".encode(), b"-"),
        lambda data: data.replace("\u2014 ".encode(), "\u2014  ".encode()),
        lambda data: data.replace(b"root", b"root\x00"),
        lambda data: b"\xff" + data,
        lambda data: data[:-2] + b"A\n",
        lambda data: data[: data.rindex(b" ")] + b" AAAA\n",
        lambda data: data.replace(b"/log ", b"/l+g "),
        lambda data: data.replace(b"\n\n", b"\n\n\n"),
    ],
)
def test_malformed(change) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises((MalformedNote, BadSignature)):
        verify_note(change(sign_note(TEXT, [LOG])), LOG.identity.keys, where="note")


def test_limits() -> None:
    data = sign_note(TEXT, [LOG])
    with pytest.raises(TooLarge):
        verify_note(data, LOG.identity.keys, where="note", limits=Limits(document_bytes=len(data) - 1))
    with pytest.raises(TooLarge):
        verify_note(sign_note(TEXT, [LOG] * 65), LOG.identity.keys, where="note", strict=False)
    many = [LOG, *(generate_signing_key(f"w{i}") for i in range(15))]
    assert len(verify_note(sign_note(TEXT, many), LOG.identity.keys, where="note", strict=False).unverified) == 15
