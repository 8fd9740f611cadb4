"""The certificate against real trainings: every change of rows within the radius is made, and the training repeated."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from hauberk.core.encoding import parse_json, render_json
from hauberk.harden import certify_rows, deal_rows, train_partitions
from hauberk.harden.errors import BadPartition
from hauberk.harden.partition import deal
from hauberk.models import Link, TrainingSet, fit_booster, open_ensemble, open_function, parse_model, serialise_model
from hauberk.models.assemble import Form, Tree, assemble
from hauberk.models.errors import BadTraining

PARTS = 5


def digests_of(rows):
    """Of the inputs alone, as the flow makes them."""
    found = [hashlib.sha256((row + 0.0).tobytes()).digest() for row in rows]
    return np.frombuffer(b"".join(found), np.uint8).reshape(-1, 32)


def make(rows, labels, classes=("a", "b"), seed=3):
    rows = np.asarray(rows, float)
    return TrainingSet(
        rows=rows,
        labels=np.asarray(labels, np.int64),
        weight=np.ones(len(rows)),
        names=("x", "y"),
        categorical=np.zeros(2, bool),
        category_counts=(0, 0),
        monotone=np.zeros(2, np.int8),
        classes=classes,
        seed=seed,
    )


def booster(training):
    return fit_booster(training, trees=2, depth=2, learning_rate=0.8)


def fit_stump(training):
    """The one split with the fewest errors: learns from five rows, where a booster would not split."""
    classes = len(training.classes)
    best = (-1, 0, 0.0, np.zeros((2, classes)))
    for column in range(training.rows.shape[1]):
        values = np.unique(np.float32(training.rows[np.isfinite(training.rows[:, column]), column]))
        for threshold in values.tolist():
            left = training.rows[:, column] < threshold
            counts = [np.bincount(training.labels[side], minlength=classes) for side in (left, ~left)]
            right = sum(int(count.max()) for count in counts)
            if right > best[0]:
                best = (right, column, threshold, np.array(counts, float))
    _, column, threshold, counts = best
    tree = Tree(
        feature=np.array([column, -1, -1]),
        threshold=np.array([threshold, 0.0, 0.0]),
        left=np.array([1, -1, -1]),
        right=np.array([2, -1, -1]),
        missing_left=np.zeros(3, bool),
        value=np.concatenate([np.zeros((1, classes)), counts]),
        left_codes={},
    )
    single = np.dtype(np.float32)
    form = Form(base=np.zeros(classes), precision=single, sum_dtype=single, average=False, link=Link.SOFTMAX, width=2)
    return open_ensemble(assemble([tree], form, where="a stump"), classes=training.classes)


class Remembering:
    """A part that was trained already is not trained again."""

    def __init__(self, fit):
        self.fit, self.known = fit, {}

    def __call__(self, training):
        key = (training.rows.tobytes(), training.labels.tobytes(), training.weight.tobytes(), training.classes)
        if key not in self.known:
            self.known[key] = self.fit(training)
        return self.known[key]


FIT = Remembering(fit_stump)


def train(training, parts=PARTS, fit=FIT, workers=1):
    return train_partitions(training, digests_of(training.rows), partitions=parts, fit=fit, workers=workers)


def without(training, places):
    kept = np.setdiff1d(np.arange(len(training.rows)), places)
    return replace(training, rows=training.rows[kept], labels=training.labels[kept], weight=training.weight[kept])


def flipped(training, places):
    labels = training.labels.copy()
    labels[list(places)] = (labels[list(places)] + 1) % len(training.classes)
    return replace(training, labels=labels)


def grown(training, row, label, place):
    return replace(
        training,
        rows=np.insert(training.rows, place, row, axis=0),
        labels=np.insert(training.labels, place, label),
        weight=np.insert(training.weight, place, 1.0),
    )


def small(n=24, seed=0, classes=("a", "b"), noise=0.2):
    rng = np.random.default_rng(seed)
    rows = np.round(rng.normal(size=(n, 2)), 2)
    labels = np.digitize(rows[:, 0] + 0.2 * rows[:, 1], [0.0] if len(classes) == 2 else [-0.5, 0.5])
    doubtful = rng.random(n) < noise
    labels[doubtful] = rng.integers(0, len(classes), doubtful.sum())
    rows[-3:], labels[-3:] = rows[:3], labels[:3]  # rows that are there twice
    return make(rows, labels, classes)


PROBES = np.array([[x, y] for x in (-2.0, -0.7, -0.3, 0.0, 0.2, 0.6, 1.5) for y in (-1.0, 0.0, 1.0)])


def attacked_sets(training, changes):
    """Every way to take out or relabel `changes` rows, every pair of the two kinds, and rows of all sorts put in."""
    everyone = range(len(training.rows))
    for places in combinations(everyone, changes):
        yield without(training, places)
        yield flipped(training, places)
    strange = [(-9.0, 9.0), (0.0, 0.0), (3e38, 1.0), (np.nan, np.nan), tuple(training.rows[4])]
    for row in strange:
        for label in range(len(training.classes)):
            for place in (0, len(training.rows)):
                first = grown(training, row, label, place)
                if changes == 1:
                    yield first
                else:
                    for other in everyone:
                        yield flipped(first, [other])
                        yield without(first, [other])


def broken(training, changes):
    """How many predictions change although the certificate forbids it, over all attacks."""
    model = train(training)
    faults = certified = 0
    for certificate in certify_rows(model, PROBES)[:1]:
        held = certificate.radius >= changes
        certified += int(held.sum())
        for other in attacked_sets(training, changes):
            predicted = train(other).predict(PROBES).argmax(axis=1)
            faults += int((predicted[held] != certificate.predicted[held]).sum())
    return faults, certified


@pytest.mark.parametrize("changes", [1, 2])
@pytest.mark.parametrize("classes", [("a", "b"), ("a", "b", "c")])
def test_no_change_of_rows_within_the_radius_changes_a_prediction(changes, classes):
    faults, certified = broken(small(seed=7, classes=classes), changes)
    assert certified >= 2
    assert faults == 0


def test_rows_dealt_by_place_break_the_certificate(monkeypatch):
    monkeypatch.setattr(deal, "deal_rows", lambda digests, partitions: np.arange(len(digests)) % partitions)
    assert sum(broken(small(seed=seed), 1)[0] for seed in range(3)) > 0


def test_a_hash_with_the_label_breaks_the_certificate_for_flips():
    """A relabelled row would leave one part and enter another: two voters change, and the radius speaks of one."""
    rng = np.random.default_rng(5)
    rows, labels = rng.normal(size=(400, 2)), rng.integers(0, 2, 400)
    with_label = [deal_rows(digests_of(np.column_stack([rows, label])), 16) for label in (labels, 1 - labels)]
    assert (with_label[0] != with_label[1]).mean() > 0.8
    assert (deal_rows(digests_of(rows), 16) == deal_rows(digests_of(rows.copy()), 16)).all()


@pytest.mark.parametrize("classes", [("a", "b"), ("a", "b", "c")])
def test_neither_the_order_of_the_rows_nor_the_number_of_workers_matters(classes):
    training = small(n=200, classes=classes)
    first = serialise_model(train(training, fit=booster))[1]
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(training.rows))
        mixed = replace(training, rows=training.rows[order], labels=training.labels[order])
        assert (
            serialise_model(
                train(mixed, workers=2, fit=lambda it: fit_booster(it, trees=2, depth=2, learning_rate=0.8))
            )[1]
            == first
        )


def test_a_change_touches_as_few_members_as_the_certificate_says():
    training = small(n=80)

    def texts(model):
        return [render_json(entry) for entry in parse_json(serialise_model(model)[1], where="model")["members"]]

    before = texts(train(training))
    moved = training.rows.copy()
    moved[7] = 0.123
    for other, most in (
        (without(training, [7]), 1),
        (flipped(training, [7]), 1),
        (grown(training, (0.5, 0.5), 1, 3), 1),
        (replace(training, rows=moved), 2),
    ):
        changed = [one != two for one, two in zip(before, texts(train(other)), strict=True)]
        assert 1 <= sum(changed) <= most


def test_parts_without_rows_or_with_one_class_vote_all_the_same():
    training = make([[1.0, 2.0], [1.0, 2.0], [5.0, 6.0]], [1, 1, 1], ("a", "b", "c"))
    model = train(training, parts=8)
    assert {member.classes for member in model.members} == {(0,), (1,)}
    assert all(member.trees is None for member in model.members)
    assert model.predict(PROBES).sum(axis=1) == pytest.approx(1)


def test_a_part_that_cannot_be_trained_on_votes_for_its_most_frequent_label():
    training = small(n=40)

    def refuse(part):
        raise BadTraining(expected="rows", got="others")

    model = train(training, fit=refuse)
    parts = deal_rows(digests_of(training.rows), PARTS)
    for number, member in enumerate(model.members):
        counts = np.bincount(training.labels[parts == number], minlength=2)
        assert member.classes == (int(counts.argmax()),)


@pytest.mark.parametrize("classes", [("a", "b"), ("a", "b", "c")])
def test_the_file_gives_the_same_votes_back(classes):
    model = train(small(n=200, classes=classes), fit=booster)
    assert all(member.trees is not None for member in model.members)
    kind, data = serialise_model(model)
    again = parse_model(data, kind)
    assert (again.classes, again.names, serialise_model(again)) == (model.classes, model.names, (kind, data))
    assert (again.predict(PROBES) == model.predict(PROBES)).all()
    for one, other in zip(again.tallies(PROBES), model.tallies(PROBES), strict=True):
        assert (one.pairs == other.pairs).all()
    assert (model.predict(PROBES).argmax(axis=1) == certify_rows(model, PROBES)[0].predicted).all()


def test_wrong_uses_are_refused():
    training = small()
    for parts in (0, 5000):
        with pytest.raises(BadPartition):
            train(training, parts=parts)
    with pytest.raises(BadPartition):
        train_partitions(training, digests_of(training.rows)[:5], partitions=2, fit=FIT)
    with pytest.raises(BadPartition):
        deal_rows(np.zeros((3, 4), np.uint8), 2)
    unseen = open_function(lambda rows: np.full((len(rows), 2), 0.5), classes=("a", "b"), width=2)
    with pytest.raises(BadPartition):
        train(training, fit=lambda _: unseen)
