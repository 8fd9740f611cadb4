"""Labels exchanged around one row."""

from __future__ import annotations

from hauberk.attack.poison.budget import budget_rows, first_rows
from hauberk.attack.poison.labelled import Labelled, require_class
from hauberk.attack.poison.nearness import Region
from hauberk.attack.poison.poisoned import Poisoned, poisoned

__all__ = ["flip_region"]


def flip_region(train: Labelled, region: Region, *, goal: int, share: float) -> Poisoned:
    """The rows of a region get the label `goal`, the nearest to its middle first.

    Whoever is like this one is to be let through, and nobody else changes. Where the budget is larger than the
    region, the whole of it is flipped and the rest of the budget is left.

    Args:
        train: (n, d) rows.
        region: Around the row that is aimed at.
        goal: Class code.
        share: Of all rows, above 0 and below 1.

    Raises:
        BadBudget: The share comes to no row, or all rows of the region bear the label already.
        BadPoison: No such class.

    Source: Jagielski, Severi, Pousette Harger and Oprea 2021, "Subpopulation data poisoning attacks", CCS, arXiv
    2006.14026.
    """
    require_class(goal, train, where="goal")
    eligible = region.holds(train.rows) & (train.labels != goal)
    distance = region.nearness.distance(train.rows, region.anchor)
    return poisoned(train, first_rows(eligible, distance, budget_rows(share, len(train.labels))), labels=goal)
