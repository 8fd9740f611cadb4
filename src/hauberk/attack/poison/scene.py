"""Where poison is written, and what it is to do there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hauberk.attack.poison.labelled import Labelled, Mask
from hauberk.attack.poison.surrogate import FitScores
from hauberk.data import Schema

__all__ = ["Scene", "Wish", "require_code", "targets_of"]


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


def targets_of(scene: Scene, wish: Wish) -> Mask:
    """(m,) test rows that do not bear the goal, and bear the victim's label where there is one."""
    labels = scene.test.labels
    return np.asarray(labels == wish.victim if wish.victim is not None else labels != wish.goal)


def require_code(code: int | None) -> int:
    """The class code of a wish that has been decided upon."""
    if code is None:
        raise TypeError("a wish without this class was not decided upon")
    return code
