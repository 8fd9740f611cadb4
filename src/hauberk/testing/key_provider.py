"""The contract of a key provider: checks that every implementation (files, PKCS#11, a KMS) must pass.

A test calls each of `KEY_PROVIDER_CHECKS` with a case that it made; a check raises AssertionError where the provider
breaks its word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from hauberk.core.errors import HauberkError
from hauberk.crypto import KeyProvider, parse_public_identity, sign_envelope, sign_note, verify_envelope, verify_note
from hauberk.crypto.errors import BadSignature, UnknownKey, WrongKey, WrongKeyKind

__all__ = ["KEY_PROVIDER_CHECKS", "KeyProviderCase"]

_DATA_KEY = bytes(range(32))
_PAYLOAD_TYPE = "application/vnd.hauberk.contract+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyProviderCase:
    """A provider and the names of the keys that the test has made in it.

    Attributes:
        provider: What is checked.
        signing, other_signing: Names of two signing keys.
        wrapping, other_wrapping: Names of two wrapping keys.
    """

    provider: KeyProvider
    signing: str
    other_signing: str
    wrapping: str
    other_wrapping: str


def _signs_what_its_public_side_verifies(case: KeyProviderCase) -> None:
    signer, identity = case.provider.signer(case.signing), case.provider.public(case.signing)
    _require(signer.identity == identity, "signer(name).identity is not public(name)")
    _require(parse_public_identity(identity.text) == identity, "the public text does not round-trip")
    signatures = signer.sign(b"message")
    _require(len(signatures) == len(identity.keys), "not one signature a key")
    identity.verify(b"message", signatures)
    _refuses(BadSignature, lambda: identity.verify(b"another message", signatures))


def _signs_notes_and_envelopes(case: KeyProviderCase) -> None:
    signer = case.provider.signer(case.signing)
    note = verify_note(sign_note("text\n", [signer]), signer.identity.keys, where="contract")
    _require(note.text == "text\n", "a signed note lost its text")
    envelope = sign_envelope(b"{}", _PAYLOAD_TYPE, signer)
    payload = verify_envelope(envelope, signer.identity, payload_type=_PAYLOAD_TYPE)
    _require(payload == b"{}", "a signed envelope lost its payload")


def _keeps_identities_apart(case: KeyProviderCase) -> None:
    first, second = case.provider.public(case.signing), case.provider.public(case.other_signing)
    _require(first.text != second.text, "two signing keys have one public text")
    signatures = case.provider.signer(case.signing).sign(b"message")
    _refuses(BadSignature, lambda: second.verify(b"message", signatures))


def _unwraps_what_it_wrapped(case: KeyProviderCase) -> None:
    wrapped = case.provider.wrap_key(case.wrapping, _DATA_KEY)
    _require(_DATA_KEY not in wrapped, "the wrapped key holds the key")
    _require(case.provider.unwrap_key(case.wrapping, wrapped) == _DATA_KEY, "another key came out")


def _refuses_a_key_that_another_wrapped(case: KeyProviderCase) -> None:
    wrapped = case.provider.wrap_key(case.wrapping, _DATA_KEY)
    _refuses(WrongKey, lambda: case.provider.unwrap_key(case.other_wrapping, wrapped))


def _refuses_an_altered_wrapped_key(case: KeyProviderCase) -> None:
    wrapped = case.provider.wrap_key(case.wrapping, _DATA_KEY)
    for place in range(len(wrapped)):
        altered = wrapped[:place] + bytes([wrapped[place] ^ 1]) + wrapped[place + 1 :]
        _refuses(WrongKey, partial(case.provider.unwrap_key, case.wrapping, altered))
    for short in (b"", wrapped[:-1], wrapped[:8], wrapped + b"\0"):
        _refuses(WrongKey, partial(case.provider.unwrap_key, case.wrapping, short))


def _names_a_key_that_it_lacks(case: KeyProviderCase) -> None:
    provider = case.provider
    _refuses(UnknownKey, lambda: provider.signer("no-such-key"))
    _refuses(UnknownKey, lambda: provider.public("no-such-key"))
    _refuses(UnknownKey, lambda: provider.wrap_key("no-such-key", _DATA_KEY))
    _refuses(UnknownKey, lambda: provider.unwrap_key("no-such-key", b"\0" * 40))


def _keeps_purposes_apart(case: KeyProviderCase) -> None:
    provider = case.provider
    provider.signer(case.signing)
    _refuses(WrongKeyKind, lambda: provider.wrap_key(case.signing, _DATA_KEY))
    provider.wrap_key(case.wrapping, _DATA_KEY)
    _refuses(WrongKeyKind, lambda: provider.signer(case.wrapping))
    _refuses(WrongKeyKind, lambda: provider.public(case.wrapping))


KEY_PROVIDER_CHECKS: tuple[Callable[[KeyProviderCase], None], ...] = (
    _signs_what_its_public_side_verifies,
    _signs_notes_and_envelopes,
    _keeps_identities_apart,
    _unwraps_what_it_wrapped,
    _refuses_a_key_that_another_wrapped,
    _refuses_an_altered_wrapped_key,
    _names_a_key_that_it_lacks,
    _keeps_purposes_apart,
)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


def _refuses(error: type[HauberkError], action: Callable[[], object]) -> None:
    try:
        action()
    except error:
        return
    except Exception as other:
        raise AssertionError(f"expected {error.__name__}, got {other!r}") from other
    raise AssertionError(f"expected {error.__name__}, got no error")
