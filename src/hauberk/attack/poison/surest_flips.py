"""Labels exchanged where a surrogate is surest of them."""

from __future__ import annotations

import numpy as np

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison.budget import budget_rows, first_rows
from hauberk.attack.poison.labelled import Labelled
from hauberk.attack.poison.poisoned import Poisoned, poisoned
from hauberk.models import Scores

__all__ = ["flip_surest"]


def flip_surest(train: Labelled, scores: Scores, *, share: float) -> Poisoned:
    """The rows whose labels a surrogate is surest of get the label that it holds for the next best.

    Such rows lie together, far from the border. Where random flips are outvoted by their neighbours, these outvote
    them. A surrogate is any model that the attacker can train on such data; probabilities of rows that it has not
    learnt from (out of fold) choose better than those that it knows by heart.

    Args:
        train: (n, d) rows.
        scores: (n, k) probabilities of the surrogate.
        share: Of the rows, above 0 and below 1.

    Raises:
        BadBudget: The share comes to no row, or leaves a class without any.
        BadPoison: The scores are not one for each row and class.

    Source: Xiao, Biggio, Nelson, Xiao, Eckert and Roli 2015, "Support vector machines under adversarial label
    contamination", Neurocomputing 160, whose flips far from the border these follow for any model.
    """
    if scores.shape != (len(train.labels), train.classes) or not np.isfinite(scores).all():
        expected = f"finite scores ({len(train.labels)}, {train.classes})"
        raise BadPoison(where="scores", expected=expected, got=f"{scores.shape}")
    everyone = np.arange(len(train.labels))
    own, others = scores[everyone, train.labels], scores.copy()
    others[everyone, train.labels] = -np.inf
    runner_up = others.argmax(axis=1).astype(np.int64)
    margin = own - others[everyone, runner_up]
    most = budget_rows(share, len(train.labels))
    chosen = first_rows(np.ones(len(train.labels), bool), -margin, most)
    return poisoned(train, chosen, labels=runner_up[chosen])
