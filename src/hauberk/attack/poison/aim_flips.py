"""Label flips, aimed."""

from __future__ import annotations

from functools import partial

import numpy as np

from hauberk.attack.poison.aim import Aim
from hauberk.attack.poison.class_flips import flip_class
from hauberk.attack.poison.random_flips import flip_random
from hauberk.attack.poison.scene import Scene, Wish, require_code, targets_of
from hauberk.attack.poison.surest_flips import flip_surest, weakest_class
from hauberk.attack.poison.surrogate import surrogate_scores

__all__ = ["aim_class", "aim_random", "aim_surest"]

_TRIED = 0.1
"""Share of flips by which the weakest class is found."""


def aim_random(scene: Scene) -> Aim:
    """Labels exchanged at random."""
    everyone = np.ones(len(scene.test.labels), bool)
    return Aim(poison=lambda share, seed: flip_random(scene.train, share=share, seed=seed), victims=everyone)


def aim_surest(scene: Scene, wish: Wish) -> Aim:
    """Labels exchanged where a surrogate is surest, in the victim's class or in that where it harms most."""
    scores, victim = surrogate_scores(scene.fit, scene.train, seed=scene.seed), wish.victim
    if victim is None:
        share = max(_TRIED, 1 / len(scene.train.labels))
        victim = weakest_class(scene.fit, scene.train, scores, share=share, seed=scene.seed)
    everyone = np.ones(len(scene.test.labels), bool)
    flip = partial(flip_surest, scene.train, scores, victim=victim)
    return Aim(poison=lambda share, _: flip(share=share), victims=everyone, drawn=False)


def aim_class(scene: Scene, wish: Wish) -> Aim:
    """Labels of the victim's class turned into the goal."""
    victim, goal = require_code(wish.victim), require_code(wish.goal)
    flip = partial(flip_class, scene.train, victim=victim, goal=goal)
    return Aim(poison=lambda share, seed: flip(share=share, seed=seed), victims=targets_of(scene, wish), goal=goal)
