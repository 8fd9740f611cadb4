"""Laws of the proof's form and of the report's markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.core.errors import HauberkError
from hauberk.prove.markup import Markup, element, joined
from hauberk.prove.report.numbers import figure
from hauberk.prove.verify import LoggedStatement, Proof, parse_proof, render_proof
from hauberk.prove.verify.errors import MalformedProof

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
statements = st.builds(LoggedStatement, envelope=texts.map(str.encode), receipt=texts.map(str.encode))
proofs = st.builds(Proof, system=texts, statements=st.lists(statements, max_size=4).map(tuple))


@given(proofs)
def test_a_proof_comes_back(proof):
    assert parse_proof(render_proof(proof)) == proof


@given(proofs, st.data())
def test_a_changed_byte_is_refused_or_means_something_else(proof, data):
    whole = render_proof(proof)
    place = data.draw(st.integers(0, len(whole) - 1))
    mask = data.draw(st.integers(1, 255))
    changed = whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :]
    try:
        other = parse_proof(changed)
    except HauberkError:
        return
    assert other != proof
    assert render_proof(other) == changed


@given(st.binary(max_size=80))
def test_anything_else_is_refused_as_such(data):
    with pytest.raises(MalformedProof):
        parse_proof(data)


class _Reader(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.data, self.values = [], "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.values += [value for _, value in attrs]

    def handle_data(self, data):
        self.data += data


printable = st.text(st.characters(exclude_categories=("C", "Z")), max_size=60)


@given(printable, printable)
def test_text_stays_text(words, value):
    reader = _Reader(element("p", words, attributes={"title": value}))
    assert reader.tags == ["p"]
    assert reader.data == words
    assert reader.values == [value]


@given(texts)
def test_nothing_that_steers_is_left(words):
    assert all(c.isprintable() or c in "\n\xa0" for c in element("p", words))


@given(st.lists(texts, max_size=5))
def test_what_is_done_to_markup_gives_text_again(parts):
    whole = joined([element("b", part) for part in parts])
    assert isinstance(whole, Markup)
    for changed in (whole + "", whole.upper(), whole[:], f"{whole}", whole.replace("a", "b")):
        assert not isinstance(changed, Markup)
        assert "<b>" not in joined([changed]).lower() or not parts


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**30), 10**30))
def test_every_number_can_be_written(value):
    assert 0 < len(figure(value)) < 420
