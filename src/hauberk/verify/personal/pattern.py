"""A form of identifiers that is recognised value by value, alone in a cell or inside a text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from hauberk.verify.personal.identifier import EvidenceKind, Identifier

__all__ = ["Pattern", "standing_alone"]


def _always(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """How one form is found.

    Attributes:
        identifier: What it is evidence of.
        scheme: Name of the form, such as `GB NHS`.
        form: Finds candidates; see `standing_alone`.
        check: Whether a candidate is one (a check digit, a calendar, a registry). Never raises.
        chance: Share of random candidates that `check` lets pass; None where the form alone is telling, so that one
            value is evidence.
        kind: What a passed check is evidence of.
        telling: Whether the form is so rare that most candidates passing is evidence (FORMAT) although there are too
            few to refuse chance.
        digits: Whether a cell of nothing but digits can be a candidate.
        least_digits: Fewest digits in a text that can hold a candidate.
        needs: One of these characters is in each text that can hold a candidate; empty for no such rule.
    """

    identifier: Identifier
    scheme: str
    form: re.Pattern[str]
    check: Callable[[str], bool] = _always
    chance: float | None = None
    kind: EvidenceKind = EvidenceKind.FORMAT
    telling: bool = False
    digits: bool = False
    least_digits: int = 0
    needs: str = ""

    def could_be_in(self, text: str) -> bool:
        """A quick no to a text that lacks the character that each candidate has."""
        return not self.needs or any(character in text for character in self.needs)


def standing_alone(expression: str) -> re.Pattern[str]:
    """The expression where no letter or digit goes on before or after it."""
    return re.compile(rf"(?<![^\W_])(?:{expression})(?![^\W_])")
