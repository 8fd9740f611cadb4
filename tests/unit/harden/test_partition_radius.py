"""The radius of the election against every way to change voters, one after the other."""

from __future__ import annotations

from functools import cache
from itertools import combinations, combinations_with_replacement, permutations

import numpy as np
import pytest

from hauberk.harden import plurality_radius, run_off_radius
from hauberk.models import count_ballots, elect


@cache
def rankings(classes):
    """(k!, k) scores of every ranking."""
    return np.array(list(permutations(range(classes))), float)


def tally_of(ballots):
    """The tally of one row for voters (m, k)."""
    return count_ballots((ballot[None] for ballot in ballots), rows=1, classes=len(ballots[0]))


def by_plurality(ballots):
    return int(tally_of(ballots).first.argmax())


def by_run_off(ballots):
    return int(elect(tally_of(ballots)).winner[0])


def reachable(ballots, changed, election):
    """Whether some other winner can be had by changing exactly `changed` voters (a vote kept is a vote changed too).

    Voters with the same ballot are alike, so one choice a multiset is enough.
    """
    classes = len(ballots[0])
    winner = election(ballots)
    seen = set()
    for who in combinations(range(len(ballots)), changed):
        kept = sorted(tuple(ballots[i]) for i in range(len(ballots)) if i not in who)
        if tuple(kept) in seen:
            continue
        seen.add(tuple(kept))
        for new in combinations_with_replacement(rankings(classes), changed):
            if election([np.array(k) for k in kept] + list(new)) != winner:
                return True
    return False


@pytest.mark.parametrize(("voters", "classes"), [(m, 2) for m in range(1, 7)] + [(1, 3), (2, 3), (3, 3), (4, 3)])
def test_no_change_of_voters_within_the_radius_changes_any_election(voters, classes):
    for ballots in combinations_with_replacement(rankings(classes), voters):
        ballots = list(ballots)
        tally = tally_of(ballots)
        for election, rule in ((by_plurality, plurality_radius), (by_run_off, run_off_radius)):
            winner, radius = rule(tally)
            assert winner[0] == election(ballots)
            assert radius[0] >= 0
            assert not reachable(ballots, int(radius[0]), election)


@pytest.mark.parametrize(("voters", "classes"), [(m, 2) for m in range(1, 7)] + [(2, 3), (3, 3), (4, 3)])
def test_the_plurality_radius_is_exact(voters, classes):
    for ballots in combinations_with_replacement(rankings(classes), voters):
        radius = int(plurality_radius(tally_of(list(ballots)))[1][0])
        assert radius < voters
        assert reachable(list(ballots), radius + 1, by_plurality)


@pytest.mark.parametrize(("voters", "classes", "cases"), [(5, 3, 60), (6, 3, 25), (4, 4, 30)])
def test_larger_elections_of_chance(voters, classes, cases):
    rng = np.random.default_rng(voters * classes)
    reached = 0
    for _ in range(cases):
        options = rankings(classes)
        favoured = rng.dirichlet(np.ones(len(options)) * 0.4)
        ballots = list(options[rng.choice(len(options), voters, p=favoured)])
        radius = int(run_off_radius(tally_of(ballots))[1][0])
        if radius <= 2:
            assert not reachable(ballots, radius, by_run_off)
            reached += radius > 0
    assert reached


def test_with_two_classes_the_run_off_is_the_plurality():
    for ones in range(9):
        ballots = [np.array([0.0, 1.0])] * ones + [np.array([1.0, 0.0])] * (8 - ones)
        tally = tally_of(ballots)
        for one, other in zip(plurality_radius(tally), run_off_radius(tally), strict=True):
            assert one == other


def test_the_run_off_proves_more_where_the_voters_of_a_third_class_agree():
    """Votes 5, 4, 3: the plurality stands nothing, but all voters of the third class prefer the first to the second."""
    ballots = [np.array(b, float) for b in [(2, 1, 0)] * 5 + [(1, 2, 0)] * 4 + [(1, 0, 2)] * 3]
    tally = tally_of(ballots)
    assert plurality_radius(tally)[1][0] == 0
    winner, radius = run_off_radius(tally)
    assert (winner[0], radius[0]) == (0, 1)


def test_planted_faults_are_found():
    """A bound that is larger by one is broken by some election."""
    broken = [
        reachable(list(ballots), int(run_off_radius(tally_of(list(ballots)))[1][0]) + 1, by_run_off)
        for ballots in combinations_with_replacement(rankings(3), 3)
        if run_off_radius(tally_of(list(ballots)))[1][0] < 2
    ]
    assert any(broken)
    ties = [np.array([1.0, 0.0])] * 3 + [np.array([0.0, 1.0])] * 2
    exchanged = [ballot[::-1] for ballot in ties]
    # Three to two: class 0 keeps a tie and stands no less than one voter more than class 1 would.
    assert int(plurality_radius(tally_of(ties))[1][0]) == 0
    assert int(plurality_radius(tally_of(exchanged))[1][0]) == 0
    even = [np.array([1.0, 0.0])] * 4 + [np.array([0.0, 1.0])] * 2
    assert int(plurality_radius(tally_of(even))[1][0]) == 1
    assert int(plurality_radius(tally_of([ballot[::-1] for ballot in even]))[1][0]) == 0


def test_ballots_are_counted_with_ties_to_the_smaller_class():
    voters = [np.array([[0.0, 0.0, -np.inf], [1.0, 2.0, 2.0]]), np.array([[-np.inf, 0.0, -np.inf], [0.0, 0.0, 0.0]])]
    tally = count_ballots(voters, rows=2, classes=3)
    assert tally.first.tolist() == [[1, 1, 0], [1, 1, 0]]
    assert tally.pairs[0].tolist() == [[0, 1, 2], [1, 0, 2], [0, 0, 0]]
    assert (tally.pairs + tally.pairs.transpose(0, 2, 1) == 2 * (1 - np.eye(3))).all()
