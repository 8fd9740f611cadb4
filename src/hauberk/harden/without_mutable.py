"""The robust end of the frontier: nothing that the adversary can change is used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hauberk.harden.candidate import Candidate, Skipped
from hauberk.harden.masking import blank
from hauberk.harden.recipe import Task

__all__ = ["WithoutMutable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutMutable:
    """Mutable features blanked, so that the model keeps its width and its schema and ignores them."""

    name: str = "without_mutable"

    def __call__(self, task: Task, /) -> tuple[Candidate, ...] | Skipped:
        """One candidate, or none where no feature is left or none is mutable."""
        mutable = task.reach.mutable
        if mutable.all() or not mutable.any():
            reason = "every feature is mutable" if mutable.all() else "no feature is mutable"
            return Skipped(recipe=self.name, reason=reason)
        model = task.train(task.on(blank(task.training.rows, mutable)))
        note = f"leaves out {', '.join(np.array(task.training.names)[mutable])}"
        return (Candidate(name=self.name, model=model, note=note),)
