"""How hard to try."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["QUICK", "STANDARD", "THOROUGH", "Effort"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard to try; a larger effort contains every smaller one, so it never finds less.

    Attributes:
        name: Of the profile, as reports print it.
        sweeps: Most moves of one descent.
        pairs: Most pairs of moves, tried where no single one helps.
        restarts: Descents from random points within reach.
        regions: Parts of a region that branch and bound may look at, for one row against one rival.
        total_regions: The same for all rows of a run together; where it ends, rows stay open and are reported so.
        queries: Model evaluations for one row, where the attack only asks.
        steps: Gradient steps of one run on a network.
        rivals: How many of the likeliest other classes are aimed at one by one, on a network.
    """

    name: str
    sweeps: int
    pairs: int
    restarts: int
    regions: int
    total_regions: int
    queries: int
    steps: int = 100
    rivals: int = 9


QUICK = Effort(name="quick", sweeps=8, pairs=0, restarts=0, regions=0, total_regions=0, queries=200, steps=20, rivals=0)
"""One descent: for training against the attack."""
STANDARD = Effort(
    name="standard",
    sweeps=24,
    pairs=2,
    restarts=1,
    regions=2_000,
    total_regions=1_000_000,
    queries=1_000,
    steps=60,
    rivals=4,
)
"""Decides nearly every row where few columns can be changed (measured on Adult: all of 16,281 test rows)."""
THOROUGH = Effort(
    name="thorough",
    sweeps=48,
    pairs=8,
    restarts=8,
    regions=20_000,
    total_regions=20_000_000,
    queries=5_000,
    steps=100,
    rivals=9,
)
"""For the last figures before a release."""
