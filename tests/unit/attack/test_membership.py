"""Membership inference: found where a model learns its rows by heart, not found where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.attack.errors import WrongSamples
from hauberk.attack.membership import Membership, estimate_advantage_change, infer_members

CLASSES = ("a", "b")


class Remembers:
    """Sure of the rows that it has seen, undecided elsewhere; of `share` of them only."""

    classes = CLASSES

    def __init__(self, rows, labels, share):
        known = np.random.default_rng(1).random(len(rows)) < share
        self.known = {row.tobytes(): label for row, label in zip(rows[known], labels[known], strict=True)}

    def predict(self, rows):
        answers = np.full((len(rows), 2), 0.5)
        for place, row in enumerate(rows):
            if row.tobytes() in self.known:
                answers[place] = 0.01
                answers[place, self.known[row.tobytes()]] = 0.99
        return answers


def rows(count, seed):
    random = np.random.default_rng(seed)
    return random.random((count, 3)), random.integers(0, 2, count)


def attack(share, members=300):
    inside, outside = rows(members, 0), rows(200, 1)
    return infer_members(Remembers(*inside, share), *inside, *outside)


def test_a_model_that_remembers_is_found():
    advantage = attack(0.5).advantage()
    assert advantage.value == pytest.approx(0.5, abs=0.1)
    assert advantage.low > 0.35


def test_a_model_that_remembers_nothing_gives_nothing_away():
    advantage = attack(0.0).advantage()
    assert advantage.low <= 0 <= advantage.high


def test_no_rows_are_refused():
    with pytest.raises(WrongSamples):
        infer_members(Remembers(*rows(3, 0), 1.0), *rows(0, 0), *rows(5, 1))


def test_one_model_against_itself_has_not_changed():
    one, places = attack(0.5), np.arange(300)
    found = estimate_advantage_change(one, one, (places, places), generator=np.random.default_rng(0))
    assert found.value == found.low == found.high == 0


def test_a_change_is_seen():
    places = np.arange(300)
    found = estimate_advantage_change(attack(0.6), attack(0.2), (places, places), generator=np.random.default_rng(0))
    assert found.low > 0.2
    assert found.value == pytest.approx(0.4, abs=0.1)


def test_the_interval_covers():
    random, covered = np.random.default_rng(5), 0
    for _ in range(200):
        members, others = random.random((2, 250)), random.random((2, 250))
        first, second = (
            Membership(threshold=0.0, members=members[at] < rate, others=others[at] < 0.3)
            for at, rate in enumerate((0.6, 0.5))
        )
        found = estimate_advantage_change(first, second, (np.arange(250), np.arange(250)), generator=random, draws=300)
        covered += found.low <= 0.1 <= found.high
    assert covered > 180


def test_other_others_are_refused():
    one = attack(0.5)
    fewer = Membership(threshold=0.0, members=one.members, others=one.others[1:])
    with pytest.raises(WrongSamples):
        estimate_advantage_change(one, fewer, (np.arange(3), np.arange(3)), generator=np.random.default_rng(0))
