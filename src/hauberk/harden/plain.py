"""The model as it would be without hardening: what every other candidate is compared with."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.harden.candidate import Candidate
from hauberk.harden.recipe import Task

__all__ = ["PLAIN", "Plain"]

PLAIN = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """The user's fit on the clean rows."""

    name: str = PLAIN

    def __call__(self, task: Task, /) -> tuple[Candidate, ...]:
        """One candidate."""
        return (Candidate(name=PLAIN, model=task.train(task.training), note="trained on the rows as they are"),)
