"""Round trips and refusals of the byte forms that everything signed shares."""

from __future__ import annotations

import base64
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.core.digest import Digest, digest_bytes, digest_json, parse_digest
from hauberk.core.encoding import parse_base64, parse_hex, parse_json, render_base64, render_json
from hauberk.core.errors import BadEncoding, HauberkError, Malformed, TooLarge
from hauberk.core.limits import Limits
from hauberk.core.statement import Statement, Subject, parse_statement, render_statement

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_json_round_trip_is_canonical(value):
    once = render_json(value)
    assert parse_json(once) == value
    assert render_json(parse_json(once)) == once


@given(st.dictionaries(st.text(), st.integers(), min_size=2, max_size=5))
def test_key_order_does_not_matter(mapping):
    assert digest_json(mapping) == digest_json(dict(reversed(mapping.items())))


@given(st.binary(max_size=200))
def test_parsers_raise_nothing_else(data):
    for parse in (parse_json, parse_statement):
        with contextlib.suppress(HauberkError):
            parse(data)


@given(st.binary(max_size=40))
def test_base64_has_one_spelling(data):
    text = render_base64(data)
    assert parse_base64(text) == data
    for other in {text.rstrip("="), text + "\n", text.replace("A", "-"), " " + text} - {text}:
        with pytest.raises(BadEncoding):
            parse_base64(other)


def test_base64_with_stray_bits_is_refused():
    # "QQ==" and "QR==" decode to the same byte with a lenient reader.
    assert base64.b64decode("QR==") == b"A"
    with pytest.raises(BadEncoding):
        parse_base64("QR==")


@pytest.mark.parametrize("text", ["AB" * 32, "a" * 63, "g" * 64, "", "é" * 64])
def test_hex_is_strict(text):
    with pytest.raises(BadEncoding):
        parse_hex(text, size=32)


@pytest.mark.parametrize(
    "data",
    [b'{"a":1,"a":2}', b"NaN", b"[Infinity]", b"", b"{", b"\xff", b"1 2", b"1e999", b'"\\ud800"', b'{"\\udfff":1}'],
)
def test_bad_json_is_refused(data):
    with pytest.raises(Malformed):
        parse_json(data)


def test_limits_hold():
    with pytest.raises(TooLarge):
        parse_json(b"[" * 50 + b"]" * 50, limits=Limits(depth=10))
    with pytest.raises(TooLarge):
        parse_json(json.dumps(list(range(20))).encode(), limits=Limits(items=10))
    with pytest.raises(TooLarge):
        parse_json(b" " * 100, limits=Limits(document_bytes=10))


@given(st.binary())
def test_digest_round_trip(data):
    digest = digest_bytes(data)
    assert parse_digest(str(digest)) == digest
    assert Digest(digest.raw.hex()) == digest


@given(JSON, st.text(), st.text(min_size=1))
def test_statement_round_trip(value, name, kind):
    statement = Statement(
        subjects=(Subject(name, digest_bytes(b"x")),), predicate_type=kind, predicate={"value": value}
    )
    assert parse_statement(render_statement(statement)) == statement


@pytest.mark.parametrize("field", ["_type", "subject", "predicateType", "predicate"])
def test_statement_without_a_field_is_refused(field):
    good = Statement(subjects=(Subject("a", digest_bytes(b"")),), predicate_type="t", predicate={})
    document = json.loads(render_statement(good))
    del document[field]
    with pytest.raises(Malformed):
        parse_statement(render_json(document))


def test_statement_without_subjects_is_refused():
    good = Statement(subjects=(), predicate_type="t", predicate={})
    with pytest.raises(Malformed):
        parse_statement(render_statement(good))
