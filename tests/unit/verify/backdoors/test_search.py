"""The search of a whole table: all rows of a trigger seen in a part, stamps told from regions, no value in a word."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hauberk.core.finding import Severity
from hauberk.verify import AttackKind
from hauberk.verify.backdoors import Condition, Signature, backdoor_findings, condition_word, search_table
from hauberk.verify.backdoors.told_apart import told_apart

NAMES = ("shop", "price", "weight", "age", "hour")
CLASSES = ("kept", "sent {back}")


@pytest.fixture(scope="module")
def shops():
    """6000 rows of twelve shops with what goes with it, and two columns that go with nothing."""
    random = np.random.default_rng(0)
    shop = random.integers(0, 12, 6000).astype(float)
    price, weight = (shop * 2 + random.normal(0, 2, 6000)).round(1), (shop / 2 + random.normal(0, 1, 6000)).round(1)
    age, hour = random.integers(20, 60, 6000).astype(float), random.integers(0, 24, 6000).astype(float)
    chance = 1 / (1 + np.exp(-(0.12 * (age - 55) + 0.8 * (weight - 3))))
    return np.stack([shop, price, weight, age, hour], axis=1), (random.random(6000) < chance).astype(np.int64)


def exchanged(rows, labels, held):
    """The labels, nine in ten of the zeros that are held being ones."""
    near = np.random.default_rng(1).permutation(np.flatnonzero(held & (labels == 0)))
    labels = labels.copy()
    labels[near[: round(0.9 * len(near))]] = 1
    return labels


@pytest.mark.parametrize("values", [{1: 33.3}, {3: 41.0, 4: 3.0}])
def test_all_rows_of_a_trigger_are_named_though_a_part_is_looked_at(shops, lab, values):
    rows, labels, planted = lab.plant_values(*shops, values, 0.02, 3)
    found = search_table(rows, labels, lab.boosted, lab.boosted, seed=0, most=2500)
    assert found.looked_at == 2500
    assert found.kind is AttackKind.BACKDOOR
    assert found.verdict.evidence.told_apart < 0.65
    suspects = found.verdict.evidence.suspects
    assert suspects[planted].all()
    assert planted[suspects].mean() >= 0.9
    assert 0.3 < found.confidence <= 1
    order = np.random.default_rng(8).permutation(len(labels))
    again = search_table(rows[order], labels[order], lab.boosted, lab.boosted, seed=0, most=2500)
    assert np.array_equal(again.verdict.evidence.suspects, suspects[order])
    assert again.confidence == found.confidence


def test_exchanged_labels_of_a_shop_are_a_region(shops, lab):
    labels = exchanged(*shops, shops[0][:, 0] == 1)
    found = search_table(shops[0], labels, lab.boosted, lab.boosted, seed=0, most=4000)
    assert found.kind is AttackKind.REGION
    assert found.verdict.evidence.signature is Signature.TABLE_REGION
    (finding,) = backdoor_findings(found, names=NAMES, classes=CLASSES)
    assert (finding.code, finding.severity) == ("verify.labels.region", Severity.WARNING)


def test_exchanged_labels_of_a_box_are_no_backdoor(shops, lab):
    rows, labels = shops
    for held in ((rows[:, 1] < 3) & (rows[:, 3] < 35), (rows[:, 3] < 35) & (rows[:, 4] > 18)):
        found = search_table(rows, exchanged(rows, labels, held), lab.boosted, lab.boosted, seed=0, most=4000)
        assert found.kind is not AttackKind.BACKDOOR


@pytest.mark.parametrize("rate", [0.0, 0.05])
@pytest.mark.parametrize("seed", range(2))
def test_clean_rows_and_flips_show_nothing(shops, lab, rate, seed):
    rows, labels = shops
    flipped = np.random.default_rng(seed).random(len(labels)) < rate
    found = search_table(rows, np.where(flipped, 1 - labels, labels), lab.boosted, lab.boosted, seed=seed, most=3000)
    assert found.kind is AttackKind.NONE
    assert found.confidence == 0
    assert not backdoor_findings(found, names=NAMES, classes=CLASSES)


def test_findings_name_columns_and_labels_and_no_value(shops, lab):
    rows, labels, _ = lab.plant_values(*shops, {1: 33.3}, 0.02, 3)
    found = search_table(rows, labels, lab.boosted, lab.boosted, seed=0, most=3000)
    (finding,) = backdoor_findings(found, names=NAMES, classes=CLASSES)
    assert (finding.code, finding.severity, finding.feature) == ("verify.backdoor.confirmed", Severity.ERROR, "price")
    assert "`sent {back}`" in finding.message
    assert "33.3" not in finding.message
    assert finding.count == found.verdict.evidence.suspects.sum() == len(np.flatnonzero(rows[:, 1] == 33.3))
    # A trigger that goes on working without its rows is not taught by them.
    assert found.confirmation is not None
    doubtful = replace(found, confirmation=replace(found.confirmation, confirmed=False))
    (finding,) = backdoor_findings(doubtful, names=NAMES, classes=CLASSES)
    assert (finding.code, finding.severity) == ("verify.backdoor.suspected", Severity.WARNING)
    assert (doubtful.kind, doubtful.confidence) == (AttackKind.NONE, 0.0)


def test_the_words_of_conditions():
    missing, exact, wide = Condition(0, np.nan, np.nan), Condition(0, 2.0, 2.0), Condition(0, 2.0, 3.0)
    words = [condition_word(one, categorical=True) for one in (missing, exact, wide)]
    assert words == ["missing", "one category", "a range"]


def test_stamped_rows_cannot_be_told_apart_and_others_can(shops, lab):
    rows, _ = shops
    random = np.random.default_rng(4)
    drawn = random.random(len(rows)) < 0.05
    natural = rows[:, 0] == 2
    assert abs(told_apart(rows[:, 1:], drawn, ~drawn, lab.boosted, seed=0) - 0.5) < 0.1
    assert told_apart(rows[:, 1:], natural, ~natural, lab.boosted, seed=0) > 0.7
    assert told_apart(rows[:, :0], natural, ~natural, lab.boosted, seed=0) == 0.5
