"""The schema as canonical bytes, for digests, bundles and stores."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from hauberk.core.digest import Digest, digest_bytes
from hauberk.core.encoding import parse_json, render_json
from hauberk.core.errors import Malformed
from hauberk.core.limits import DEFAULT_LIMITS, Limits
from hauberk.data.schema import Adversary, Schema
from hauberk.data.schema_rules import verify_schema

__all__ = ["digest_schema", "parse_schema", "render_schema", "without_adversary"]

_TYPE = "urn:hauberk:data:schema:v1"


def render_schema(schema: Schema) -> bytes:
    """Canonical JSON of a schema. Law: `parse_schema(render_schema(s)) == s`."""
    return render_json({"type": _TYPE, "schema": msgspec.to_builtins(schema)})


def parse_schema(data: bytes, *, where: str = "schema", limits: Limits = DEFAULT_LIMITS) -> Schema:
    """The schema that canonical JSON spells.

    Raises:
        Malformed: Not JSON, another type, a missing, unknown or wrong field, or not the canonical spelling.
        TooLarge: Over `limits`.
        BadOverride, UnknownColumn: The schema contradicts itself, see `verify_schema`.
    """
    match parse_json(data, where=where, limits=limits):
        case {"type": str(kind), "schema": document, **rest} if kind == _TYPE and not rest:
            pass
        case other:
            raise Malformed(where=where, expected=f"a document of type {_TYPE}", got=repr(other)[:120])
    try:
        schema = msgspec.convert(document, Schema, strict=True)
    except (msgspec.ValidationError, OverflowError) as error:
        raise Malformed(where=where, expected="a schema", got=str(error)[:200]) from error
    if _canonical(schema) != data:
        raise Malformed(where=where, expected="the canonical spelling of a schema", got="another")
    return verify_schema(schema, where=where)


def digest_schema(schema: Schema) -> Digest:
    """Digest of the canonical bytes."""
    return digest_bytes(render_schema(schema))


def without_adversary(schema: Schema) -> Schema:
    """What the columns mean, without what an adversary may do: the data stay the same when the threat changes."""
    features = tuple(replace(feature, adversary=Adversary()) for feature in schema.features)
    return replace(schema, features=features, budget=None)


def _canonical(schema: Schema) -> bytes:
    """The bytes, or none where the parsed values have no JSON form (a float literal beyond float64)."""
    try:
        return render_schema(schema)
    except ValueError:
        return b""
