"""Rounds of training and attacking: the rows that fooled the model so far join the training set.

Source: Kantchelian, Tygar, Joseph 2016, "Evasion and hardening of tree ensemble classifiers", section 5, with whole
models in the place of single boosting rounds, so that it works for any training function.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hauberk.harden.candidate import Candidate, Skipped
from hauberk.harden.mixture import Part, mix
from hauberk.harden.recipe import Task

__all__ = ["AdversarialAugmentation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdversarialAugmentation:
    """The classic.

    Attributes:
        rounds: How often the model is attacked and trained anew.
        rows: Most rows that are attacked in a round, drawn without replacement.
        share: Weight of all adversarial rows together, above 0 and below 1.
    """

    rounds: int = 2
    rows: int = 4000
    share: float = 0.5
    name: str = "adversarial_augmentation"

    def __call__(self, task: Task, /) -> tuple[Candidate, ...] | Skipped:
        """One candidate, or none where no row can be changed."""
        if not task.reach.mutable.any():
            return Skipped(recipe=self.name, reason="no feature is mutable")
        training = task.training
        random = np.random.default_rng(training.seed)
        model, parts = task.train(training), list[Part]()
        for number in range(self.rounds):
            drawn = np.sort(random.permutation(len(training.rows))[: self.rows])
            rows, labels = training.rows[drawn], training.labels[drawn]
            found = task.attack(model, rows, labels, task.reach.rows(drawn), training.seed + number)
            parts.append(Part(rows=found, origin=drawn))
            model = task.train(mix(training, parts, self.share))
        note = f"{self.rounds} rounds against its own adversarial rows"
        return (Candidate(name=self.name, model=model, note=note),)
