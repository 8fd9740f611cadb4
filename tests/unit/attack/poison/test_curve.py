"""The curve: paired with clean training, monotone within noise, and it says where harm begins."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from hauberk.attack.errors import BadBudget, BadPoison
from hauberk.attack.poison import Aim, PoisonKind, Wish, aim_poison, flip_random, poison_curve
from hauberk.data import Adversary

SHARES = (0.02, 0.1, 0.3)
TABLES = [kind for kind in PoisonKind if kind not in (PoisonKind.PATCH, PoisonKind.BLEND)]
STRONG = {
    PoisonKind.CLASS_FLIPS, PoisonKind.SUREST_FLIPS, PoisonKind.REGION, PoisonKind.BACKDOOR_RARE,
    PoisonKind.BACKDOOR_NATURAL, PoisonKind.CLEAN_LABEL, PoisonKind.COLLISION,
}  # fmt: skip


def curve_of(shop, kind, *, seeds=(0, 1), wish=None, shares=SHARES, **more):
    aim = aim_poison(kind, shop.scene, wish or Wish())
    return poison_curve(shop.fit, shop.train, shop.test, aim, shares=shares, seeds=seeds if aim.drawn else (0,), **more)


@pytest.mark.parametrize("kind", TABLES)
def test_every_attack_harms_more_with_more_poison(shop, kind):
    curve = curve_of(shop, kind)
    clean, *points = curve.points
    assert (clean.share, clean.rows, clean.gain.value, clean.loss.value) == (0, 0, 0, 0)
    assert [point.share for point in points] == list(SHARES)
    gains = [point.gain for point in curve.points]
    for before, after in pairwise(gains):
        assert after.high >= before.low
    assert all(0 < point.rows <= point.share * 1200 for point in points)
    assert all(point.rows <= point.changes <= 2 * point.rows for point in points)
    assert all(number.low <= number.value <= number.high for number in gains)
    if kind in STRONG:
        assert gains[-1].value > 0.1
        assert gains[-1].low > 0
        assert curve.broken is not None
    if kind in (PoisonKind.BACKDOOR_RARE, PoisonKind.BACKDOOR_NATURAL):
        assert points[0].success.value > 0.5
        assert points[0].loss.value < 0.03


def test_the_same_seeds_give_the_same_curve(shop):
    first = curve_of(shop, PoisonKind.BACKDOOR_NATURAL, seeds=(4,), shares=(0.02,))
    assert first == curve_of(shop, PoisonKind.BACKDOOR_NATURAL, seeds=(4,), shares=(0.02,))


def test_harm_is_where_it_is_first_seen_and_nowhere_without_it(shop):
    curve = curve_of(shop, PoisonKind.BACKDOOR_RARE, harm=0.3)
    assert curve.broken is curve.points[1]
    assert replace(curve, harm=1.0).broken is None or curve.points[-1].gain.value == 1
    unharmed = curve_of(shop, PoisonKind.RANDOM_FLIPS, shares=(0.01,), harm=0.1)
    assert unharmed.broken is None


def test_an_interval_that_holds_zero_is_no_harm(shop):
    """Three victims of four, against none, may be chance."""
    few = np.zeros(len(shop.test.labels), bool)
    few[np.flatnonzero(shop.test.labels == 0)[:2]] = True
    aim = replace(aim_poison(PoisonKind.CLASS_FLIPS, shop.scene, Wish(goal=1, victim=0)), victims=few)
    curve = poison_curve(shop.fit, shop.train, shop.test, aim, shares=(0.4,), seeds=(0,), harm=0.01)
    assert curve.points[1].gain.value > 0.4
    assert curve.points[1].gain.low <= 0
    assert curve.broken is None


def test_progress_counts_every_training(shop):
    told = []
    aim = aim_poison(PoisonKind.RANDOM_FLIPS, shop.scene, Wish())
    poison_curve(
        shop.fit, shop.train, shop.test, aim, shares=(0.1, 0.2), seeds=(0, 1),
        progress=lambda done, total, what="": told.append((done, total, what)),
    )  # fmt: skip
    assert [done for done, _, _ in told] == list(range(7))
    assert {total for _, total, _ in told} == {6}
    assert all(what for _, _, what in told)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"shares": ()}, BadBudget),
        ({"shares": (0.1, 2.0)}, BadBudget),
        ({"seeds": ()}, BadPoison),
        ({"seeds": (1, 1)}, BadPoison),
        ({"harm": 0.0}, BadPoison),
        ({"harm": float("nan")}, BadPoison),
    ],
)
def test_what_cannot_be_measured_is_refused(shop, change, error):
    everyone = np.ones(len(shop.test.labels), bool)
    aim = Aim(poison=lambda share, seed: flip_random(shop.train, share=share, seed=seed), victims=everyone)
    with pytest.raises(error):
        poison_curve(shop.fit, shop.train, shop.test, aim, **({"shares": (0.1,), "seeds": (0,)} | change))
    with pytest.raises(BadPoison, match="test row to work on"):
        poison_curve(shop.fit, shop.train, shop.test, replace(aim, victims=~everyone), shares=(0.1,), seeds=(0,))


@pytest.mark.parametrize(
    ("kind", "wish", "word"),
    [
        (PoisonKind.CLASS_FLIPS, Wish(goal=0, victim=0), "another class"),
        (PoisonKind.CLASS_FLIPS, Wish(goal=7), "class code"),
        (PoisonKind.REGION, Wish(row=600), "test row from 0 to 599"),
        (PoisonKind.REGION, Wish(region=2.0), "region"),
        (PoisonKind.PATCH, Wish(), "channels, height and width"),
        (PoisonKind.BLEND, Wish(image=(1, 3, 3)), "numbers without gaps"),
    ],
)
def test_wishes_that_do_not_fit_are_refused(shop, kind, wish, word):
    with pytest.raises(BadPoison, match=word):
        aim_poison(kind, shop.scene, wish)


def test_a_named_row_is_the_one_that_is_aimed_at(shop):
    row = int(np.flatnonzero(shop.test.labels == 0)[7])
    aim = aim_poison(PoisonKind.COLLISION, shop.scene, Wish(goal=1, row=row))
    assert np.flatnonzero(aim.victims).tolist() == [row]
    assert aim_poison(PoisonKind.REGION, shop.scene, Wish(goal=1, row=row)).victims[row]
    with pytest.raises(BadPoison, match="does not bear the goal"):
        aim_poison(PoisonKind.REGION, shop.scene, Wish(goal=0, row=row))


def test_an_adversary_of_small_changes_bears_no_mark(shop):
    features = tuple(
        replace(one, adversary=Adversary(mutable=True, within=0.01)) if one.name in ("price", "paid") else one
        for one in shop.schema.features
    )
    scene = replace(shop.scene, schema=replace(shop.schema, features=features))
    aim = aim_poison(PoisonKind.BACKDOOR_RARE, scene, Wish())
    assert not aim.reachable
    assert aim.victims.any()
    assert aim_poison(PoisonKind.BACKDOOR_RARE, shop.scene, Wish()).reachable
