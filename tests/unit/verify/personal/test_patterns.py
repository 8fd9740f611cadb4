"""Each form: what it takes, what it leaves, and that its check passes no more random numbers than it says."""

import random
import re._constants as op
import re._parser as parser

import pytest

from hauberk.verify.personal.chance import exceeds_chance, p_value_of_chance
from hauberk.verify.personal.patterns import COUNTRIES, PATTERNS, parse_year

# The national numbers are the published examples in python-stdnum's documentation.
RIGHT = {
    "e-mail": "jane.o'neil+x@mail.example.co.uk",
    "E.164": "+44 20 7946 0958",
    "NANP": "(212) 555-0187",
    "IPv4": "203.0.113.77",
    "IPv6": "2001:db8::8a2e:370:7334",
    "MAC": "00:1B:44:11:3a:b7",
    "URL": "https://example.org/~jane?x=1",
    "payment card": "4111 1111 1111 1111",
    "IBAN": "DE89 3704 0044 0532 0130 00",
    "US SSN": "536-90-4399",
    "US ITIN": "912-90-3456",
    "AT VNR": "1237 010180",
    "AU TFN": "123 456 782",
    "BE NN": "85073003328",
    "BG EGN": "8032056031",
    "BR CPF": "390.533.447-05",
    "CA SIN": "123-456-782",
    "CH AHV": "7569217076985",
    "CL RUT": "76086428-5",
    "CN RIC": "360426199101010071",
    "CZ RC": "710319/2745",
    "DE IdNr": "36 574 261 809",
    "EE IK": "36805280109",
    "ES DNI": "54362315-K",
    "ES NIE": "X-2482300W",
    "FI HETU": "131052-308T",
    "FR NIR": "2 95 10 99 126 111 93",
    "GB NHS": "943-476-5870",
    "HR OIB": "33392005961",
    "IE PPS": "6433435F",
    "IL ID": "039337423",
    "IN Aadhaar": "234123412346",
    "IT CF": "RCCMNL83S18D969H",
    "MX CURP": "BOXW310820HNERXN09",
    "NL BSN": "1112.22.333",
    "NO FNR": "151086 95088",
    "PL PESEL": "44051401359",
    "PT NIF": "501 964 843",
    "RO CNP": "1630615123457",
    "SE PNR": "880320-0016",
    "TR TCKN": "17291716060",
    "ZA ID": "7503305044089",
    "VIN": "1M8GDM9AXKP042788",
    "IMEI": "35-209900-176148-1",
    "UUID": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "date": "2019-02-28",
    "yyyymmdd": "20190228",
    "form of address": "Mrs. Okafor",
}
WRONG = {
    "e-mail": ["jane@localhost", "a@b", "@example.org"],
    "E.164": ["+12", "+1 2", "1+1"],
    "NANP": ["112-555-0187", "2125550187"],
    "IPv4": ["127.0.0.1", "256.1.1.1", "0.0.0.0", "1.2.3.4.5"],
    "IPv6": ["12:34:56", "::1", "::", "a:b"],
    "MAC": ["00:1B:44:11:3a", "00:1B-44:11:3a:b7"],
    "URL": ["example", "https:/"],
    "payment card": ["4111 1111 1111 1112", "4111-1111 1111 1111", "9111111111111111"],
    "IBAN": ["DE88 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130", "ZZ89 3704 0044 0532 0130 00"],
    "US SSN": ["000-12-3456", "666-12-3456", "536-00-4399", "536904399"],
    "VIN": ["1M8GDM9A0KP042788", "11111111111111110"],
    "date": ["2019-02-30", "31/31/2019", "2019", "1.2", "2019-13-01"],
    "yyyymmdd": ["20190231", "20191301", "17760704"],
}
BY_SCHEME = {pattern.scheme: pattern for pattern in PATTERNS}


def taken(scheme: str, text: str) -> bool:
    pattern = BY_SCHEME[scheme]
    digits = sum(map(text.count, "0123456789"))
    possible = digits >= pattern.least_digits and (digits < len(text) or pattern.digits) and pattern.could_be_in(text)
    return possible and any(pattern.check(found.group()) for found in pattern.form.finditer(text))


def test_every_form_is_tested() -> None:
    assert set(RIGHT) == set(BY_SCHEME)
    assert len(COUNTRIES) == 31


@pytest.mark.parametrize("scheme", RIGHT)
def test_a_right_one_is_taken_alone_and_in_a_text(scheme: str) -> None:
    assert taken(scheme, RIGHT[scheme])
    assert taken(scheme, f"Note: {RIGHT[scheme]}, as told on the phone (see p. 3).")


@pytest.mark.parametrize(("scheme", "text"), [(scheme, text) for scheme, texts in WRONG.items() for text in texts])
def test_a_wrong_one_is_left(scheme: str, text: str) -> None:
    assert not taken(scheme, text)


@pytest.mark.parametrize(
    "scheme", [name for name, pattern in BY_SCHEME.items() if pattern.chance and name not in {"IBAN", "yyyymmdd"}]
)
def test_one_wrong_digit_is_noticed(scheme: str) -> None:
    """Each check digit here notices most single errors; the last digit alone is always noticed."""
    right = RIGHT[scheme]
    place = max(place for place, character in enumerate(right) if character.isdigit())
    others = [right[:place] + digit + right[place + 1 :] for digit in "0123456789" if digit != right[place]]
    assert not any(taken(scheme, text) for text in others)


@pytest.mark.parametrize("scheme", [name for name, pattern in BY_SCHEME.items() if pattern.chance])
def test_the_stated_chance_is_no_less_than_the_real_one(scheme: str) -> None:
    pattern, source = BY_SCHEME[scheme], random.Random(scheme)
    inner = pattern.form.pattern.partition("(?:")[2].rpartition(")(?!")[0]
    drawn = [draw(inner, source) for _ in range(2000)]
    candidates = [text for text in drawn if pattern.form.fullmatch(text)]
    passed = sum(map(pattern.check, candidates))
    assert len(candidates) > 1000
    assert p_value_of_chance(passed, len(candidates), pattern.chance) > 1e-4


def test_a_word_that_goes_on_is_no_candidate() -> None:
    assert not taken("payment card", "X4111111111111111")
    assert not taken("payment card", "41111111111111110")
    assert taken("payment card", "no:4111111111111111.")


def test_an_iban_before_words_in_capitals() -> None:
    assert taken("IBAN", "DE89 3704 0044 0532 0130 00 PLEASE PAY")


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("1987-03-05T12:30:00Z", 1987),
        ("5 Mar 1987", 1987),
        ("March 5th, 1987", 1987),
        ("13/13/1987", None),
        ("x", None),
    ],
)
def test_years(text: str, year: int | None) -> None:
    assert parse_year(text) == year


def test_the_test_against_chance() -> None:
    assert p_value_of_chance(0, 10, 0.1) == 1
    assert p_value_of_chance(2, 2, 0.1) == pytest.approx(0.01)
    assert exceeds_chance(7, 7, 0.1, level=1e-6)
    assert not exceeds_chance(5, 7, 0.1, level=1e-6)
    assert not exceeds_chance(0, 0, 0.1, level=0.5)
    # Significant, and too little to matter: 12 % instead of 10 %.
    assert not exceeds_chance(12_000, 100_000, 0.1, level=1e-6)


def draw(form: str, source: random.Random) -> str:
    """A text drawn evenly from a regular expression; optional separators are left out."""
    return "".join(_drawn(parser.parse(form), source))


def _drawn(nodes, source):
    for kind, detail in nodes:
        if kind is op.LITERAL:
            yield chr(detail)
        elif kind is op.IN:
            yield source.choice(_alphabet(detail))
        elif kind is op.BRANCH:
            yield from _drawn(source.choice(detail[1]), source)
        elif kind is op.SUBPATTERN:
            yield from _drawn(detail[3], source)
        elif kind is op.MAX_REPEAT:
            low, high, inner = detail
            for _ in range(0 if (low, high) == (0, 1) else source.randint(low, high)):
                yield from _drawn(inner, source)
        else:
            assert kind in (op.ASSERT, op.ASSERT_NOT, op.GROUPREF)


def _alphabet(detail) -> str:
    spans = [(value, value) if kind is op.LITERAL else value for kind, value in detail]
    return "".join(chr(code) for low, high in spans for code in range(low, high + 1))
