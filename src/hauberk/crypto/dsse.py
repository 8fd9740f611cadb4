"""Signed envelopes: bytes of a named type, signed as they are, so that no reader has to canonicalise.

Source: DSSE v1 (secure-systems-lab/dsse, protocol.md and envelope.md).
"""

from __future__ import annotations

from collections.abc import Mapping

from hauberk.core.encoding import Json, parse_base64, parse_json, render_base64, render_json
from hauberk.core.errors import BadEncoding, Malformed
from hauberk.core.limits import DEFAULT_LIMITS, Limits
from hauberk.crypto.errors import MalformedEnvelope, MissingSignature, UnexpectedSignature, WrongPayloadType
from hauberk.crypto.identity import PublicIdentity
from hauberk.crypto.keys import Signer

__all__ = ["pre_authentication_encoding", "sign_envelope", "verify_envelope"]

_FIELDS = {"payload", "payloadType", "signatures"}


def pre_authentication_encoding(payload: bytes, payload_type: str) -> bytes:
    """What is signed: the type and the payload, each behind its length in bytes.

    >>> pre_authentication_encoding(b"hello world", "http://example.com/HelloWorld")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_envelope(payload: bytes, payload_type: str, signer: Signer) -> bytes:
    """The canonical JSON of an envelope with one signature for each key of the signer.

    `keyid` is the key's label (`name+hash`). Plain signatures over the pre-authentication encoding: other DSSE
    implementations verify the Ed25519 one.

    Law: `verify_envelope(sign_envelope(p, t, s), s.identity, payload_type=t) == p`.
    """
    made = signer.sign(pre_authentication_encoding(payload, payload_type))
    pairs = zip(signer.identity.keys, made, strict=True)
    signatures: list[Json] = [{"keyid": key.label, "sig": render_base64(signature)} for key, signature in pairs]
    return render_json({"payload": render_base64(payload), "payloadType": payload_type, "signatures": signatures})


def verify_envelope(
    data: bytes,
    identity: PublicIdentity,
    *,
    payload_type: str,
    where: str = "envelope",
    limits: Limits = DEFAULT_LIMITS,
) -> bytes:
    """The payload of the envelope, once every key of `identity`, and no other, is found to have signed it.

    Raises:
        MalformedEnvelope: Not DSSE, an unknown field, or not the canonical spelling.
        TooLarge: Over `limits`.
        WrongPayloadType: The payload is of another type.
        MissingSignature, UnexpectedSignature: Not exactly one signature a key, in the order of the keys.
        BadSignature: A signature does not verify.
    """
    document = _parse(data, where, limits)
    kind = document["payloadType"]
    if kind != payload_type:
        raise WrongPayloadType(where=where, expected=payload_type, got=repr(kind)[:120])
    signatures = _parse_signatures(document["signatures"], where)
    _check_keys(tuple(keyid for keyid, _ in signatures), identity, where)
    payload = _parse_base64(document["payload"], where)
    encoded = pre_authentication_encoding(payload, payload_type)
    identity.verify(encoded, [signature for _, signature in signatures], where=where)
    return payload


def _parse(data: bytes, where: str, limits: Limits) -> Mapping[str, Json]:
    try:
        document = parse_json(data, where=where, limits=limits)
        canonical = render_json(document) == data
    except (Malformed, ValueError) as error:  # a lone surrogate or 1e999 has no canonical form
        raise MalformedEnvelope(where=where, expected="a JSON document", got=str(error)) from error
    if not isinstance(document, Mapping) or set(document) != _FIELDS:
        fields = ", ".join(sorted(document)) if isinstance(document, Mapping) else type(document).__name__
        raise MalformedEnvelope(where=where, expected=", ".join(sorted(_FIELDS)), got=fields[:120])
    if not canonical:
        raise MalformedEnvelope(where=where, expected="canonical JSON", got="another spelling")
    return document


def _parse_signatures(value: Json, where: str) -> list[tuple[str, bytes]]:
    signatures = []
    for entry in value if isinstance(value, list) else [value]:
        match entry:
            case {"keyid": str(keyid), "sig": str(signature), **rest} if not rest:
                signatures.append((keyid, _parse_base64(signature, where)))
            case _:
                raise MalformedEnvelope(where=where, expected="a list of keyid and sig", got=repr(entry)[:120])
    return signatures


def _check_keys(found: tuple[str, ...], identity: PublicIdentity, where: str) -> None:
    wanted = tuple(key.label for key in identity.keys)
    missing = [label for label in wanted if label not in found]
    if missing:
        got = ", ".join(found)[:200] or "none"
        raise MissingSignature(where=where, expected=f"a signature of {', '.join(missing)}", got=got)
    if found != wanted:
        raise UnexpectedSignature(where=where, expected=f"signatures of {', '.join(wanted)} only", got=str(len(found)))


def _parse_base64(value: Json, where: str) -> bytes:
    try:
        if isinstance(value, str):
            return parse_base64(value, where=where)
    except BadEncoding as error:
        raise MalformedEnvelope(where=where, expected=error.expected, got=error.got) from error
    raise MalformedEnvelope(where=where, expected="base64 text", got=type(value).__name__)
