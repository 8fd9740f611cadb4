from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from hauberk.attack import QUICK, STANDARD, THOROUGH, attack_trees, certify_trees, descend_trees
from hauberk.attack.evasion.contest import contests
from hauberk.attack.evasion.field import make_field
from hauberk.attack.evasion.samples import cost_of
from hauberk.attack.evasion.tree_moves import apply_moves, best_moves, gains_of_moves, start_position
from hauberk.data import check_reach
from hauberk.models import margins
from hauberk.testing.reaches import make_reach


@pytest.fixture
def first_contest(claims):
    contest = next(contests(claims.model.trees, claims.labels))
    index = np.flatnonzero(claims.labels == contest.label)[:200]
    reach = claims.limited(budget=4.0)
    return contest, make_field(contest.boxes, claims.rows[index], reach.rows(index))


def margin(claims, contest, rows):
    return (1 if contest.label else -1) * margins(claims.model.trees, rows)[:, 0]


def test_the_gain_of_every_move_is_what_the_model_says(claims, first_contest):
    contest, field = first_contest
    position = start_position(field)
    moves = best_moves(contest, field, position)  # from somewhere else than the start
    position = apply_moves(field, position, moves)
    before = margin(claims, contest, position.rows)
    tried = 0
    for number, gains in gains_of_moves(contest, field, position):
        cells, rows = np.nonzero(np.isfinite(gains))
        changed = position.rows[rows]
        changed[:, list(field.axes[number].columns)] = field.axes[number].points[rows, cells]
        after = margin(claims, contest, changed)
        assert np.abs(before[rows] - after - gains[cells, rows]).max() < 1e-4
        tried += len(rows)
    assert tried > 5000


def test_the_best_move_is_the_best(claims, first_contest):
    contest, field = first_contest
    position = start_position(field)
    moves = best_moves(contest, field, position)
    best = np.max([gains.max(axis=0) for _, gains in gains_of_moves(contest, field, position)], axis=0)
    assert np.array_equal(best, moves.gain)
    moved = apply_moves(field, position, moves)
    fall = margin(claims, contest, field.rows) - margin(claims, contest, moved.rows)
    assert np.abs(fall - moves.gain)[np.isfinite(moves.gain)].max() < 1e-4
    assert np.array_equal(moved.spent, cost_of(field.reach, field.rows, moved.rows))


def test_every_row_is_within_reach_and_every_success_fools_the_library(claims):
    found = descend_trees(claims.model.trees, claims.rows, claims.labels, claims.reach)
    assert check_reach(claims.reach, claims.rows, found.rows).all()
    answers = claims.model.predict(found.rows).argmax(axis=1)
    assert np.array_equal(answers != claims.labels, found.success)
    clean = claims.model.predict(claims.rows).argmax(axis=1) == claims.labels
    assert (clean & found.success).mean() > 0.2
    untouched = (found.rows == claims.rows) | np.isnan(claims.rows)
    assert untouched[~found.success | ~clean].all()


def test_more_effort_never_finds_less(claims):
    efforts = (replace(QUICK, sweeps=1), QUICK, STANDARD, THOROUGH)
    found = [
        descend_trees(claims.model.trees, claims.rows, claims.labels, claims.reach, effort=effort).success
        for effort in efforts
    ]
    for less, more in pairwise(found):
        assert not (less & ~more).any()
    assert found[0].sum() < found[1].sum()


def test_a_smaller_reach_and_a_smaller_budget_let_fewer_rows_fall(claims):
    shares = []
    for budget in (0.0, 0.5, 2.0, 8.0, np.inf):
        verdict = attack_trees(claims.model.trees, claims.rows, claims.labels, claims.limited(budget=budget))
        assert (verdict.adversarial.cost <= budget * (1 + 1e-6)).all()
        shares.append(verdict.adversarial.success)
        assert (verdict.certified | verdict.adversarial.success).mean() > 0.99
    for less, more in pairwise(shares):
        assert not (less & ~more).any()
    right = claims.model.predict(claims.rows).argmax(axis=1) == claims.labels
    assert np.array_equal(shares[0], ~right)


def test_relations_hold_in_every_row(claims):
    # What the first number gains the second may not exceed: together they stay below a bound.
    relations = (np.array([[0.1, 1.0, 0, 0, 0, 0], [-0.1, -1.0, 0, 0, 0, 0]]), np.array([4.0, 1.0]))
    reach = claims.limited(relations=relations)
    free = attack_trees(claims.model.trees, claims.rows, claims.labels, claims.reach)
    bound = attack_trees(claims.model.trees, claims.rows, claims.labels, reach)
    assert check_reach(reach, claims.rows, bound.adversarial.rows).all()
    assert bound.adversarial.success.sum() < free.adversarial.success.sum()
    assert not (bound.certified & bound.adversarial.success).any()
    assert not (free.certified & ~bound.certified & bound.adversarial.success).any()


def test_numbers_tied_by_an_equation_are_moved_together(claims):
    """No single move keeps an equation; branch and bound settles both numbers at once."""
    relations = (np.array([[0.1, 1.0, 0, 0, 0, 0], [-0.1, -1.0, 0, 0, 0, 0]]), np.array([-1e3, -1e3]))
    reach = replace(claims.limited(relations=relations), mutable=np.array([1, 1, 0, 0, 0, 0], bool))
    verdict = attack_trees(claims.model.trees, claims.rows, claims.labels, reach)
    right = claims.model.predict(claims.rows).argmax(axis=1) == claims.labels
    moved = (verdict.adversarial.rows != claims.rows) & ~np.isnan(claims.rows)
    both = verdict.adversarial.success & right
    assert both.sum() > 5
    assert moved[both][:, :2].all()
    assert check_reach(reach, claims.rows, verdict.adversarial.rows).all()


def test_a_goal_is_reached_or_nothing(claims):
    found = descend_trees(claims.model.trees, claims.rows, claims.labels, claims.reach, goal=1)
    answers = claims.model.predict(found.rows).argmax(axis=1)
    assert (answers[found.success] == 1).all()
    assert not found.success[claims.labels == 1].any()
    assert np.array_equal(found.success, (answers == 1) & (claims.labels == 0))


def test_moves_that_were_not_needed_are_taken_back(claims):
    found = descend_trees(claims.model.trees, claims.rows, claims.labels, claims.reach, effort=THOROUGH)
    for column in range(4):
        back = found.rows.copy()
        back[:, column] = claims.rows[:, column]
        changed = found.success & (found.rows[:, column] != back[:, column]) & ~np.isnan(back[:, column])
        answers = claims.model.predict(back[changed]).argmax(axis=1)
        # Taking one change back after all others were kept undoes the success of nearly every row.
        assert (answers == claims.labels[changed]).mean() > 0.9


def test_the_same_seed_finds_the_same_rows(claims):
    runs = [
        descend_trees(claims.model.trees, claims.rows, claims.labels, claims.reach, effort=THOROUGH, seed=4)
        for _ in range(2)
    ]
    assert np.array_equal(runs[0].rows, runs[1].rows, equal_nan=True)
    assert np.array_equal(runs[0].queries, runs[1].queries)


def test_nothing_to_move_is_no_error(claims):
    still = make_reach(claims.rows, mutable=[False] * 6)
    found = descend_trees(claims.model.trees, claims.rows, claims.labels, still, effort=THOROUGH)
    right = claims.model.predict(claims.rows).argmax(axis=1) == claims.labels
    assert np.array_equal(found.success, ~right)
    proof = certify_trees(claims.model.trees, claims.rows, claims.labels, still)
    assert np.array_equal(proof.certified, right)
