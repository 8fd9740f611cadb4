"""What a recipe makes: models with a name, or a reason why it makes none."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.models import LibraryModel

__all__ = ["Candidate", "Skipped"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A trained model that may take the place of the plain one.

    Attributes:
        name: Unique among all candidates; the recipe's name, with its setting where it makes several.
        model: What was trained, opened.
        note: One sentence on how it was made; holds no personal data.
    """

    name: str
    model: LibraryModel
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A recipe that has nothing to offer for this data, model or adversary, and why."""

    recipe: str
    reason: str
