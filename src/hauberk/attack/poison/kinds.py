"""The attacks on tables by name, each aimed at the rows of one system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison.aim import Aim
from hauberk.attack.poison.backdoor import plant_backdoor
from hauberk.attack.poison.class_flips import flip_class
from hauberk.attack.poison.clean_label import plant_clean_label
from hauberk.attack.poison.collision import collide_features
from hauberk.attack.poison.image_trigger import Blend, Patch
from hauberk.attack.poison.labelled import Labelled, Mask, require_class
from hauberk.attack.poison.nearness import Nearness, Region, find_region, measure_nearness
from hauberk.attack.poison.random_flips import flip_random
from hauberk.attack.poison.region_flips import flip_region
from hauberk.attack.poison.stampable import presentable_rows, stampable_rows
from hauberk.attack.poison.surest_flips import flip_surest, weakest_class
from hauberk.attack.poison.surrogate import FitScores, surrogate_scores
from hauberk.attack.poison.table_trigger import Rarity, TableTrigger, choose_trigger
from hauberk.attack.poison.trigger import Trigger
from hauberk.data import Kind, Schema
from hauberk.models import Matrix

__all__ = ["PoisonKind", "Scene", "Wish", "aim_poison"]

_ANCHORS = 64
"""Test rows among which the row to aim at is looked for."""
_COLLIDED = 20
"""Test rows that a collision is aimed at, where none is named."""
_REGION, _FEWEST = 0.02, 30
"""Share of the rows that lie in a region, and about how many test rows do at least: fewer would say little."""
_TRIED = 0.1
"""Share of flips by which the weakest class is found."""
_PATCH_SHARE = 0.375
"""Side of a patch as a share of the image's: 3 of 8 pixels."""
_OPACITY = 0.2


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the attacker wants; what is left out is chosen.

    Attributes:
        goal: Class that the victims are to be given; for flips of a class the most frequent one, else the rarest.
        victim: Class of the victims: for flips of a class the rarest; for the surest the one that is found weakest;
            else all but the goal.
        row: Test row that region and collision aim at; else a region lies around the one, of some that are tried,
            whose surroundings agree most on another label than the goal, and collisions aim at twenty rows.
        columns: Of the trigger.
        region: Share of the training rows that lie around the row; else 2 %, or more where there are few test rows.
        image: Channels, height and width, where rows are images.
    """

    goal: int | None = None
    victim: int | None = None
    row: int | None = None
    columns: tuple[str, ...] = ()
    region: float | None = None
    image: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """Where it happens.

    Attributes:
        train, test: Clean rows.
        schema: Of both.
        fit: What the attacker trains surrogates with.
        seed: Of the choices that stay the same over the curve, as trigger and row.
    """

    train: Labelled
    test: Labelled
    schema: Schema
    fit: FitScores
    seed: int


def aim_poison(kind: PoisonKind, scene: Scene, wish: Wish) -> Aim:
    """The attack, ready for `poison_curve`.

    Raises:
        BadPoison: A class or row that is not there, or rows that are no images.
        BadTrigger: No such trigger on these rows.
    """
    return _MAKERS[kind](kind, scene, _decided(kind, scene, wish))


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
    return Wish(goal=goal, victim=victim, row=wish.row, columns=wish.columns, region=wish.region, image=wish.image)


def _targets(scene: Scene, wish: Wish) -> Mask:
    """(m,) test rows that do not bear the goal, and bear the victim's label where there is one."""
    labels = scene.test.labels
    return np.asarray(labels == wish.victim if wish.victim is not None else labels != wish.goal)


def _random(kind: PoisonKind, scene: Scene, wish: Wish) -> Aim:  # noqa: ARG001 - the shape of all makers
    everyone = np.ones(len(scene.test.labels), bool)
    return Aim(poison=lambda share, seed: flip_random(scene.train, share=share, seed=seed), victims=everyone)


def _surest(kind: PoisonKind, scene: Scene, wish: Wish) -> Aim:  # noqa: ARG001
    scores, victim = surrogate_scores(scene.fit, scene.train, seed=scene.seed), wish.victim
    if victim is None:
        share = max(_TRIED, 1 / len(scene.train.labels))
        victim = weakest_class(scene.fit, scene.train, scores, share=share, seed=scene.seed)
    everyone = np.ones(len(scene.test.labels), bool)
    flip = partial(flip_surest, scene.train, scores, victim=victim)
    return Aim(poison=lambda share, _: flip(share=share), victims=everyone, drawn=False)


def _class(kind: PoisonKind, scene: Scene, wish: Wish) -> Aim:  # noqa: ARG001
    victim, goal = _code(wish.victim), _code(wish.goal)
    flip = partial(flip_class, scene.train, victim=victim, goal=goal)
    return Aim(poison=lambda share, seed: flip(share=share, seed=seed), victims=_targets(scene, wish), goal=goal)


def _region(kind: PoisonKind, scene: Scene, wish: Wish) -> Aim:  # noqa: ARG001
    goal, region = _code(wish.goal), _around(scene, wish)
    flip = partial(flip_region, scene.train, region, goal=goal)
    victims = _targets(scene, wish) & region.holds(scene.test.rows)
    return Aim(poison=lambda share, _: flip(share=share), victims=victims, goal=goal, drawn=False)


def _collision(kind: PoisonKind, scene: Scene, wish: Wish) -> Aim:  # noqa: ARG001
    goal, victims = _code(wish.goal), np.zeros(len(scene.test.labels), bool)
    victims[_drawn_targets(scene, wish)[:_COLLIDED]] = True
    nearness = _nearness(scene)
    targets = scene.test.rows[victims]
    move = partial(collide_features, scene.train, scene.schema, nearness, targets=targets, goal=goal)
    return Aim(poison=lambda share, _: move(share=share), victims=victims, goal=goal, drawn=False)


def _backdoor(kind: PoisonKind, scene: Scene, wish: Wish) -> Aim:
    rarity = Rarity.NATURAL if kind is PoisonKind.BACKDOOR_NATURAL else Rarity.RARE
    return _planted(scene, wish, _trigger(scene, wish, rarity))


def _trigger(scene: Scene, wish: Wish, rarity: Rarity) -> TableTrigger:
    """A mark that means nothing to a surrogate trained on clean rows."""
    score = scene.fit(scene.train, scene.seed)

    def calls(rows: Matrix) -> float:
        return float((score(rows).argmax(axis=1) == wish.goal).mean())

    return choose_trigger(
        scene.train.rows, scene.schema, rarity=rarity, seed=scene.seed, columns=wish.columns, calls=calls
    )


def _image(kind: PoisonKind, scene: Scene, wish: Wish) -> Aim:
    """The pixels' range is that of all pixels: a border that is black in all rows may be white all the same."""
    if wish.image is None:
        raise BadPoison(where="image", expected="channels, height and width", got="none")
    rows = scene.train.rows
    if np.isnan(rows).any() or any(feature.kind is Kind.CATEGORY for feature in scene.schema.inputs):
        raise BadPoison(where="image", expected="rows of numbers without gaps", got="others")
    low, high = float(rows.min()), float(rows.max())
    trigger: Trigger
    if kind is PoisonKind.BLEND:
        whole = bool((np.floor(rows) == rows).all())
        trigger = Blend(shape=wish.image, opacity=_OPACITY, low=low, high=high, whole=whole)
    else:
        side = max(1, round(_PATCH_SHARE * min(wish.image[1:])))
        trigger = Patch(shape=wish.image, size=side, value=high)
    trigger.stamp(rows[:1])
    goal = _code(wish.goal)
    plant = partial(plant_backdoor, scene.train, trigger, goal=goal)
    return Aim(
        poison=lambda share, seed: plant(share=share, seed=seed),
        victims=_targets(scene, wish),
        goal=goal,
        stamp=trigger.stamp,
    )


def _planted(scene: Scene, wish: Wish, trigger: TableTrigger) -> Aim:
    goal = _code(wish.goal)
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


def _clean_label(kind: PoisonKind, scene: Scene, wish: Wish) -> Aim:  # noqa: ARG001
    goal = _code(wish.goal)
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


def _bearers(scene: Scene, wish: Wish, trigger: Trigger) -> tuple[Mask, Mask, bool]:
    """(n,) training rows that may bear the mark, (m,) victims that hand it in, and whether the adversary can do so.

    An adversary of small changes reaches no fixed value. Then the mark works for those only who truly bear it: the
    victims are all rows on which it is valid.
    """
    able, targets = stampable_rows(scene.schema, trigger, scene.train.rows), _targets(scene, wish)
    reached = targets & presentable_rows(scene.schema, trigger, scene.test.rows)
    if reached.any():
        return able, reached, True
    return able, targets & stampable_rows(scene.schema, trigger, scene.test.rows), False


def _around(scene: Scene, wish: Wish) -> Region:
    """The region around the row that is aimed at."""
    nearness, train = _nearness(scene), scene.train
    share = wish.region or min(1.0, max(_REGION, _FEWEST / len(scene.test.labels)))
    tried = _drawn_targets(scene, wish)[:_ANCHORS]
    regions = [find_region(train, nearness, scene.test.rows[row], share=share) for row in tried]
    others = [float((train.labels[one.holds(train.rows)] != wish.goal).mean()) for one in regions]
    return regions[int(np.argmax(others))]


def _drawn_targets(scene: Scene, wish: Wish) -> NDArray[np.intp]:
    """(t,) the test row that is named, or all that can be aimed at in an order that the seed draws."""
    targets = np.flatnonzero(_targets(scene, wish))
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


def _code(code: int | None) -> int:
    if code is None:
        raise TypeError("decided before")
    return code


_MAKERS: dict[PoisonKind, Callable[[PoisonKind, Scene, Wish], Aim]] = {
    PoisonKind.RANDOM_FLIPS: _random,
    PoisonKind.CLASS_FLIPS: _class,
    PoisonKind.SUREST_FLIPS: _surest,
    PoisonKind.REGION: _region,
    PoisonKind.BACKDOOR_RARE: _backdoor,
    PoisonKind.BACKDOOR_NATURAL: _backdoor,
    PoisonKind.CLEAN_LABEL: _clean_label,
    PoisonKind.COLLISION: _collision,
    PoisonKind.PATCH: _image,
    PoisonKind.BLEND: _image,
}
