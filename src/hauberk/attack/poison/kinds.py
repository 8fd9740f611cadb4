"""The attacks by name, each aimed at the rows of one system."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import assert_never

import numpy as np

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison.aim import Aim
from hauberk.attack.poison.aim_flips import aim_class, aim_random, aim_surest
from hauberk.attack.poison.aim_rows import aim_collision, aim_region
from hauberk.attack.poison.aim_triggers import aim_backdoor, aim_clean_label, aim_image
from hauberk.attack.poison.labelled import require_class
from hauberk.attack.poison.scene import Scene, Wish
from hauberk.attack.poison.table_trigger import Rarity

__all__ = ["PoisonKind", "aim_poison"]


class PoisonKind(StrEnum):
    """What an attacker does to training rows."""

    RANDOM_FLIPS = "random-flips"
    CLASS_FLIPS = "class-flips"
    SUREST_FLIPS = "surest-flips"
    REGION = "region"
    BACKDOOR_RARE = "backdoor-rare"
    BACKDOOR_NATURAL = "backdoor-natural"
    CLEAN_LABEL = "clean-label"
    COLLISION = "collision"
    PATCH = "patch"
    BLEND = "blend"


def aim_poison(kind: PoisonKind, scene: Scene, wish: Wish) -> Aim:
    """The attack, ready for `poison_curve`.

    Raises:
        BadPoison: A class or row that is not there, or rows that are no images.
        BadTrigger: No such trigger on these rows.
    """
    wish = _decided(kind, scene, wish)
    match kind:
        case PoisonKind.RANDOM_FLIPS:
            return aim_random(scene)
        case PoisonKind.CLASS_FLIPS:
            return aim_class(scene, wish)
        case PoisonKind.SUREST_FLIPS:
            return aim_surest(scene, wish)
        case PoisonKind.REGION:
            return aim_region(scene, wish)
        case PoisonKind.COLLISION:
            return aim_collision(scene, wish)
        case PoisonKind.CLEAN_LABEL:
            return aim_clean_label(scene, wish)
        case PoisonKind.BACKDOOR_RARE | PoisonKind.BACKDOOR_NATURAL:
            natural = kind is PoisonKind.BACKDOOR_NATURAL
            return aim_backdoor(scene, wish, rarity=Rarity.NATURAL if natural else Rarity.RARE)
        case PoisonKind.PATCH | PoisonKind.BLEND:
            return aim_image(scene, wish, faint=kind is PoisonKind.BLEND)
        case _:
            assert_never(kind)


def _decided(kind: PoisonKind, scene: Scene, wish: Wish) -> Wish:
    """The wish with a goal, and for flips of a class a victim."""
    for code, where in ((wish.goal, "goal"), (wish.victim, "victim")):
        if code is not None:
            require_class(code, scene.train, where=where)
    if kind in (PoisonKind.RANDOM_FLIPS, PoisonKind.SUREST_FLIPS):
        return wish
    counts = np.bincount(scene.train.labels, minlength=scene.train.classes)
    goal, victim = wish.goal, wish.victim
    flips = kind is PoisonKind.CLASS_FLIPS
    if goal is None:
        others = np.array([code for code in range(scene.train.classes) if code != victim])
        goal = int(others[counts[others].argmax() if flips else counts[others].argmin()])
    if victim is None and flips:
        others = np.array([code for code in range(scene.train.classes) if code != goal])
        victim = int(others[counts[others].argmin()])
    if goal == victim:
        raise BadPoison(where="goal", expected="another class than the victim's", got=f"{goal}")
    return replace(wish, goal=goal, victim=victim)
