"""Labels exchanged where a surrogate is surest of them."""

from __future__ import annotations

import numpy as np

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison.budget import budget_rows, first_rows
from hauberk.attack.poison.labelled import Codes, Labelled, require_class
from hauberk.attack.poison.poisoned import Poisoned, poisoned
from hauberk.attack.poison.surrogate import FitScores
from hauberk.models import Scores

__all__ = ["flip_surest", "weakest_class"]


def flip_surest(train: Labelled, scores: Scores, *, share: float, victim: int | None = None) -> Poisoned:
    """The rows whose labels a surrogate is surest of get another label, all of them the same one.

    Such rows lie together, far from the border. Where random flips are outvoted by their neighbours, these outvote
    them. A surrogate is any model that the attacker can train on such data; probabilities of rows that it has not
    learnt from (out of fold) choose better than those that it knows by heart.

    Args:
        train: (n, d) rows.
        scores: (n, k) probabilities of the surrogate.
        share: Of the rows, above 0 and below 1; where the victim has no more rows, all but one of them are flipped.
        victim: Flip rows of this class only, to the label that the surrogate most often holds for the next best of
            them; None takes rows of all classes, each to its own next best.

    Raises:
        BadBudget: The share comes to no row, or leaves a class without any.
        BadPoison: The scores are not one for each row and class, or there is no such class.

    Source: Xiao, Biggio, Nelson, Xiao, Eckert and Roli 2015, "Support vector machines under adversarial label
    contamination", Neurocomputing 160, whose flips far from the border these follow for any model.
    """
    margin, runner_up = _margins(train, scores)
    most = budget_rows(share, len(train.labels))
    if victim is None:
        chosen = first_rows(np.ones(len(train.labels), bool), -margin, most)
        return poisoned(train, chosen, labels=runner_up[chosen])
    mine = train.labels == require_class(victim, train, where="victim")
    chosen = first_rows(mine, -margin, min(most, int(mine.sum()) - 1))
    return poisoned(train, chosen, labels=int(np.bincount(runner_up[mine]).argmax()))


def weakest_class(fit: FitScores, train: Labelled, scores: Scores, *, share: float, seed: int) -> int | None:
    """The `victim` for which flips harm a surrogate most; None where rows of all classes do.

    Args:
        fit: Trains the surrogate, once for each class and once more.
        train: (n, d) rows.
        scores: (n, k) probabilities of the surrogate trained on clean rows.
        share: That is tried.
        seed: Of the trainings.
    """
    counts = np.bincount(train.labels, minlength=train.classes)
    choices = [None, *(code for code in range(train.classes) if counts[code] > 1)]
    harm = []
    for victim in choices:
        poison = flip_surest(train, scores, share=share, victim=victim)
        decided = fit(poison.data, seed)(train.rows).argmax(axis=1)
        harm.append(float((decided != train.labels).mean()))
    return choices[int(np.argmax(harm))]


def _margins(train: Labelled, scores: Scores) -> tuple[Scores, Codes]:
    """(n,) how much surer the surrogate is of the label than of the next best class, and (n,) that class."""
    if scores.shape != (len(train.labels), train.classes) or not np.isfinite(scores).all():
        expected = f"finite scores ({len(train.labels)}, {train.classes})"
        raise BadPoison(where="scores", expected=expected, got=f"{scores.shape}")
    everyone = np.arange(len(train.labels))
    others = scores.copy()
    others[everyone, train.labels] = -np.inf
    runner_up = others.argmax(axis=1).astype(np.int64)
    return scores[everyone, train.labels] - others[everyone, runner_up], runner_up
