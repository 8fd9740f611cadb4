"""A certificate beside an attack, and a certificate that an attack refutes."""

from __future__ import annotations

import numpy as np

from hauberk.harden import Certificate, attacked_point

LABELS = np.array([0, 1, 1, 0])


def certificate(radius):
    return Certificate(predicted=np.array([0, 1, 0, 0], np.intp), radius=np.array(radius, np.int64))


def point(radius, after, changes):
    found = certificate(radius)
    after = np.array(after, np.intp)
    return attacked_point(found, found.predicted == LABELS, after, after == LABELS, changes=changes)


def test_certified_is_at_most_what_the_attack_left():
    found = point([3, 0, 3, 1], [0, 0, 0, 1], changes=2)
    assert (found.certified.value, found.attacked.value, found.refuted) == (0.25, 0.25, 0)
    assert found.certified.n == 4


def test_a_certified_decision_that_comes_out_otherwise_refutes():
    assert point([3, 0, 3, 1], [1, 1, 0, 0], changes=2).refuted == 1
    assert point([3, 0, 3, 1], [1, 1, 1, 0], changes=3).refuted == 2
    assert point([3, 0, 3, 1], [1, 1, 1, 0], changes=4).refuted == 0
