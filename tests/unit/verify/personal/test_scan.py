"""Columns with identifiers and columns without: what is found, what is not, and that no value gets out."""

import dataclasses
import re
import uuid

import numpy as np
import pyarrow as pa
import pytest
from stdnum import luhn

from hauberk.core.finding import Severity
from hauberk.data import Dataset, Feature, FeatureOverride, Kind, Role, Schema, infer_schema, make_dataset
from hauberk.verify.errors import BadPersonalScan
from hauberk.verify.personal import (
    EvidenceKind,
    Identifier,
    IdentifierEvidence,
    PersonalScan,
    check_personal,
    personal_findings,
    scan_personal,
)
from hauberk.verify.personal.cells import sample_cells
from hauberk.verify.personal.pattern import Pattern
from hauberk.verify.personal.trials import try_patterns

N = 300


def digits(count: int, *, first: str = "", rows: int = N, seed: int = 5) -> list[str]:
    source = np.random.default_rng(seed)
    return [first + "".join(map(str, row)) for row in source.integers(0, 10, (rows, count - len(first)))]


def with_luhn(numbers: list[str]) -> list[str]:
    return [number + luhn.calc_check_digit(number) for number in numbers]


def text_dataset(values: list, *, name: str = "c", kind: Kind = Kind.TEXT, **flags) -> Dataset:
    role = Role.IGNORED if kind is Kind.TEXT else Role.INPUT
    categories = tuple(dict.fromkeys(map(str, values))) if kind is Kind.CATEGORY else ()
    feature = dataclasses.replace(Feature(name=name, kind=kind, role=role, categories=categories), **flags)
    return make_dataset(pa.table({name: pa.array(values)}), Schema(features=(feature,)))


def found(values: list, **more) -> dict[Identifier, IdentifierEvidence]:
    return {one.identifier: one for one in scan_personal(text_dataset(values, **more), seed=1)}


CARDS = with_luhn(digits(15, first="4"))


def test_cards_are_proved_by_their_check_digit() -> None:
    one = found(CARDS)[Identifier.PAYMENT_CARD]
    assert one.kinds == (EvidenceKind.CHECKSUM,)
    assert (one.count, one.share.n, one.share.value) == (N, N, 1.0)
    assert 0.98 < one.share.low < 1
    assert one.p_value < 1e-100
    assert (one.hipaa, one.gdpr, one.is_proved, one.is_weak) == ("J", "4(1)", True, False)


@pytest.mark.parametrize("length", range(6, 20))
@pytest.mark.parametrize("first", ["", "4", "19"])
def test_random_numbers_are_nothing(length: int, first: str) -> None:
    assert not found(digits(length, first=first, rows=1000))


@pytest.mark.parametrize("start", [10**8, 756 * 10**10, 4 * 10**15, 10**9, 85_010_100_000])
@pytest.mark.parametrize("stride", [1, 2, 3, 7, 10, 11, 97, 100])
def test_numbers_that_count_up_are_nothing(start: int, stride: int) -> None:
    numbers = list(range(start, start + 1000 * stride, stride))
    evidence = found(numbers, kind=Kind.INTEGER)
    assert not [one for one in evidence.values() if one.is_proved], evidence


def test_fractions_are_measurements() -> None:
    assert not found((np.random.default_rng(5).normal(size=2000) * 10).tolist(), kind=Kind.NUMBER)


def test_many_random_columns_give_no_proof() -> None:
    """Sixty columns of random whole numbers; the level bounds the chance of one false call in the run."""
    source = np.random.default_rng(5)
    table = pa.table({f"c{n}": source.integers(10 ** (8 + n % 5), 10 ** (9 + n % 5), 400) for n in range(60)})
    assert not scan_personal(make_dataset(table, infer_schema(table, target=None)), seed=0)


@pytest.mark.parametrize(("right", "proved"), [(2, False), (12, True)])
def test_few_numbers_prove_nothing_and_are_worth_a_look(right: int, proved: bool) -> None:
    one = found(CARDS[:right])[Identifier.PAYMENT_CARD]
    assert (one.is_proved, one.is_weak) == (proved, not proved)
    assert Identifier.PAYMENT_CARD not in found(CARDS[:1])


def test_repeated_numbers_count_once() -> None:
    assert not found(CARDS[:2] * 100)[Identifier.PAYMENT_CARD].is_proved


def test_two_cards_among_many_notes_are_worth_a_look() -> None:
    notes = [f"note {n}" for n in range(N)] + [f"took {card} by phone" for card in CARDS[:2]]
    one = found(notes)[Identifier.PAYMENT_CARD]
    assert (one.is_weak, one.count, one.inside_text) == (True, 2, True)


@pytest.mark.parametrize(("share", "called"), [(0.05, False), (0.4, True), (1.0, True)])
def test_a_mixture_is_called_where_enough_are_real(share: float, called: bool) -> None:
    real = round(share * N)
    mixed = CARDS[:real] + digits(16, first="4")[real:]
    evidence = found(mixed)
    assert (Identifier.PAYMENT_CARD in evidence) == called
    if called:
        assert evidence[Identifier.PAYMENT_CARD].share.value == pytest.approx(share + (1 - share) / 10, abs=0.06)


def test_a_glance_clears_random_numbers_and_real_ones_are_all_counted() -> None:
    asked: list[str] = []

    def check(text: str) -> bool:
        asked.append(text)
        return len(set(asked)) % 10 == 0 or text.startswith("4")

    form = re.compile("[0-9]+")
    pattern = Pattern(
        identifier=Identifier.ACCOUNT, scheme="s", form=form, check=check, chance=0.1, digits=True, least_digits=1
    )
    for first, looked, passed in (("5", 1000, 100), ("4", 10_000, 9000)):
        asked.clear()
        numbers = text_dataset([f"{first}{n:06}" for n in range(9000)])
        cells = sample_cells(numbers, numbers.schema.features[0], np.arange(9000), longest=20)
        (trial,) = try_patterns(cells, [pattern])
        assert (len(asked), trial.passed) == (looked, passed)


def test_wide_tables_are_sampled_by_their_cells() -> None:
    values = [f"user{n}@example.org" for n in range(300)]
    table = pa.table({"a": values, "b": values, "y": ["p", "q"] * 150})
    dataset = make_dataset(table, infer_schema(table, target="y"))
    assert {one.share.n for one in scan_personal(dataset, seed=0, scan=PersonalScan(cells=90))} == {30}


def test_national_numbers_in_an_integer_column() -> None:
    numbers = []
    for nine in digits(9, first="3", rows=2 * N):
        check = sum((10 - place) * int(digit) for place, digit in enumerate(nine)) % 11
        if (11 - check) % 11 < 10:
            numbers.append(int(nine + str((11 - check) % 11)))
    evidence = found(numbers, kind=Kind.INTEGER)
    assert evidence[Identifier.NATIONAL_NUMBER].schemes == ("GB NHS",)
    assert evidence[Identifier.NATIONAL_NUMBER].hipaa == "R"


@pytest.mark.parametrize(
    ("make", "identifier"),
    [
        (lambda n: f"user{n}@example.org", Identifier.EMAIL),
        (lambda n: f"192.0.2.{n % 250 + 1}", Identifier.IP_ADDRESS),
        (lambda n: f"2001:db8:{n:x}::1", Identifier.IP_ADDRESS),
        (lambda n: f"00-1b-44-11-{n // 256:02x}-{n % 256:02x}", Identifier.MAC_ADDRESS),
        (lambda n: f"https://example.org/{n}", Identifier.URL),
        (lambda n: f"+4930{n:07}", Identifier.TELEPHONE),
        (lambda n: f"212-555-{n:04}", Identifier.TELEPHONE),
        (lambda n: f"536-90-{n + 1:04}", Identifier.SOCIAL_SECURITY),
        (lambda n: f"19{n % 90 + 10}-0{n % 9 + 1}-1{n % 9}", Identifier.DATE),
        (lambda n: str(uuid.UUID(int=n + 2**100)), Identifier.UNIQUE_CODE),
        (lambda n: f"SW{n % 9 + 1}A {n % 7 + 1}A{'ABDEFG'[n % 6]}", Identifier.POSTAL_CODE),
    ],
)
def test_forms_are_found_whatever_the_column_is_called(make, identifier) -> None:
    values = [make(n) for n in range(N)]
    assert list(found(values)) == [identifier]
    assert not found(["".join(sorted(value)).strip(" -.:@+/") for value in values])


def test_inside_texts() -> None:
    notes = [f"patient called {n} times, felt fine" for n in range(N)]
    assert not found(notes)
    notes[17] = "patient can be reached at jane@example.org or +44 20 7946 0958, Dr. Osei knows"
    evidence = found(notes)
    assert set(evidence) == {Identifier.EMAIL, Identifier.TELEPHONE, Identifier.PERSON_NAME}
    assert evidence[Identifier.EMAIL].inside_text
    assert evidence[Identifier.EMAIL].count == 1
    assert evidence[Identifier.PERSON_NAME].is_weak


def test_cards_inside_texts_are_tested_against_chance_too() -> None:
    assert not found([f"order {number} sent" for number in digits(16, first="4")])
    assert Identifier.PAYMENT_CARD in found([f"card {number} charged" for number in CARDS])


def test_a_single_iban_is_enough_of_a_form() -> None:
    one = found(["paid", "DE89 3704 0044 0532 0130 00", "open"])[Identifier.IBAN]
    assert one.kinds == (EvidenceKind.FORMAT,)
    assert not found([f"DE{number} " for number in digits(20)])


@pytest.mark.parametrize("disguise", ["\uff14", "4\u200b"])
def test_disguised_digits_are_read(disguise: str) -> None:
    assert Identifier.PAYMENT_CARD in found([disguise + card[1:] for card in CARDS])


def test_wide_dashes_are_dashes() -> None:
    assert Identifier.SOCIAL_SECURITY in found([f"536\u201390\u2013{n:04}" for n in range(1, 50)])


def test_the_sample_is_drawn_by_the_seed() -> None:
    dataset = text_dataset([f"user{n}@example.org" if n % 3 else "none" for n in range(3000)])
    scan = PersonalScan(rows=200)
    first, again, other = (scan_personal(dataset, seed=seed, scan=scan) for seed in (1, 1, 2))
    assert first == again != other
    assert first[0].share.n == 200
    assert first[0].share.low < 2 / 3 < first[0].share.high


@pytest.mark.parametrize(
    "scan", [PersonalScan(rows=0), PersonalScan(cells=0), PersonalScan(characters=0), PersonalScan(level=0.0)]
)
def test_bad_settings_are_refused(scan: PersonalScan) -> None:
    with pytest.raises(BadPersonalScan):
        scan_personal(text_dataset(["a"]), seed=0, scan=scan)


def test_no_rows_are_an_error() -> None:
    dataset = text_dataset(["a"]).take(np.array([], np.int64))
    (finding,) = check_personal(dataset, seed=0)
    assert (finding.code, finding.severity) == ("verify.personal.empty", Severity.ERROR)


def test_empty_and_missing_values_are_no_values() -> None:
    assert not found([None, "", "  ", "\u200b"])


@pytest.mark.parametrize(
    ("flags", "values", "code", "severity"),
    [
        ({"kind": Kind.CATEGORY}, CARDS, "unmarked", Severity.ERROR),
        ({"kind": Kind.TEXT}, CARDS, "unmarked", Severity.WARNING),
        ({"kind": Kind.CATEGORY, "personal": True}, CARDS, "model_input", Severity.WARNING),
        ({"kind": Kind.TEXT, "personal": True}, CARDS, "marked", Severity.INFO),
        ({"kind": Kind.CATEGORY}, ["a@example.org", "b@example.org"], "unmarked", Severity.WARNING),
        ({"kind": Kind.CATEGORY, "name": "city"}, ["Ulm", "Bonn"], "suspected", Severity.INFO),
        ({"kind": Kind.CATEGORY, "name": "race"}, ["a", "b"], "suspected", Severity.INFO),
        ({"kind": Kind.CATEGORY, "name": "race", "sensitive": True}, ["a", "b"], "marked", Severity.INFO),
        ({"kind": Kind.CATEGORY, "name": "diag"}, [f"E{n}.9" for n in range(10, 40)], "unmarked", Severity.WARNING),
    ],
)
def test_findings_follow_the_schema(flags, values, code: str, severity: Severity) -> None:
    (finding,) = check_personal(text_dataset(values, **flags), seed=0)
    assert (finding.code, finding.severity) == (f"verify.personal.{code}", severity)


def test_the_message_says_what_and_how_sure() -> None:
    (finding,) = check_personal(text_dataset(CARDS, kind=Kind.CATEGORY, name="pan"), seed=0)
    assert finding.message == (
        "`pan` holds payment card numbers (payment card): 300 of 300 values, 100 % (98.8 to 100 %), by checksum; "
        "HIPAA Safe Harbor J, GDPR Art. 4(1), and is not marked personal"
    )
    assert (finding.feature, finding.rows, finding.count) == ("pan", (), 300)


def test_no_value_gets_out() -> None:
    values = {
        "a": CARDS[:50],
        "b": [f"user{n}@example.org" for n in range(50)],
        "c": [f"536-90-{n:04}" for n in range(1, 51)],
    }
    table = pa.table(values)
    dataset = make_dataset(table, infer_schema(table, target=None, overrides={"a": FeatureOverride(kind=Kind.TEXT)}))
    evidence = scan_personal(dataset, seed=0)
    out = (
        repr(evidence) + repr(personal_findings(evidence, dataset.schema)) + repr([one.document() for one in evidence])
    )
    assert len(evidence) == 3
    assert not [value for column in values.values() for value in column if value in out]
