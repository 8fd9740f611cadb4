"""Training among liars: copies of the rows in which everything that can be claimed is claimed at random.

The model learns how far a claim is to be believed when a share of the people lies: a feature keeps the influence
that its evidence still carries, and no more. This needs nothing from the model and no attack, and works for
categories and numbers alike. It is the training half of randomised smoothing (Cohen, Rosenfeld, Kolter 2019) with
the adversary's own reach as the noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hauberk.harden.candidate import Candidate, Skipped
from hauberk.harden.claims import draw_claims
from hauberk.harden.masking import find_masking
from hauberk.harden.mixture import Part, mix
from hauberk.harden.recipe import Task

__all__ = ["Randomised"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Randomised:
    """Clean rows and random claims, on representatives where features have them.

    Attributes:
        shares: Weight of the random claims, above 0 and below 1; one candidate for each.
        copies: How many claims are drawn of each row.
    """

    shares: tuple[float, ...] = (0.7,)
    copies: int = 1
    name: str = "randomised"

    def __call__(self, task: Task, /) -> tuple[Candidate, ...] | Skipped:
        """One candidate a share, or none where nothing can be claimed."""
        if not task.reach.mutable.any():
            return Skipped(recipe=self.name, reason="no feature is mutable")
        random = np.random.default_rng(task.training.seed)
        masking = find_masking(task.training.rows, task.reach, task.resolve)
        clean, origin = task.on(masking.rows), np.arange(len(masking.rows))
        reach = task.resolve(masking.rows) if masking.flat.any() else task.reach
        parts = [Part(rows=draw_claims(masking.rows, reach, random), origin=origin) for _ in range(self.copies)]
        return tuple(
            Candidate(
                name=f"{self.name} {share:g}",
                model=task.train(mix(clean, parts, share)),
                note=f"a share of {share:g} of the rows claims at random",
            )
            for share in self.shares
        )
