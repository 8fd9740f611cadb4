"""The JSON form of an ensemble: round trips, one spelling, and nothing but our errors on foreign bytes."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.core.encoding import render_json
from hauberk.core.errors import HauberkError
from hauberk.models import digest_ensemble, margins, open_ensemble, parse_ensemble, parse_model, render_ensemble
from hauberk.models.errors import BadEnsemble
from hauberk.testing.ensembles import random_ensemble

FIELDS = [
    "feature", "threshold", "left", "right", "missing_left", "category_words", "categorical", "value", "roots", "base",
]  # fmt: skip


def made(seed, **options):
    return random_ensemble(np.random.default_rng(seed), trees=3, depth=3, categorical=(1,), **options)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([np.float32, np.float64]))
def test_round_trip(seed, average, precision):
    ensemble = made(seed, average=average, precision=precision, outputs=3, link="simplex")
    data = render_ensemble(ensemble)
    again = parse_ensemble(data)
    assert render_ensemble(again) == data
    assert digest_ensemble(again) == digest_ensemble(ensemble)
    for name in FIELDS:
        one, other = getattr(ensemble, name), getattr(again, name)
        if name != "category_words":
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
    assert (again.precision, again.sum_dtype, again.average) == (precision, precision, average)
    rows = np.random.default_rng(seed).normal(size=(50, 4)) * 9
    np.testing.assert_array_equal(margins(again, rows), margins(ensemble, rows))


def change(document, path, value):
    """The document with one place changed."""
    *steps, last = path
    place = document
    for step in steps:
        place = place[step]
    place[last] = value
    return document


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 40), st.integers(), st.floats(), st.text(max_size=4),
    st.lists(st.integers(-2, 9), max_size=3), st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(st.data())
def test_a_changed_field_never_escapes(draw):
    document = json.loads(render_ensemble(made(1)))
    name = draw.draw(st.sampled_from(sorted(document)))
    path = [name]
    if isinstance(document[name], list) and document[name] and draw.draw(st.booleans()):
        path.append(draw.draw(st.integers(0, len(document[name]) - 1)))
    change(document, path, draw.draw(JUNK))
    try:
        data = render_json(document)
    except ValueError:
        return  # the junk is no JSON itself: NaN, or half a surrogate pair
    with contextlib.suppress(HauberkError):
        assert render_ensemble(parse_ensemble(data)) == data


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_changed_bytes_never_escape(draw):
    model = open_ensemble(made(2), classes=("no", "yes"), names=("a", "b", "c", "d"))
    _, whole = model.freeze()
    data = bytearray(whole)
    place = draw.draw(st.integers(0, len(data) - 1))
    data[place : place + draw.draw(st.integers(0, 3))] = draw.draw(st.binary(max_size=3))
    with contextlib.suppress(HauberkError):
        again = parse_model(bytes(data), "ensemble")
        assert again.freeze()[1] == bytes(data)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=200))
def test_foreign_bytes_never_escape(data):
    for parse in (parse_ensemble, lambda some: parse_model(some, "ensemble")):
        with pytest.raises(HauberkError):
            parse(data)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", True),
        ("width", 0),
        ("average", 1),
        ("precision", "float16"),
        ("link", "probit"),
        ("format", "hauberk-ensemble/2"),
        ("base", [0]),
        ("base", [1e400]),
        ("base", []),
        ("roots", []),
        ("roots", [1]),
        ("categories", {}),
        ("categories", [[0, [70000]]]),
        ("categories", [[0, [True]]]),
        ("threshold", [0.1]),
    ],
)
def test_wrong_fields(name, value):
    document = json.loads(render_ensemble(made(3)))
    document[name] = value
    with pytest.raises(HauberkError):
        parse_ensemble(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())


def test_one_spelling_only():
    data = render_ensemble(made(4))
    with pytest.raises(BadEnsemble, match="another spelling"):
        parse_ensemble(data.replace(b",", b", ", 1))
    with pytest.raises(BadEnsemble):
        parse_ensemble(json.dumps(json.loads(data) | {"more": 1}, sort_keys=True, separators=(",", ":")).encode())
