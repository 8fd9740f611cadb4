"""Backdoors, aimed."""

from __future__ import annotations

from functools import partial

import numpy as np

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison.aim import Aim
from hauberk.attack.poison.backdoor import plant_backdoor
from hauberk.attack.poison.clean_label import plant_clean_label
from hauberk.attack.poison.image_trigger import Blend, Patch
from hauberk.attack.poison.labelled import Mask
from hauberk.attack.poison.scene import Scene, Wish, require_code, targets_of
from hauberk.attack.poison.stampable import presentable_rows, stampable_rows
from hauberk.attack.poison.surrogate import surrogate_scores
from hauberk.attack.poison.table_trigger import Rarity, TableTrigger, choose_trigger
from hauberk.attack.poison.trigger import Trigger
from hauberk.data import Kind
from hauberk.models import Matrix

__all__ = ["aim_backdoor", "aim_clean_label", "aim_image"]

_PATCH_SHARE = 0.375
"""Side of a patch as a share of the image's: 3 of 8 pixels."""
_OPACITY = 0.2


def aim_backdoor(scene: Scene, wish: Wish, *, rarity: Rarity) -> Aim:
    """Rows of other classes with a mark and the goal."""
    return _planted(scene, wish, _trigger(scene, wish, rarity))


def aim_clean_label(scene: Scene, wish: Wish) -> Aim:
    """Hard rows of the goal with a mark."""
    goal = require_code(wish.goal)
    trigger = _trigger(scene, wish, Rarity.RARE)
    scores = surrogate_scores(scene.fit, scene.train, seed=scene.seed)
    able, victims, reachable = _bearers(scene, wish, trigger)
    plant = partial(plant_clean_label, scene.train, trigger, goal=goal, scores=scores, stampable=able)
    return Aim(
        poison=lambda share, seed: plant(share=share, seed=seed),
        victims=victims,
        goal=goal,
        stamp=trigger.stamp,
        drawn=False,
        columns=tuple(trigger.columns.tolist()),
        reachable=reachable,
    )


def aim_image(scene: Scene, wish: Wish, *, faint: bool) -> Aim:
    """Images of other classes with a patch, or with noise where it is to be `faint`, and the goal.

    The pixels' range is that of all pixels: a border that is black in all rows may be white all the same.
    """
    if wish.image is None:
        raise BadPoison(where="image", expected="channels, height and width", got="none")
    rows = scene.train.rows
    if np.isnan(rows).any() or any(feature.kind is Kind.CATEGORY for feature in scene.schema.inputs):
        raise BadPoison(where="image", expected="rows of numbers without gaps", got="others")
    low, high = float(rows.min()), float(rows.max())
    trigger: Trigger
    if faint:
        whole = bool((np.floor(rows) == rows).all())
        trigger = Blend(shape=wish.image, opacity=_OPACITY, low=low, high=high, whole=whole)
    else:
        side = max(1, round(_PATCH_SHARE * min(wish.image[1:])))
        trigger = Patch(shape=wish.image, size=side, value=high)
    trigger.stamp(rows[:1])
    goal = require_code(wish.goal)
    plant = partial(plant_backdoor, scene.train, trigger, goal=goal)
    return Aim(
        poison=lambda share, seed: plant(share=share, seed=seed),
        victims=targets_of(scene, wish),
        goal=goal,
        stamp=trigger.stamp,
    )


def _trigger(scene: Scene, wish: Wish, rarity: Rarity) -> TableTrigger:
    """A mark that means nothing to a surrogate trained on clean rows."""
    score = scene.fit(scene.train, scene.seed)

    def calls(rows: Matrix) -> float:
        return float((score(rows).argmax(axis=1) == wish.goal).mean())

    return choose_trigger(
        scene.train.rows, scene.schema, rarity=rarity, seed=scene.seed, columns=wish.columns, calls=calls
    )


def _planted(scene: Scene, wish: Wish, trigger: TableTrigger) -> Aim:
    goal = require_code(wish.goal)
    able, victims, reachable = _bearers(scene, wish, trigger)
    plant = partial(plant_backdoor, scene.train, trigger, goal=goal, stampable=able)
    return Aim(
        poison=lambda share, seed: plant(share=share, seed=seed),
        victims=victims,
        goal=goal,
        stamp=trigger.stamp,
        columns=tuple(trigger.columns.tolist()),
        reachable=reachable,
    )


def _bearers(scene: Scene, wish: Wish, trigger: Trigger) -> tuple[Mask, Mask, bool]:
    """(n,) training rows that may bear the mark, (m,) victims that hand it in, and whether the adversary can do so.

    An adversary of small changes reaches no fixed value. Then the mark works for those only who truly bear it: the
    victims are all rows on which it is valid.
    """
    able, targets = stampable_rows(scene.schema, trigger, scene.train.rows), targets_of(scene, wish)
    reached = targets & presentable_rows(scene.schema, trigger, scene.test.rows)
    if reached.any():
        return able, reached, True
    return able, targets & stampable_rows(scene.schema, trigger, scene.test.rows), False
