"""Statements of ours in hands that we did not make: securesystemslib verifies, in-toto-attestation parses."""

from __future__ import annotations

import base64
import json

import pytest

from hauberk.core.digest import Digest
from hauberk.core.statement import Statement, Subject, render_statement
from hauberk.crypto import Profile, PublicIdentity, generate_signing_key, sign_envelope, verify_envelope

pytestmark = pytest.mark.foreign

dsse = pytest.importorskip("securesystemslib.dsse")
KIND = "application/vnd.in-toto+json"
STATEMENT = Statement(
    subjects=(Subject("model.ubj", Digest("ab" * 32)),),
    predicate_type="urn:hauberk:attack:evasion:v1",
    predicate={"claims": [{"name": "robust_accuracy", "value": 0.5, "high": 0.6}], "seed": 7},
)


def foreign_keys(identity: PublicIdentity) -> list[object]:
    from securesystemslib.signer import SSlibKey

    key = identity.keys[0]
    return [SSlibKey(key.label, "ed25519", "ed25519", {"public": key.raw.hex()})]


@pytest.mark.parametrize("profile", list(Profile))
def test_their_library_verifies_our_envelope(profile):
    key = generate_signing_key("example.com/lending", profile)
    envelope = dsse.Envelope.from_dict(json.loads(sign_envelope(render_statement(STATEMENT), KIND, key)))
    accepted = envelope.verify(foreign_keys(key.identity), 1)
    assert list(accepted) == [key.identity.keys[0].label]
    assert envelope.payload == render_statement(STATEMENT)
    assert envelope.payload_type == KIND


@pytest.mark.parametrize("field", ["payload", "payloadType", "sig"])
def test_their_library_refuses_what_was_altered(field):
    from securesystemslib.exceptions import VerificationError

    key = generate_signing_key("example.com/lending")
    document = json.loads(sign_envelope(render_statement(STATEMENT), KIND, key))
    if field == "payloadType":
        document[field] += "x"
    else:
        holder = document["signatures"][0] if field == "sig" else document
        data = bytearray(base64.b64decode(holder[field]))
        data[5] ^= 1
        holder[field] = base64.b64encode(data).decode()
    with pytest.raises(VerificationError):
        dsse.Envelope.from_dict(document).verify(foreign_keys(key.identity), 1)


def test_their_library_refuses_another_key():
    from securesystemslib.exceptions import VerificationError

    key, other = generate_signing_key("example.com/lending"), generate_signing_key("example.com/lending")
    envelope = dsse.Envelope.from_dict(json.loads(sign_envelope(render_statement(STATEMENT), KIND, key)))
    with pytest.raises(VerificationError):
        envelope.verify(foreign_keys(other.identity), 1)


def test_we_verify_what_their_library_signed():
    """Their envelope in our spelling, under a key that they made."""
    from securesystemslib.signer import CryptoSigner

    from hauberk.core.encoding import render_json
    from hauberk.crypto import Algorithm, PublicKey

    signer = CryptoSigner.generate_ed25519()
    raw = bytes.fromhex(signer.public_key.keyval["public"])
    public = PublicKey(name="theirs", algorithm=Algorithm.ED25519, raw=raw)
    identity = PublicIdentity(profile=Profile.ED25519, keys=(public,))
    envelope = dsse.Envelope(render_statement(STATEMENT), KIND, {})
    envelope.sign(signer)
    document = envelope.to_dict()
    document["signatures"][0]["keyid"] = public.label
    payload = verify_envelope(render_json(document), identity, payload_type=KIND)
    assert payload == render_statement(STATEMENT)


def test_in_toto_parses_our_statement():
    json_format = pytest.importorskip("google.protobuf.json_format")
    pytest.importorskip("in_toto_attestation")
    import in_toto_attestation.v1.statement_pb2 as wire
    from in_toto_attestation.v1.statement import Statement as TheirStatement

    key = generate_signing_key("example.com/lending")
    envelope = dsse.Envelope.from_dict(json.loads(sign_envelope(render_statement(STATEMENT), KIND, key)))
    envelope.verify(foreign_keys(key.identity), 1)
    parsed = TheirStatement.copy_from_pb(json_format.Parse(envelope.payload, wire.Statement()))
    parsed.validate()
    assert parsed.pb.predicate_type == STATEMENT.predicate_type
    assert [(s.name, dict(s.digest)) for s in parsed.pb.subject] == [("model.ubj", {"sha256": "ab" * 32})]
    assert parsed.pb.predicate["seed"] == 7


def test_in_toto_refuses_a_statement_without_subject():
    json_format = pytest.importorskip("google.protobuf.json_format")
    pytest.importorskip("in_toto_attestation")
    import in_toto_attestation.v1.statement_pb2 as wire
    from in_toto_attestation.v1.statement import Statement as TheirStatement

    document = json.loads(render_statement(STATEMENT)) | {"subject": []}
    with pytest.raises(ValueError, match="subject"):
        TheirStatement.copy_from_pb(json_format.Parse(json.dumps(document), wire.Statement())).validate()
