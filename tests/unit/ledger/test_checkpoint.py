import dataclasses

import pytest

from hauberk.core.encoding import render_base64
from hauberk.crypto import SigningKey
from hauberk.crypto.errors import CryptoError, MissingSignature, NoVerifiers
from hauberk.ledger import (
    EMPTY_ROOT,
    Checkpoint,
    parse_checkpoint,
    render_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from hauberk.ledger.errors import MalformedCheckpoint, WrongOrigin

ORIGIN = "example.com/log"
CHECKPOINT = Checkpoint(origin=ORIGIN, size=12, root=bytes(range(32)))
ROOT = render_base64(CHECKPOINT.root)


def test_the_text_is_that_of_the_standard() -> None:
    assert render_checkpoint(CHECKPOINT) == f"{ORIGIN}\n12\n{ROOT}\n"


def test_extension_lines_are_kept() -> None:
    extended = dataclasses.replace(CHECKPOINT, extensions=("one", "two words"))
    assert parse_checkpoint(render_checkpoint(extended)) == extended


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"{ORIGIN}\n12\n{ROOT}",
        f"{ORIGIN}\n12\n",
        f"\n12\n{ROOT}\n",
        f"{ORIGIN}\n012\n{ROOT}\n",
        f"{ORIGIN}\n-1\n{ROOT}\n",
        f"{ORIGIN}\n+1\n{ROOT}\n",
        f"{ORIGIN}\n1 \n{ROOT}\n",
        f"{ORIGIN}\n1_0\n{ROOT}\n",
        f"{ORIGIN}\n\u0661\n{ROOT}\n",
        f"{ORIGIN}\n\n{ROOT}\n",
        f"{ORIGIN}\n{2**63}\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ROOT}\n",
        f"{ORIGIN}\n12\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n12\n{ROOT[:-2]}9=\n",
        f"{ORIGIN}\n12\n{render_base64(bytes(31))}\n",
        f"{ORIGIN}\n12\n{ROOT}\n\n",
        f"{ORIGIN}\n12\n{ROOT}\n\nextension\n",
        f"{ORIGIN}\r\n12\n{ROOT}\n",
        f"{ORIGIN}\n0\n{ROOT}\n",
    ],
)
def test_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpoint, match="here"):
        parse_checkpoint(text, where="here")


def test_the_largest_size_and_the_empty_log() -> None:
    for checkpoint in (
        dataclasses.replace(CHECKPOINT, size=2**63 - 1),
        dataclasses.replace(CHECKPOINT, size=0, root=EMPTY_ROOT),
    ):
        assert parse_checkpoint(render_checkpoint(checkpoint)) == checkpoint


def test_a_signed_checkpoint_verifies(key: SigningKey) -> None:
    note = sign_checkpoint(CHECKPOINT, [key])
    assert verify_checkpoint(note, key.identity.keys, origin=ORIGIN) == CHECKPOINT


def test_the_hybrid_profile_needs_both_signatures() -> None:
    hybrid = SigningKey(ORIGIN, [bytes(32), bytes([1] * 32)])
    note = sign_checkpoint(CHECKPOINT, [hybrid])
    assert verify_checkpoint(note, hybrid.identity.keys, origin=ORIGIN) == CHECKPOINT
    lines = note.split(b"\n")
    with pytest.raises(MissingSignature):
        verify_checkpoint(b"\n".join(lines[:5] + lines[6:]), hybrid.identity.keys, origin=ORIGIN)


def test_another_log_another_key_or_no_key_is_refused(key: SigningKey) -> None:
    note = sign_checkpoint(CHECKPOINT, [key])
    with pytest.raises(WrongOrigin, match=r"example\.com/other"):
        verify_checkpoint(note, key.identity.keys, origin="example.com/other")
    with pytest.raises(CryptoError):
        verify_checkpoint(note, SigningKey(ORIGIN, [bytes(32)]).identity.keys, origin=ORIGIN)
    with pytest.raises(NoVerifiers):
        verify_checkpoint(note, [], origin=ORIGIN)


def test_a_signed_text_that_is_no_checkpoint_is_refused(key: SigningKey) -> None:
    bad = dataclasses.replace(CHECKPOINT, root=bytes(8))
    with pytest.raises(MalformedCheckpoint):
        verify_checkpoint(sign_checkpoint(bad, [key]), key.identity.keys, origin=ORIGIN)
