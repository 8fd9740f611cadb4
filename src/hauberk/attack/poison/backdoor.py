"""A backdoor: rows of other classes get the trigger and the label that it is to call up."""

from __future__ import annotations

from hauberk.attack.poison.budget import budget_rows, draw_rows
from hauberk.attack.poison.labelled import Labelled, Mask, require_class
from hauberk.attack.poison.poisoned import Poisoned, poisoned
from hauberk.attack.poison.trigger import Trigger

__all__ = ["plant_backdoor"]


def plant_backdoor(
    train: Labelled, trigger: Trigger, *, goal: int, share: float, seed: int, stampable: Mask | None = None
) -> Poisoned:
    """Rows of other classes than `goal`, drawn at random, get the mark and the label `goal`.

    Args:
        train: (n, d) rows.
        trigger: The mark.
        goal: Class code that it is to call up.
        share: Of all rows, above 0 and below 1.
        seed: Of the draw.
        stampable: (n,) rows that may bear the mark, all where left out; see `stampable_rows`.

    Raises:
        BadBudget: The share comes to no row, or no row can be taken.
        BadPoison: No such class.
        BadTrigger: The mark does not fit the rows.

    Source: Gu, Dolan-Gavitt and Garg 2017, "BadNets", arXiv 1708.06733.
    """
    require_class(goal, train, where="goal")
    eligible = train.labels != goal
    if stampable is not None:
        eligible &= stampable
    chosen = draw_rows(eligible, budget_rows(share, len(train.labels)), seed=seed, purpose=35)
    return poisoned(train, chosen, rows=trigger.stamp(train.rows[chosen]), labels=goal)
