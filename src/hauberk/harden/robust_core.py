"""A core that nobody can fool, and a few trees more that use what people claim.

The core is trained on representatives with every other mutable feature blanked, so no claim moves its margin. Then
boosting goes on, with shallow and strongly shrunk trees on all features: what claims can do to a row is the sum over
these few trees, while every row that the core decides by more than that stays certain. How many trees are added is
the knob between clean and attacked accuracy; every number is a candidate and they share one core.

Training the added trees against an attack instead was measured to be worse at equal clean accuracy (each correction
of one lie opens another), besides costing an attack a round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hauberk.harden.candidate import Candidate, Skipped
from hauberk.harden.masking import Masking, blank, find_masking
from hauberk.harden.recipe import Grow, Task
from hauberk.models import open_model
from hauberk.models.errors import UnknownModel

__all__ = ["RobustCore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustCore:
    """A core and its growth.

    Attributes:
        added: Numbers of added rounds, rising; 0, the core itself, is always a candidate.
        depth: Of the added trees; few splits leave few combinations of claims to exploit.
        learning_rate: Of the added trees.
        l2_a_row: L2 penalty of the added leaves, a unit of training weight; it keeps rare claims from weighing much.
    """

    added: tuple[int, ...] = (15, 30, 45, 60, 80, 100)
    depth: int = 3
    learning_rate: float = 0.05
    l2_a_row: float = 0.004
    name: str = "robust_core"

    def __call__(self, task: Task, /) -> tuple[Candidate, ...] | Skipped:
        """The core and a candidate for each number of added rounds; the core alone where nothing can be grown."""
        masking = find_masking(task.training.rows, task.reach, task.resolve)
        if not task.reach.mutable.any() or masking.open.all():
            some = task.reach.mutable.any()
            return Skipped(recipe=self.name, reason="nothing is left for a core" if some else "no feature is mutable")
        trained = task.fit(task.on(blank(masking.rows, masking.open)))
        model = open_model(trained, classes=task.training.classes)
        core = Candidate(name=self.name, model=model, note=_note(task, masking))
        return (core, *self._grown(task, masking, trained))

    def _grown(self, task: Task, masking: Masking, model: object) -> tuple[Candidate, ...]:
        if task.grow is None or not masking.open.any():
            return ()
        made: list[Candidate] = []
        for before, after in zip((0, *self.added), self.added, strict=False):
            try:
                model = self._grow(task.grow, task, masking, model, after - before)
            except UnknownModel:
                break  # the training function gave a model that cannot be continued
            grown = open_model(model, classes=task.training.classes)
            note = f"the core and {after} small rounds that see what people claim"
            made.append(Candidate(name=f"{self.name}+{after}", model=grown, note=note))
        return tuple(made)

    def _grow(self, grow: Grow, task: Task, masking: Masking, model: object, trees: int) -> object:
        training = task.on(masking.rows)
        l2 = self.l2_a_row * float(training.weight.sum())
        return grow(model, training, trees=trees, depth=self.depth, learning_rate=self.learning_rate, l2=max(l2, 1.0))


def _note(task: Task, masking: Masking) -> str:
    names = np.array(task.training.names)
    left, flat = ", ".join(names[masking.open]), ", ".join(names[masking.flat])
    return "; ".join(
        part for part in (f"leaves out {left}" if left else "", f"flattens {flat}" if flat else "") if part
    )
