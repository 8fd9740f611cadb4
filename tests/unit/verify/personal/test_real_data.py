"""Census, card and hospital data: what is there is found, and nothing else is called by a check digit."""

import os
import zipfile
from pathlib import Path

import pytest

from hauberk.data import CsvOptions, Dataset, infer_schema, make_dataset, read_table
from hauberk.verify.personal import (
    Identifier,
    deidentify,
    measure_anonymity,
    propose_safe_harbor,
    roll_up_rare,
    scan_personal,
)
from hauberk.verify.personal.deidentify import Bin, Deidentification

DATA = Path(os.environ.get("HAUBERK_DATA", Path(__file__).parents[4] / ".." / "shared" / "data"))
ADULT = (
    "age workclass fnlwgt education education_num marital_status occupation relationship race sex capital_gain "
    "capital_loss hours_per_week native_country income"
)


def there(name: str) -> Path:
    if not (DATA / name).exists():
        pytest.skip(f"HAUBERK_DATA holds no {name}")
    return DATA / name


def dataset(path: Path, target: str, **options) -> Dataset:
    table = read_table(path, csv=CsvOptions(null=("", "?"), **options))
    return make_dataset(table, infer_schema(table, target=target))


def classes(data: Dataset) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in scan_personal(data, seed=0):
        assert not one.is_proved, one
        found.setdefault(one.identifier.name, set()).add(one.column)
    return found


@pytest.fixture(scope="module")
def adult() -> Dataset:
    return dataset(there("adult/adult.data.gz"), "income", columns=tuple(ADULT.split()))


def test_the_census_holds_a_special_category_and_no_identifier(adult: Dataset) -> None:
    assert classes(adult) == {"SPECIAL_CATEGORY": {"race"}}


def test_generalising_the_census_makes_larger_crowds(adult: Dataset) -> None:
    quasi = ("age", "sex", "native_country")
    raw = measure_anonymity(adult, quasi=quasi, k=5, sensitive="occupation")
    plan = Deidentification(steps=(Bin(column="age", edges=(40,)), roll_up_rare(adult, "native_country", least=500)))
    coarse = measure_anonymity(deidentify(adult, plan), quasi=quasi, k=5, sensitive="occupation")
    assert raw.smallest == 1
    assert raw.share_below == pytest.approx(0.069, abs=0.001)
    assert coarse.smallest == 40
    assert coarse.share_below == 0
    assert coarse.diversity.distinct > raw.diversity.distinct


def test_card_transactions_hold_nothing() -> None:
    assert classes(dataset(there("creditcard_ulb/creditcard_ulb_sample.csv.gz"), "Class")) == {}


def test_the_hospitals_hold_record_numbers_and_diagnoses(tmp_path: Path) -> None:
    with zipfile.ZipFile(there("diabetes130/dataset_diabetes.zip")) as archive:
        archive.extractall(tmp_path)
    data = dataset(next(tmp_path.rglob("diabetic_data.csv")), "readmitted")
    evidence = scan_personal(data, seed=0)
    strong = {(one.identifier, one.column) for one in evidence if not one.is_weak}
    assert strong == {
        (Identifier.MEDICAL_RECORD, "encounter_id"),
        (Identifier.MEDICAL_RECORD, "patient_nbr"),
        (Identifier.HEALTH, "diag_1"),
        (Identifier.HEALTH, "diag_2"),
        (Identifier.HEALTH, "diag_3"),
    }
    plan = propose_safe_harbor(evidence, data.schema, reference_year=2008)
    assert [step.column for step in plan.steps] == ["encounter_id", "patient_nbr"]
