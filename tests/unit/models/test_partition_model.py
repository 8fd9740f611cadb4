"""Elections as models: their file, and what is refused of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hauberk.core.encoding import render_json
from hauberk.models import Kind, Link, Member, open_partitions, parse_model, serialise_model
from hauberk.models.errors import BadEnsemble, BadModelFile, WrongRows
from hauberk.testing.ensembles import random_ensemble

ROWS = np.random.default_rng(0).normal(size=(300, 4)).round(2)


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(4)
    members = [
        Member(classes=(0, 1, 2), trees=random_ensemble(rng, outputs=3, link=Link.SOFTMAX)),
        Member(classes=(0, 2), trees=random_ensemble(rng, categorical=(3,))),
        Member(classes=(1,), trees=None),
        Member(classes=(1, 2), trees=random_ensemble(rng, outputs=2, link=Link.SOFTMAX)),
    ]
    return open_partitions(members, classes=("a", "b", "c"), names=("w", "x", "y", "z"))


def document(model):
    return json.loads(serialise_model(model)[1])


def test_scores_are_shares_of_the_run_off(model):
    scores = model.predict(ROWS)
    assert scores.sum(axis=1) == pytest.approx(1)
    assert set(np.unique(scores * 4)) <= {0, 1, 2, 3, 4}
    assert ((scores > 0).sum(axis=1) <= 2).all()
    assert len(model.predict(ROWS[:0])) == 0


def test_a_member_ranks_classes_that_it_does_not_know_last(model):
    tally = next(model.tallies(ROWS))
    assert (tally.first.sum(axis=1) == 4).all()
    only = open_partitions([model.members[1]], classes=model.classes, names=model.names)
    assert not only.predict(ROWS)[:, 1].any()


def test_rows_are_counted_in_blocks_in_their_order(model):
    many = np.tile(ROWS, (40, 1))
    assert sum(len(tally.first) for tally in model.tallies(many)) == len(many)
    assert (model.predict(many) == np.tile(model.predict(ROWS), (40, 1))).all()


def test_the_file_is_read_back(model):
    kind, data = serialise_model(model)
    again = parse_model(data, "partitions", classes=("d", "e", "f"))
    assert (kind, again.classes, again.width) == (Kind.PARTITIONS, ("d", "e", "f"), 4)
    assert (again.predict(ROWS) == model.predict(ROWS)).all()
    assert again.members[2].trees is None


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.update(format="hauberk-partition-model/2"),
        lambda it: it.update(more=1),
        lambda it: it.update(members=[]),
        lambda it: it.update(members=3),
        lambda it: it.update(classes=["a", "a", "c"]),
        lambda it: it.update(classes=["a"]),
        lambda it: it.update(names=["w"]),
        lambda it: it["members"][0].update(classes=[0, 2, 1]),
        lambda it: it["members"][0].update(classes=[0, 1, 3]),
        lambda it: it["members"][0].update(classes=[0, 1]),
        lambda it: it["members"][1].update(classes=[]),
        lambda it: it["members"][1].update(classes=[False, True]),
        lambda it: it["members"][1].update(trees=None),
        lambda it: it["members"][2].update(classes=[0, 1]),
        lambda it: it["members"][2].update(extra=0),
        lambda it: it["members"].append("member"),
        lambda it: it["members"][0]["trees"].update(link="identity"),
        lambda it: it["members"][0]["trees"]["left"].reverse(),
    ],
)
def test_files_of_another_form_are_refused(model, change):
    altered = document(model)
    change(altered)
    with pytest.raises((BadModelFile, BadEnsemble)):
        parse_model(render_json(altered), Kind.PARTITIONS)


def test_another_spelling_is_refused(model):
    with pytest.raises(BadModelFile):
        parse_model(serialise_model(model)[1] + b" ", Kind.PARTITIONS)


def test_other_rows_and_labels_are_refused(model):
    with pytest.raises(WrongRows):
        model.tallies(ROWS[:, :3])
    with pytest.raises(BadModelFile):
        parse_model(serialise_model(model)[1], Kind.PARTITIONS, classes=("a", "b"))
