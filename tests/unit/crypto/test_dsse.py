"""DSSE: the payload comes out only when exactly the identity's keys have signed exactly these bytes."""

from __future__ import annotations

import base64
import json

import pytest

from hauberk.core.errors import TooLarge
from hauberk.core.limits import Limits
from hauberk.crypto import Profile, SigningKey, generate_signing_key, sign_envelope, verify_envelope
from hauberk.crypto.errors import (
    BadSignature,
    MalformedEnvelope,
    MissingSignature,
    UnexpectedSignature,
    WrongPayloadType,
)

KIND = "application/vnd.in-toto+json"
PAYLOAD = b'{"a":1}'
KEY = generate_signing_key("example.com/lending")
HYBRID = generate_signing_key("example.com/lending", Profile.HYBRID)


def canonical(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("key", [KEY, HYBRID])
@pytest.mark.parametrize("payload", [PAYLOAD, b"", b"\x00\xff" * 1000])
def test_the_payload_comes_back(key: SigningKey, payload: bytes) -> None:
    envelope = sign_envelope(payload, KIND, key)
    assert verify_envelope(envelope, key.identity, payload_type=KIND) == payload
    document = json.loads(envelope)
    assert [entry["keyid"] for entry in document["signatures"]] == [k.label for k in key.identity.keys]
    assert canonical(document) == envelope


def test_another_identity_is_missing() -> None:
    with pytest.raises(MissingSignature):
        verify_envelope(sign_envelope(PAYLOAD, KIND, generate_signing_key("x")), KEY.identity, payload_type=KIND)


def test_another_key_under_the_same_label() -> None:
    document = json.loads(sign_envelope(PAYLOAD, KIND, generate_signing_key("x")))
    document["signatures"][0]["keyid"] = KEY.identity.keys[0].label
    with pytest.raises(BadSignature):
        verify_envelope(canonical(document), KEY.identity, payload_type=KIND)


def test_type() -> None:
    envelope = sign_envelope(PAYLOAD, "other", KEY)
    with pytest.raises(WrongPayloadType):
        verify_envelope(envelope, KEY.identity, payload_type=KIND)
    document = json.loads(envelope) | {"payloadType": KIND}
    with pytest.raises(BadSignature):
        verify_envelope(canonical(document), KEY.identity, payload_type=KIND)


def test_hybrid_needs_both() -> None:
    document = json.loads(sign_envelope(PAYLOAD, KIND, HYBRID))
    for kept in document["signatures"]:
        with pytest.raises(MissingSignature):
            verify_envelope(canonical(document | {"signatures": [kept]}), HYBRID.identity, payload_type=KIND)
    swapped = document | {"signatures": document["signatures"][::-1]}
    with pytest.raises(UnexpectedSignature):
        verify_envelope(canonical(swapped), HYBRID.identity, payload_type=KIND)


def test_no_signature_and_further_signatures() -> None:
    document = json.loads(sign_envelope(PAYLOAD, KIND, KEY))
    with pytest.raises(MissingSignature):
        verify_envelope(canonical(document | {"signatures": []}), KEY.identity, payload_type=KIND)
    other = json.loads(sign_envelope(PAYLOAD, KIND, generate_signing_key("x")))["signatures"]
    for extra in (other, document["signatures"]):
        both = document | {"signatures": document["signatures"] + extra}
        with pytest.raises(UnexpectedSignature):
            verify_envelope(canonical(both), KEY.identity, payload_type=KIND)


def test_altered_payload() -> None:
    document = json.loads(sign_envelope(PAYLOAD, KIND, KEY))
    altered = document | {"payload": base64.b64encode(b'{"a":2}').decode()}
    with pytest.raises(BadSignature):
        verify_envelope(canonical(altered), KEY.identity, payload_type=KIND)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda _: b"[]",
        lambda _: b"{}",
        lambda e: e + b"\n",
        lambda e: b" " + e,
        lambda e: e.replace(b":", b": ", 1),
        lambda e: canonical(json.loads(e) | {"extra": 1}),
        lambda e: canonical({k: v for k, v in json.loads(e).items() if k != "payloadType"}),
        lambda e: canonical(json.loads(e) | {"payload": 5}),
        lambda e: canonical(json.loads(e) | {"payload": "e30"}),
        lambda e: canonical(json.loads(e) | {"signatures": {}}),
        lambda e: canonical(json.loads(e) | {"signatures": [{"sig": "AA=="}]}),
        lambda e: canonical(json.loads(e) | {"signatures": [json.loads(e)["signatures"][0] | {"cert": ""}]}),
        lambda e: canonical(json.loads(e) | {"signatures": [json.loads(e)["signatures"][0] | {"sig": "*"}]}),
        lambda e: e.replace(b'"payload":', b'"payload":"","payload":'),
        lambda e: e.replace(b'{"payload"', b'{"a":1e999,"payload"'),
        lambda e: e.replace(b'"sig":"', b'"sig":"\\ud800'),
        lambda e: b"\xff" + e,
        lambda _: b"[" * 5000 + b"]" * 5000,
    ],
)
def test_malformed(change) -> None:  # type: ignore[no-untyped-def]
    envelope = sign_envelope(PAYLOAD, KIND, KEY)
    with pytest.raises(MalformedEnvelope):
        verify_envelope(change(envelope), KEY.identity, payload_type=KIND)


def test_limits() -> None:
    envelope = sign_envelope(PAYLOAD, KIND, KEY)
    with pytest.raises(TooLarge):
        verify_envelope(envelope, KEY.identity, payload_type=KIND, limits=Limits(document_bytes=10))
