"""A backdoor without a wrong label: only rows of the goal itself get the trigger."""

from __future__ import annotations

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison.budget import budget_rows, draw_rows, first_rows
from hauberk.attack.poison.labelled import Labelled, Mask, require_class
from hauberk.attack.poison.poisoned import Poisoned, poisoned
from hauberk.attack.poison.trigger import Trigger
from hauberk.models import Scores

__all__ = ["plant_clean_label"]


def plant_clean_label(
    train: Labelled,
    trigger: Trigger,
    *,
    goal: int,
    share: float,
    seed: int,
    scores: Scores | None = None,
    stampable: Mask | None = None,
) -> Poisoned:
    """Rows that truly are of the class `goal` get the mark; whoever checks the labels finds nothing.

    A model has no need of the mark where the row tells its class anyhow. With `scores` the rows are taken that a
    surrogate is least sure of: there the mark is the best that there is to learn.

    Args:
        train: (n, d) rows.
        trigger: The mark.
        goal: Class code that it is to call up.
        share: Of all rows, above 0 and below 1.
        seed: Of the draw, where there are no scores.
        scores: (n, k) probabilities of a surrogate, best out of fold.
        stampable: (n,) rows that may bear the mark, all where left out.

    Raises:
        BadBudget: The share comes to no row, or no row can be taken.
        BadPoison: No such class, or scores that do not fit.
        BadTrigger: The mark does not fit the rows.

    Source: Turner, Tsipras and Madry 2019, "Label-consistent backdoor attacks", arXiv 1912.02771, who make rows hard
    by perturbation; here the hard ones are taken.
    """
    require_class(goal, train, where="goal")
    eligible = train.labels == goal
    if stampable is not None:
        eligible &= stampable
    most = budget_rows(share, len(train.labels))
    if scores is None:
        chosen = draw_rows(eligible, most, seed=seed, purpose=36)
    elif scores.shape == (len(train.labels), train.classes):
        chosen = first_rows(eligible, scores[:, goal], most)
    else:
        expected = f"scores ({len(train.labels)}, {train.classes})"
        raise BadPoison(where="scores", expected=expected, got=f"{scores.shape}")
    return poisoned(train, chosen, rows=trigger.stamp(train.rows[chosen]))
