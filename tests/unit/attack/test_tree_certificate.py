import numpy as np
import pytest

from hauberk.attack import QUICK, STANDARD, THOROUGH, certify_trees
from hauberk.attack.errors import BadTarget, NotAttackable, WrongSamples
from hauberk.attack.evasion.contest import contests
from hauberk.attack.evasion.field import make_field
from hauberk.attack.evasion.judge import make_judge
from hauberk.attack.evasion.tree_certificate import level_zero, reached_leaves
from hauberk.attack.evasion.tree_search import search_regions
from hauberk.data import check_reach
from hauberk.models import Link, margins
from hauberk.testing.ensembles import random_ensemble
from hauberk.testing.reaches import make_reach


def test_the_bound_is_the_margin_where_nothing_can_move(claims):
    still = make_reach(claims.rows, mutable=[False] * 6)
    margin = margins(claims.model.trees, claims.rows)[:, 0]
    for contest in contests(claims.model.trees, claims.labels):
        index = np.flatnonzero(claims.labels == contest.label)
        field = make_field(contest.boxes, claims.rows[index], still.rows(index))
        side = 1 if contest.label else -1
        assert np.abs(level_zero(contest, field) - side * margin[index]).max() < contest.slack


def test_a_search_where_nothing_can_move_decides_by_the_row_itself(claims):
    judge, still = make_judge(claims.model.trees, None), make_reach(claims.rows, mutable=[False] * 6)
    for contest in contests(claims.model.trees, claims.labels):
        index = np.flatnonzero(claims.labels == contest.label)
        field = make_field(contest.boxes, claims.rows[index], still.rows(index))
        assert not field.axes
        search = search_regions(contest, field, reached_leaves(contest, field), judge, budget=10)
        wrong = judge.beaten(claims.rows[index], contest.label)
        assert np.array_equal(search.found, wrong)
        assert np.array_equal(search.safe, ~wrong)


def test_more_regions_decide_more_and_never_otherwise(claims):
    weak = certify_trees(claims.model.trees, claims.rows, claims.labels, claims.reach, effort=QUICK)
    strong = certify_trees(claims.model.trees, claims.rows, claims.labels, claims.reach, effort=STANDARD)
    assert weak.certified.sum() < strong.certified.sum()
    assert not (weak.certified & ~strong.certified).any()
    assert (weak.bound == strong.bound).all()
    assert not (strong.certified & strong.found).any()
    decided = strong.certified | strong.found
    assert decided.mean() > 0.99
    assert check_reach(claims.reach, claims.rows, strong.rows).all()
    judge = make_judge(claims.model.trees, None)
    assert np.array_equal(judge.outcome(strong.rows, claims.labels), strong.found)


def test_a_budget_that_ends_leaves_rows_open_and_certifies_none_of_them(claims):
    full = certify_trees(claims.model.trees, claims.rows, claims.labels, claims.reach, effort=THOROUGH)
    for regions in (1, 2, 8, 32):
        short = STANDARD.__class__(
            name="short", sweeps=0, pairs=0, restarts=0, regions=regions, total_regions=10**9, queries=0
        )
        part = certify_trees(claims.model.trees, claims.rows, claims.labels, claims.reach, effort=short)
        assert not (part.certified & ~full.certified).any()
        assert not (part.found & ~full.found).any()
    assert (~part.certified & ~part.found).any()


def test_with_a_goal_only_rows_of_other_classes_are_in_danger(claims):
    free = certify_trees(claims.model.trees, claims.rows, claims.labels, claims.reach, goal=1)
    right = claims.model.predict(claims.rows).argmax(axis=1) == claims.labels
    assert free.certified[claims.labels == 1].all()
    assert np.isinf(free.bound[claims.labels == 1]).all()
    assert free.found[(claims.labels == 0) & right].any()


@pytest.mark.parametrize("average", [False, True])
def test_three_classes(average):
    rng = np.random.default_rng(2)
    link = Link.SIMPLEX if average else Link.SOFTMAX
    ensemble = random_ensemble(rng, trees=9, width=4, outputs=3, link=link, average=average, precision=np.float64)
    rows = rng.normal(size=(60, 4))
    labels = make_judge(ensemble, None).classes(rows)
    reach = make_reach(rows, low=rows - 0.3, high=rows + 0.3)
    found = certify_trees(ensemble, rows, labels, reach)
    assert found.certified.any()
    assert found.found.any()
    clean = margins(ensemble, rows)
    others = clean.copy()
    others[np.arange(60), labels] = -np.inf
    lead = clean[np.arange(60), labels] - others.max(axis=1)
    assert (found.bound <= lead + 1e-9).all()


def test_what_does_not_fit_is_refused(claims):
    trees, rows, labels, reach = claims.model.trees, claims.rows, claims.labels, claims.reach
    with pytest.raises(WrongSamples):
        certify_trees(trees, rows[:0], labels[:0], reach.rows(np.arange(0)))
    with pytest.raises(WrongSamples):
        certify_trees(trees, rows, labels[:-1], reach)
    with pytest.raises(WrongSamples):
        certify_trees(trees, rows, labels + 1, reach)
    with pytest.raises(WrongSamples):
        certify_trees(trees, rows[:, :-1], labels, reach)
    with pytest.raises(BadTarget):
        certify_trees(trees, rows, labels, reach, goal=2)
    regression = random_ensemble(np.random.default_rng(0), width=6, link=Link.IDENTITY)
    with pytest.raises(NotAttackable):
        certify_trees(regression, rows, labels, reach)
