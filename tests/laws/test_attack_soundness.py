"""No certificate is ever wrong: every row that an adversary can make of small ensembles is tried.

Each law is also run with a fault planted in the code that it guards, and must then fail.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.attack import QUICK, STANDARD, THOROUGH, attack_trees, certified_radius, certify_trees, descend_trees
from hauberk.attack.evasion import axes, cliques, contest, field, leaves, tree_regions
from hauberk.attack.evasion.contest import contests
from hauberk.attack.evasion.field import make_field
from hauberk.attack.evasion.judge import make_judge
from hauberk.attack.evasion.tree_certificate import level_zero
from hauberk.attack.evasion.tree_exact import exact_margin
from hauberk.data import ball_reach, check_reach
from hauberk.models import margins
from hauberk.testing.ensembles import random_ensemble
from hauberk.testing.reaches import every_row, random_rows
from hauberk.testing.worlds import World

SEEDS = st.integers(0, 2**32 - 1)


def attacked(world: World):
    return attack_trees(world.ensemble, world.rows, world.labels, world.reach, goal=world.goal, effort=THOROUGH)


def broken_certificates(seeds, effort=THOROUGH) -> int:
    """How many certified rows can be beaten after all."""
    broken = 0
    for seed in seeds:
        world = World(seed)
        proof = certify_trees(world.ensemble, world.rows, world.labels, world.reach, goal=world.goal, effort=effort)
        for row in np.flatnonzero(proof.certified):
            broken += bool(world.beatable(row))
    return broken


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_what_is_certified_cannot_be_beaten_and_what_can_be_is_found(seed):
    world = World(seed)
    found = attacked(world)
    assert not (found.certified & found.adversarial.success).any()
    for row in range(len(world.rows)):
        truth = world.beatable(row)
        if truth is None:
            continue
        assert not (truth and found.certified[row])
        if not world.related:  # only relations can make the trial of whole cells miss something
            assert truth == found.adversarial.success[row] or not found.certified[row]
            assert truth <= found.adversarial.success[row]


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_the_leaf_box_certificate_alone_is_sound(seed):
    assert broken_certificates([seed], effort=QUICK) == 0


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_whatever_an_attack_gives_is_within_reach_and_beats_the_model(seed):
    world = World(seed)
    common = {"goal": world.goal, "effort": STANDARD}
    for found in (
        descend_trees(world.ensemble, world.rows, world.labels, world.reach, seed=seed, **common),
        attacked(world).adversarial,
    ):
        assert check_reach(world.reach, world.rows, found.rows, exact=world.exact).all()
        assert np.array_equal(make_judge(world.ensemble, world.goal).outcome(found.rows, world.labels), found.success)


@given(SEEDS)
@settings(max_examples=25, deadline=None)
def test_certificate_at_most_exact_at_most_attack(seed):
    world = World(seed, relations=False, budget=False, norm=False)
    margin = margins(world.ensemble, world.rows) * (len(world.ensemble.roots) if world.ensemble.average else 1)
    for pair in contests(world.ensemble, world.labels):
        for row in np.flatnonzero(world.labels == pair.label):
            one = np.array([row])
            place = make_field(pair.boxes, world.rows[one], world.reach.rows(one))
            bound, exact = level_zero(pair, place)[0], exact_margin(pair, place)
            assert bound <= exact.lower + 1e-5
            assert exact.lower <= exact.upper + 1e-6
            sides = margin[row] if len(world.ensemble.base) > 1 else margin[row, 0] * np.array([-0.5, 0.5])
            assert exact.upper <= sides[pair.label] - sides[pair.rival] + 1e-4
            made = world.every(row)
            if made is not None:
                found = margins(world.ensemble, made) * (len(world.ensemble.roots) if world.ensemble.average else 1)
                found = found if found.shape[1] > 1 else found * np.array([-0.5, 0.5])
                assert abs((found[:, pair.label] - found[:, pair.rival]).min() - exact.upper) < 1e-4
                assert exact.row is not None
                assert check_reach(world.reach.rows(one), world.rows[one], exact.row[None], exact=world.exact).all()


@given(SEEDS, st.sampled_from([0.1, 0.25, 0.5]))
@settings(max_examples=30, deadline=None)
def test_a_larger_reach_certifies_no_more_and_beats_no_less(seed, radius):
    world = World(seed)
    verdicts = []
    for factor in (1.0, 2.0):
        reach = ball_reach(world.rows, radius * factor)
        proof = certify_trees(world.ensemble, world.rows, world.labels, reach, effort=QUICK)
        attack = attack_trees(world.ensemble, world.rows, world.labels, reach, effort=THOROUGH)
        verdicts.append((proof, attack))
    (small, weaker), (large, stronger) = verdicts
    assert (large.bound <= small.bound + 1e-12).all()
    assert not (large.certified & ~small.certified).any()
    assert not (weaker.adversarial.success & ~stronger.adversarial.success).any()
    assert not (stronger.certified & ~weaker.certified).any()


def rows_inside_the_radius(seed) -> int:
    """How many rows nearer than the certified radius are of another class."""
    rng = np.random.default_rng(seed)
    precision = (np.float32, np.float64)[rng.integers(2)]
    ensemble = random_ensemble(rng, trees=4, depth=3, width=3, precision=precision)
    rows = random_rows(rng, 2, width=3)
    judge = make_judge(ensemble, None)
    labels = judge.classes(rows)
    ends = {"low": np.full(3, -2.0), "high": np.full(3, 2.0)}
    radius = certified_radius(ensemble, rows, labels, scale=np.ones(3), **ends)
    beaten = 0
    for row in range(2):
        reach = ball_reach(rows, min(radius[row], 4.0), **ends)
        made = every_row(ensemble, reach, rows, row)
        away = np.nan_to_num(np.abs(made - rows[row])).max(axis=1)
        inside = ((made >= -2) & (made <= 2) | (made == rows[row]) | np.isnan(made)).all(axis=1)
        near = inside & (away < radius[row])
        beaten += int((judge.classes(made[near]) != labels[row]).sum())
    return beaten


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_nothing_nearer_than_the_certified_radius_flips(seed):
    assert rows_inside_the_radius(seed) == 0


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_the_slack_covers_the_rounding_of_the_library(seed):
    rng = np.random.default_rng(seed)
    ensemble = random_ensemble(rng, trees=40, depth=3, width=3)
    rows = rng.normal(size=(50, 3))
    reach = ball_reach(rows, 0.0)
    labels = np.ones(50, np.int64)
    pair = next(contests(ensemble, labels))
    bound = level_zero(pair, make_field(pair.boxes, rows, reach))
    assert np.abs(bound - margins(ensemble, rows)[:, 0]).max() <= pair.slack


# The faults. Each is one that a tree attack has had somewhere; the laws above have to see it.

TRIED = range(120)


def test_the_laws_hold_on_the_seeds_of_the_faults():
    assert broken_certificates(TRIED) == 0
    assert sum(rows_inside_the_radius(seed) for seed in TRIED) == 0


def test_fault_thresholds_compared_in_float64_are_seen(monkeypatch):
    def wide(boxes, values, precision):
        return leaves_cells(boxes, values, np.dtype(np.float64))

    leaves_cells = leaves.cells_of
    for module in (axes, field):
        monkeypatch.setattr(module, "cells_of", wide)
    assert broken_certificates(TRIED) > 0


def test_fault_the_wrong_side_of_a_threshold_is_seen(monkeypatch):
    def closed(boxes, values, precision):
        cells = np.searchsorted(boxes.edges, values.astype(precision).astype(float), side="left").astype(np.int32)
        cells[np.isnan(values)] = -1
        return cells

    for module in (axes, field):
        monkeypatch.setattr(module, "cells_of", closed)
    assert broken_certificates(TRIED) > 0


def test_fault_missing_values_that_go_the_other_way_are_seen(monkeypatch):
    made = contest.leaf_boxes

    def turned(ensemble):
        boxes = made(ensemble)
        for column in boxes.columns:
            column.missing[:] = ~column.missing
        return boxes

    monkeypatch.setattr(contest, "leaf_boxes", turned)
    assert broken_certificates(TRIED) > 0


def test_fault_categories_that_are_left_out_are_seen(monkeypatch):
    made = axes._choice

    def fewer(boxes, column, values, own, choices):
        keep = choices.copy()
        keep[np.flatnonzero(keep)[:1]] = False
        return made(boxes, column, values, own, keep)

    monkeypatch.setattr(axes, "_choice", fewer)
    assert broken_certificates(TRIED) > 0


def test_fault_a_part_that_is_forgotten_is_seen(monkeypatch):
    made = tree_regions.divide

    def half(atlas, regions, cut):
        parts = made(atlas, regions, cut)
        kept = np.ones(len(parts.row), bool)
        kept[-1] = len(parts.row) < 2
        return parts.at(kept)

    import hauberk.attack.evasion.tree_search as searching

    monkeypatch.setattr(searching, "divide", half)
    assert broken_certificates(TRIED) > 0


def test_fault_a_radius_of_thresholds_in_float64_is_seen(monkeypatch):
    import hauberk.attack.evasion.radius as measuring

    monkeypatch.setattr(measuring, "_HALF_SPACING", 0.0)
    assert sum(rows_inside_the_radius(seed) for seed in range(400)) > 0


def test_fault_cliques_without_missing_values_are_seen(monkeypatch):
    made = cliques._ranges

    def without(boxes):
        ranges = made(boxes)
        ranges.missing[:] = False
        return ranges

    monkeypatch.setattr(cliques, "_ranges", without)
    beaten = sum(rows_inside_the_radius(seed) for seed in range(400))
    assert beaten > 0


def test_fault_rounding_that_is_not_allowed_for_is_seen():
    """Without slack some bound of a float32 sum lies on the wrong side of the sum itself."""
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(20):
        ensemble = random_ensemble(rng, trees=40, depth=3, width=3)
        rows = rng.normal(size=(50, 3))
        pair = next(contests(ensemble, np.ones(50, np.int64)))
        bound = level_zero(pair, make_field(pair.boxes, rows, ball_reach(rows, 0.0)))
        wrong += int((bound > margins(ensemble, rows)[:, 0]).sum())
    assert wrong > 0


@pytest.mark.parametrize("seed", [3, 11])
def test_a_row_that_is_wrong_already_is_never_certified(seed):
    world = World(seed)
    classes = max(len(world.ensemble.base), 2)
    labels = (world.classes(world.rows) + 1) % classes
    proof = certify_trees(world.ensemble, world.rows, labels, world.reach)
    assert proof.found.all()
    assert not proof.certified.any()
    assert np.array_equal(proof.rows, world.rows, equal_nan=True)
