"""Harmed texts and texts in another form: with the fault planted, and without it."""

import datetime

import numpy as np
import pyarrow as pa
import pytest

from hauberk.core.finding import Finding, Severity
from hauberk.data import FeatureOverride, Kind, infer_schema, make_dataset
from hauberk.verify import check_encoding, check_text_forms

HONEST = [
    "café",
    "naïve",
    "Łódź",
    "Straße",
    "Ñandú",
    "東京",
    "a\u200cb",
    "«Voilà»",
    "São Paulo",
    "€ 5",
    "👩\u200d🚀",
]


def found(check, values: list[str | None], kind: Kind = Kind.CATEGORY) -> tuple[Finding, ...]:
    table = pa.table({"c": pa.array(values, pa.string()), "y": ["a", "b"] * (len(values) // 2)})
    overrides = {"c": FeatureOverride(kind=kind)}
    return check(make_dataset(table, infer_schema(table, target="y", overrides=overrides)))


def test_honest_texts_have_no_findings() -> None:
    assert found(check_encoding, HONEST * 2) == ()
    assert found(check_text_forms, HONEST * 2) == ()
    assert found(check_encoding, [None, None], Kind.TEXT) == found(check_text_forms, [None, None], Kind.TEXT) == ()


@pytest.mark.parametrize(
    ("harmed", "what"),
    [
        ("café".encode().decode("latin-1"), "mojibake"),
        ("“Łódź”".encode().decode("cp1252", "replace"), "mojibake"),
        ("東京".encode().decode("latin-1"), "mojibake"),
        ("caf\ufffd", "replacement"),
        ("ca\x00fé", "control"),
        ("ca\u200bfé", "control"),
        ("caf\u202eé", "control"),
    ],
)
def test_harmed_texts(harmed: str, what: str) -> None:
    one = found(check_encoding, [*HONEST, harmed])[0]
    assert (one.code, one.rows, one.severity) == (f"verify.encoding.{what}", (len(HONEST),), Severity.WARNING)
    assert harmed not in one.message


@pytest.mark.parametrize("twin", ["CAFÉ", "cafe\u0301", "café ", "\u00a0café"])
def test_one_category_in_two_spellings(twin: str) -> None:
    codes = {one.code: one.rows for one in found(check_encoding, ["café", twin, "tea", "café"])}
    assert codes.pop("verify.encoding.same_category") == (1,)
    assert set(codes) == ({"verify.encoding.blanks"} if twin.strip() != twin else set())


def test_codes_of_one_letter_may_differ_in_case() -> None:
    (one,) = found(check_encoding, ["a", "A", "b", "a"])
    assert (one.code, one.severity) == ("verify.encoding.same_category", Severity.INFO)


def test_free_text_may_end_with_blanks() -> None:
    (one,) = found(check_encoding, ["some words ", "others"], Kind.TEXT)
    assert (one.code, one.severity) == ("verify.encoding.blanks", Severity.INFO)


@pytest.mark.parametrize("form", ["${:,}", "{:,}.50", "{} kg", "{},5", "{}%", "€ {}"])
def test_numbers_kept_as_text(form: str) -> None:
    (one,) = found(check_text_forms, [form.format(1000 + 37 * row) for row in range(40)])
    assert (one.code, one.count) == ("verify.encoding.number_text", 40)


def test_codes_are_no_numbers_kept_as_text() -> None:
    for form in ("{:04d}", "E{}", "{}-{}", "v{}.1"):
        assert found(check_text_forms, [form.format(row, row + 9) for row in range(40)]) == ()
    seats = [f"{row}{letter}" for row in range(10) for letter in "ABCDEF"]
    assert found(check_text_forms, seats) == ()


@pytest.mark.parametrize("form", ["601 {:03} {:03}", "{:03}.{:03}.117", "0{:02} {:03} 555"])
def test_telephone_and_tax_numbers_in_groups_are_no_amounts(form: str) -> None:
    assert found(check_text_forms, [form.format(n, 999 - 7 * n) for n in range(80)], Kind.TEXT) == ()


def test_numbers_and_words_in_one_column() -> None:
    values = [str(row % 30) for row in range(57)] + ["low", "high", "low"]
    (one,) = found(check_text_forms, values)
    assert (one.code, one.rows, one.severity) == ("verify.encoding.mixed_types", (57, 58, 59), Severity.INFO)


def dates(*forms: str) -> list[str]:
    start = datetime.date(2021, 1, 1)
    return [(start + datetime.timedelta(days=row)).strftime(forms[row % len(forms)]) for row in range(60)]


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d %b %Y", "%Y-%m-%d %H:%M:%S", "%Y%m%d"])
def test_dates_in_one_format_are_fine(form: str) -> None:
    assert found(check_text_forms, dates(form), Kind.TEXT) == ()


def test_dates_in_four_formats() -> None:
    (one,) = found(check_text_forms, dates("%Y-%m-%d", "%d/%m/%Y", "%b %d, %Y", "%d.%m.%Y"), Kind.TEXT)
    assert (one.code, one.count) == ("verify.encoding.date_formats", 45)
    assert "4 formats" in one.message


def test_day_and_month_in_both_orders() -> None:
    (one,) = found(check_text_forms, dates("%d/%m/%Y", "%d/%m/%Y", "%m/%d/%Y"), Kind.TEXT)
    assert one.code == "verify.encoding.date_order"
    assert 0 < one.count < 20


def test_names_with_braces_do_not_break_messages() -> None:
    table = pa.table({"{c}": ["a ", "b"] * 3, "y": ["a", "b"] * 3})
    (one,) = check_encoding(make_dataset(table, infer_schema(table, target="y")))
    assert "`{c}`" in one.message


def test_many_different_texts_are_looked_at_once_each() -> None:
    words = [f"w{number}" for number in np.random.default_rng(0).integers(0, 10**9, 20_000)]
    assert found(check_encoding, words, Kind.TEXT) == ()
