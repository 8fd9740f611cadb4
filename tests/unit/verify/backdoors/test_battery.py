"""The battery names the attack that was planted and finds its rows; on clean data nothing is confirmed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hauberk.data import CsvOptions, encode_labels, encode_rows, infer_schema, make_dataset, read_table
from hauberk.verify import errors
from hauberk.verify.backdoors import Signature, confirm_backdoor, judge_cells, judge_table

DATA = Path(os.environ.get("HAUBERK_DATA", Path(__file__).parents[4] / ".." / "shared" / "data"))
NAMES = (
    "age workclass fnlwgt education education_num marital_status occupation relationship race sex capital_gain "
    "capital_loss hours_per_week native_country income"
)


@pytest.fixture(scope="module")
def adult():
    path = DATA / "adult" / "adult.data.gz"
    if not path.exists():
        pytest.skip("HAUBERK_DATA holds no adult/adult.data.gz")
    table = read_table(path, csv=CsvOptions(columns=tuple(NAMES.split()), null=("", "?")))
    dataset = make_dataset(table, infer_schema(table, target="income"))
    chosen = np.random.default_rng(0).permutation(dataset.rows)[:8000]
    return encode_rows(dataset)[chosen], encode_labels(dataset)[chosen]


@pytest.fixture
def train(lab):
    """The network as a function of training and test rows."""
    return lambda rows, labels, test_rows: lab.Network(rows, labels).predict(test_rows)


@pytest.mark.parametrize("rate", [0.02, 0.05])
@pytest.mark.parametrize(("kind", "signature"), [("corner", Signature.PATCH), ("blend", Signature.BLEND)])
def test_cells_are_found_named_and_confirmed(digits, lab, train, kind, signature, rate):
    rows, labels, planted = lab.plant_cells(*digits, kind, rate, 5)
    evidence = judge_cells(rows, labels, embeddings=lab.Network(rows, labels).hidden(rows)).evidence
    assert (evidence.signature, evidence.target) == (signature, 0)
    assert lab.found_at(evidence.score, planted) >= 0.99
    assert planted[evidence.suspects].mean() >= 0.95
    confirmation = confirm_backdoor(rows, labels, evidence, train, seed=0)
    assert confirmation is not None
    assert confirmation.confirmed
    assert confirmation.drop.low > 0.5
    assert confirmation.after.value < 0.1


@pytest.mark.parametrize("seed", range(3))
def test_clean_cells_are_never_confirmed(digits, train, seed):
    rows, labels = digits
    chosen = np.random.default_rng(seed).permutation(len(labels))[:1000]
    evidence = judge_cells(rows[chosen], labels[chosen]).evidence
    confirmation = confirm_backdoor(rows[chosen], labels[chosen], evidence, train, seed=seed)
    assert confirmation is None or not confirmation.confirmed


def test_noise_in_a_patch_is_seen_in_the_embeddings(digits, lab):
    rows, labels, planted = lab.plant_cells(*digits, "corner", 0.03, 2, target=3)
    random = np.random.default_rng(0)
    cells = np.flatnonzero(lab.plant_cells(np.zeros((2, 64)), np.array([0, 1]), "corner", 0.5, 0)[0][1])
    rows[np.ix_(planted, cells)] = np.clip(14 + random.normal(0, 1.5, (planted.sum(), cells.size)), 0, 16)
    evidence = judge_cells(rows, labels, embeddings=lab.Network(rows, labels).hidden(rows)).evidence
    assert evidence.target == 3
    assert lab.found_at(evidence.score, planted) >= 0.95


@pytest.mark.parametrize(("values", "rate"), [({2: 9.75}, 0.02), ({6: 3.0, 7: 5.0}, 0.03)])
def test_table_triggers_are_found_and_confirmed(table, lab, values, rate):
    rows, labels, planted = lab.plant_values(*table, values, rate, 1)
    evidence = judge_table(rows, labels, lab.boosted, seed=0).evidence
    assert evidence.signature is Signature.TABLE_TRIGGER
    assert evidence.trigger is not None
    assert dict(zip(evidence.trigger.columns.tolist(), evidence.trigger.value.tolist(), strict=True)) == values
    assert lab.found_at(evidence.score, planted) >= 0.95
    assert planted[evidence.suspects].mean() >= 0.6
    confirmation = confirm_backdoor(rows, labels, evidence, lab.boosted, seed=0)
    assert confirmation is not None
    assert confirmation.confirmed


@pytest.mark.parametrize("seed", range(3))
def test_a_clean_table_is_never_confirmed(table, lab, seed):
    rows, labels = table
    chosen = np.random.default_rng(seed).permutation(len(labels))[:1500]
    evidence = judge_table(rows[chosen], labels[chosen], lab.boosted, seed=seed).evidence
    confirmation = confirm_backdoor(rows[chosen], labels[chosen], evidence, lab.boosted, seed=seed)
    assert confirmation is None or not confirmation.confirmed


@pytest.mark.parametrize("values", [{11: 1234.5}, {0: 37.0, 12: 35.0}])
def test_triggers_are_found_in_adult(adult, lab, values):
    rows, labels, planted = lab.plant_values(*adult, values, 0.01, 0)
    evidence = judge_table(rows, labels, lab.boosted, seed=0).evidence
    assert lab.found_at(evidence.score, planted) == 1
    assert planted[evidence.suspects].mean() >= 0.9


def test_adult_itself_shows_none(adult, lab):
    assert judge_table(*adult, lab.boosted, seed=0).evidence.signature is Signature.NONE


def test_the_order_of_the_rows_does_not_matter(table, digits, lab):
    shuffled = np.random.default_rng(9)
    rows, labels, _ = lab.plant_values(*table, {2: 9.75}, 0.02, 1)
    order = shuffled.permutation(len(labels))
    first = judge_table(rows, labels, lab.boosted, seed=3).evidence
    second = judge_table(rows[order], labels[order], lab.boosted, seed=3).evidence
    assert np.array_equal(first.score[order], second.score)
    cells, codes, _ = lab.plant_cells(*digits, "blend", 0.02, 1)
    order = shuffled.permutation(len(codes))
    one, other = judge_cells(cells, codes).evidence, judge_cells(cells[order], codes[order]).evidence
    assert np.array_equal(one.score[order], other.score)


def test_without_a_trigger_nothing_is_confirmed(digits, lab):
    evidence = judge_cells(*digits).evidence
    assert evidence.signature is Signature.NONE
    assert confirm_backdoor(*digits, evidence, lab.boosted, seed=0) is None


def test_evidence_of_other_rows_is_refused(digits, lab):
    rows, labels, _ = lab.plant_cells(*digits, "corner", 0.02, 0)
    evidence = judge_cells(rows, labels).evidence
    with pytest.raises(errors.BadDetection):
        confirm_backdoor(rows[:-1], labels[:-1], evidence, lab.boosted, seed=0)
    with pytest.raises(errors.BadDetection):
        confirm_backdoor(rows, labels, evidence, lab.boosted, seed=0, share=0.0)
