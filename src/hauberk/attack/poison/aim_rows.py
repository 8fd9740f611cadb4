"""Attacks on single rows and their neighbours, aimed."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison.aim import Aim
from hauberk.attack.poison.collision import collide_features
from hauberk.attack.poison.nearness import Nearness, Region, find_region, measure_nearness
from hauberk.attack.poison.region_flips import flip_region
from hauberk.attack.poison.scene import Scene, Wish, require_code, targets_of
from hauberk.data import Kind

__all__ = ["aim_collision", "aim_region"]

_ANCHORS = 64
"""Test rows among which the row to aim at is looked for."""
_COLLIDED = 20
"""Test rows that a collision is aimed at, where none is named."""
_REGION, _FEWEST = 0.02, 30
"""Share of the rows that lie in a region, and about how many test rows do at least: fewer would say little."""


def aim_region(scene: Scene, wish: Wish) -> Aim:
    """Labels exchanged around one row."""
    goal, region = require_code(wish.goal), _around(scene, wish)
    flip = partial(flip_region, scene.train, region, goal=goal)
    victims = targets_of(scene, wish) & region.holds(scene.test.rows)
    return Aim(poison=lambda share, _: flip(share=share), victims=victims, goal=goal, drawn=False)


def aim_collision(scene: Scene, wish: Wish) -> Aim:
    """True rows of the goal moved towards some others."""
    goal, victims = require_code(wish.goal), np.zeros(len(scene.test.labels), bool)
    victims[_drawn_targets(scene, wish)[:_COLLIDED]] = True
    nearness = _nearness(scene)
    targets = scene.test.rows[victims]
    move = partial(collide_features, scene.train, scene.schema, nearness, targets=targets, goal=goal)
    return Aim(poison=lambda share, _: move(share=share), victims=victims, goal=goal, drawn=False)


def _around(scene: Scene, wish: Wish) -> Region:
    """The region around the row that is aimed at."""
    nearness, train = _nearness(scene), scene.train
    usual = min(1.0, max(_REGION, _FEWEST / len(scene.test.labels)))
    share = usual if wish.region is None else wish.region
    tried = _drawn_targets(scene, wish)[:_ANCHORS]
    regions = [find_region(train, nearness, scene.test.rows[row], share=share) for row in tried]
    others = [float((train.labels[one.holds(train.rows)] != wish.goal).mean()) for one in regions]
    return regions[int(np.argmax(others))]


def _drawn_targets(scene: Scene, wish: Wish) -> NDArray[np.intp]:
    """(t,) the test row that is named, or all that can be aimed at in an order that the seed draws."""
    targets = np.flatnonzero(targets_of(scene, wish))
    if wish.row is not None:
        if not 0 <= wish.row < len(scene.test.labels):
            expected = f"a test row from 0 to {len(scene.test.labels) - 1}"
            raise BadPoison(where="row", expected=expected, got=f"{wish.row}")
        if wish.row not in targets:
            hint = "name another row, or another goal"
            raise BadPoison(where="row", expected="a row that does not bear the goal", got=f"{wish.row}", hint=hint)
        return np.array([wish.row])
    if not targets.size:
        raise BadPoison(where="victim", expected="test rows to aim at", got="none")
    return np.random.default_rng([scene.seed, 44]).permutation(targets)


def _nearness(scene: Scene) -> Nearness:
    categorical = np.array([feature.kind is Kind.CATEGORY for feature in scene.schema.inputs])
    return measure_nearness(scene.train.rows, categorical)
