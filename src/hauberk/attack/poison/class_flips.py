"""Labels of one class turned into another's."""

from __future__ import annotations

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison.budget import budget_rows, draw_rows
from hauberk.attack.poison.labelled import Labelled, require_class
from hauberk.attack.poison.poisoned import Poisoned, poisoned

__all__ = ["flip_class"]


def flip_class(train: Labelled, *, victim: int, goal: int, share: float, seed: int) -> Poisoned:
    """Rows of the class `victim`, drawn at random, get the label `goal`: frauds that are called payments.

    Args:
        train: (n, d) rows.
        victim: Class code of the rows.
        goal: Class code that they get.
        share: Of all rows, above 0 and below 1; where the class has no more rows, all but one of them are flipped.
        seed: Of the draw.

    Raises:
        BadBudget: The share comes to no row, or the class has fewer than two.
        BadPoison: No such class, or twice the same.
    """
    require_class(victim, train, where="victim")
    if require_class(goal, train, where="goal") == victim:
        raise BadPoison(where="goal", expected="another class than the victim's", got=f"{goal}")
    mine = train.labels == victim
    most = min(budget_rows(share, len(train.labels)), int(mine.sum()) - 1)
    chosen = draw_rows(mine, most, seed=seed, purpose=33)
    return poisoned(train, chosen, labels=goal)
