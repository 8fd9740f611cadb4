"""Training on representatives: numbers that move one way up to a bound become useless to the adversary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hauberk.harden.candidate import Candidate, Skipped
from hauberk.harden.masking import find_masking
from hauberk.harden.recipe import Task

__all__ = ["Flattened"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flattened:
    """One-way numbers flattened as far as the adversary reaches; every other feature as it is.

    For trees the flattened features are out of the adversary's hands for certain. Other models may extrapolate
    below the representative; how they fare is measured like everything else.
    """

    name: str = "flattened"

    def __call__(self, task: Task, /) -> tuple[Candidate, ...] | Skipped:
        """One candidate, or none where no feature has classes."""
        masking = find_masking(task.training.rows, task.reach, task.resolve)
        if not masking.flat.any():
            return Skipped(recipe=self.name, reason="no mutable number moves one way only, up to a fixed bound")
        names = ", ".join(np.array(task.training.names)[masking.flat])
        note = f"values that can be turned into one another are one value: {names}"
        return (Candidate(name=self.name, model=task.train(task.on(masking.rows)), note=note),)
