"""Looks at a column as a whole: ages, dates as numbers, postal codes, names, record numbers, health."""

import datetime

import numpy as np
import pyarrow as pa
import pytest

from hauberk.data import FeatureOverride, Kind, infer_schema, make_dataset
from hauberk.verify.personal import (
    Drop,
    EvidenceKind,
    Identifier,
    IdentifierEvidence,
    deidentify,
    propose_safe_harbor,
    scan_personal,
)

N = 200
SEED = 3
FIRST = ["Ada", "Ben", "Chidi", "Dana", "Emre", "Fatima", "Goran", "Hana", "Ivo", "Jun", "Kofi", "Lena"]
LAST = ["Novak", "O'Brien", "Smith-Jones", "Okafor", "Yilmaz", "Müller", "García", "Tanaka", "Rossi", "Dubois"]


def found(name: str, values) -> dict[Identifier, IdentifierEvidence]:
    table = pa.table({name: values})
    dataset = make_dataset(table, infer_schema(table, target=None))
    return {one.identifier: one for one in scan_personal(dataset, seed=1)}


def test_ages_over_89() -> None:
    ages = np.random.default_rng(SEED).integers(18, 89, N)
    assert not found("age", ages)
    ages[:3] = 91, 90, 104
    one = found("age", ages)[Identifier.AGE_OVER_89]
    assert (one.count, one.hipaa) == (3, "C")
    assert not found("score", ages)


def test_ninety_as_the_largest_age_is_a_top_code() -> None:
    assert not found("age", np.append(np.random.default_rng(SEED).integers(18, 89, N), [90, 90]))


def test_days_are_no_ages() -> None:
    assert not found("age", np.random.default_rng(SEED).integers(0, 20_000, N))


def test_timestamps_are_dates() -> None:
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=n) for n in range(N)]
    assert found("x", days)[Identifier.DATE].kinds == (EvidenceKind.FORMAT,)


@pytest.mark.parametrize("scale", [1, 10**3, 10**6])
def test_seconds_since_1970_under_a_name_of_time(scale: int) -> None:
    stamps = np.random.default_rng(SEED).permutation(N) * scale + 1_600_000_000 * scale
    assert Identifier.DATE in found("event_time", stamps)
    assert Identifier.DATE not in found("amount", stamps)
    assert not found("elapsed_time", np.random.default_rng(SEED).permutation(N))


def test_years_may_stay_and_months_may_not() -> None:
    assert not found("date", np.random.default_rng(SEED).integers(1950, 2020, N))
    assert not found("year", np.random.default_rng(SEED).integers(1950, 2020, N))
    assert found("month", np.random.default_rng(SEED).integers(1, 12, N))[Identifier.DATE].is_weak
    assert Identifier.DATE in found("period", [f"2019-{n % 12 + 1:02}" for n in range(N)])


def test_times_of_day_are_no_dates() -> None:
    assert not found("x", [datetime.time(n % 24, n % 60) for n in range(N)])
    assert Identifier.DATE in found("x", [datetime.datetime(1970, 1, 1 + n % 9, n % 24) for n in range(N)])


@pytest.mark.parametrize("form", ["%m/%d/%y", "%d.%m.%y", "%d-%b-%y", "%y-%m-%d", "%d %B %y", "%m/%d/%y %I:%M %p"])
def test_dates_with_years_of_two_digits(form: str) -> None:
    days = [(datetime.datetime(1950, 1, 1) + datetime.timedelta(days=97 * n)).strftime(form) for n in range(N)]
    assert found("x", days)[Identifier.DATE].kinds == (EvidenceKind.FORMAT,)
    table = pa.table({"x": days})
    schema = infer_schema(table, target=None)
    plan = propose_safe_harbor(scan_personal(make_dataset(table, schema), seed=0), schema, reference_year=2020)
    assert plan.steps == (Drop(column="x"),)


def test_codes_and_versions_are_no_dates_with_years_of_two_digits() -> None:
    random = np.random.default_rng(SEED)
    for form in ("{}-{}-{}", "{}/{}/{}", "{:02}.{:02}.{:02}"):
        assert not found("x", [form.format(*each) for each in random.integers(10, 99, (N, 3))])
    assert not found("x", ["{}.{}.{}".format(*each) for each in random.integers(0, 20, (N, 3))])


@pytest.mark.parametrize("form", ["%B %Y", "%b %Y", "%m/%Y"])
def test_months_in_words_may_not_stay(form: str) -> None:
    months = [datetime.date(1950 + n % 70, n % 12 + 1, 1).strftime(form) for n in range(N)]
    table = pa.table({"x": months})
    schema = infer_schema(table, target=None, overrides={"x": FeatureOverride(kind=Kind.TEXT)})
    dataset = make_dataset(table, schema)
    (one,) = scan_personal(dataset, seed=1)
    assert one.identifier is Identifier.DATE
    plan = propose_safe_harbor((one,), schema, reference_year=2000)
    assert deidentify(dataset, plan).table.column("x").to_pylist()[:2] == [1950, 1951]


def test_packed_dates_against_chance() -> None:
    days = [int(f"{year}{month:02}{day:02}") for year in range(1990, 2000) for month in (3, 11) for day in range(1, 11)]
    assert found("k", days)[Identifier.DATE].schemes == ("yyyymmdd",)
    assert not found("k", np.random.default_rng(SEED).integers(19_000_000, 20_999_999, N))


@pytest.mark.parametrize(
    ("name", "values", "scheme"),
    [
        ("zip", [f"{n:05}" for n in range(10_000, 10_000 + N)], "ZIP"),
        ("zip", list(range(501, 501 + 97 * N, 97)), "ZIP"),
        ("x", [f"90210-{n:04}" for n in range(N)], "US ZIP+4"),
        ("x", [f"K1A {n % 9}B{n % 8}" for n in range(N)], "CA postal code"),
        ("plz", [f"{n:05}" for n in range(1_000, 1_000 + N)], "ZIP"),
        ("zip", ["036", "902", "100"] * 30, "restricted ZIP area"),
    ],
)
def test_postal_codes(name: str, values, scheme: str) -> None:
    assert scheme in found(name, values)[Identifier.POSTAL_CODE].schemes


@pytest.mark.parametrize(("name", "values"), [("x", list(range(10_000, 10_200))), ("zip", ["902", "100", "000"] * 30)])
def test_numbers_and_open_areas_are_no_postal_codes(name: str, values) -> None:
    assert not found(name, values)


def test_names_by_shape_are_weak_and_by_shape_and_column_are_not() -> None:
    names = [f"{first} {last}" for first in FIRST for last in LAST]
    assert found("x", names)[Identifier.PERSON_NAME].kinds == (EvidenceKind.SHAPE,)
    assert found("x", names)[Identifier.PERSON_NAME].is_weak
    assert not found("customer_name", names)[Identifier.PERSON_NAME].is_weak
    assert not found("x", [f"{first} is {last}" for first in FIRST for last in LAST])


@pytest.mark.parametrize(
    "name", ["product_name", "page", "aged_care", "workclass", "native_country", "zipped", "carrier"]
)
def test_harmless_names(name: str) -> None:
    assert not found(name, np.random.default_rng(SEED).integers(0, 5, N))


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("patient_nbr", Identifier.MEDICAL_RECORD),
        ("MRN", Identifier.MEDICAL_RECORD),
        ("beneficiary_id", Identifier.HEALTH_PLAN),
        ("accountNumber", Identifier.ACCOUNT),
        ("passport_number", Identifier.LICENCE),
        ("licensePlate", Identifier.VEHICLE),
        ("device_id", Identifier.DEVICE),
        ("row_uuid", Identifier.UNIQUE_CODE),
        ("national_id", Identifier.NATIONAL_NUMBER),
    ],
)
def test_record_numbers_need_the_name_and_different_values(name: str, identifier: Identifier) -> None:
    different = np.random.default_rng(SEED).permutation(N) * 37 + 5
    assert found(name, different)[identifier].kinds == (EvidenceKind.UNIQUE, EvidenceKind.COLUMN_NAME)
    assert not found(name, different % 5)
    assert not found("x", different)


@pytest.mark.parametrize(
    ("name", "identifier", "letter"),
    [
        ("street", Identifier.GEOGRAPHY, "B"),
        ("fax", Identifier.FAX, "E"),
        ("mobile", Identifier.TELEPHONE, "D"),
        ("fingerprint", Identifier.BIOMETRIC, "P"),
        ("photo", Identifier.PHOTO, "Q"),
        ("surname", Identifier.PERSON_NAME, "A"),
    ],
)
def test_names_alone_are_weak(name: str, identifier: Identifier, letter: str) -> None:
    one = found(name, [f"v{n}" for n in range(N)])[identifier]
    assert (one.is_weak, one.hipaa, one.count) == (True, letter, N)


def test_a_column_that_says_whether_there_is_one_is_none() -> None:
    assert not found("telephone", ["yes", "none"] * 50)


def test_plain_digits_under_a_name() -> None:
    numbers = np.random.default_rng(SEED).integers(100_000_000, 700_000_000, N)
    assert EvidenceKind.FORMAT in found("ssn", numbers)[Identifier.SOCIAL_SECURITY].kinds
    assert EvidenceKind.FORMAT in found("phone", numbers)[Identifier.TELEPHONE].kinds
    assert not found("amount", numbers)


def test_health() -> None:
    codes = [f"E{n:02}.{n % 10}" for n in range(60)]
    assert found("diag_1", codes)[Identifier.HEALTH].schemes == ("ICD",)
    one = found("medication", ["no", "up", "down"] * 30)[Identifier.HEALTH]
    assert (one.is_weak, one.hipaa, one.gdpr) == (True, "", "9(1)")
    assert not found("x", codes)
