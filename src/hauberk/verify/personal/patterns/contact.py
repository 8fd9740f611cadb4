"""How to reach somebody: e-mail addresses and telephone numbers."""

from __future__ import annotations

from hauberk.verify.personal.identifier import Identifier
from hauberk.verify.personal.pattern import Pattern, standing_alone

__all__ = ["CONTACT"]

_MOST_DIGITS, _LEAST_DIGITS = 15, 8


def _is_international(number: str) -> bool:
    return _LEAST_DIGITS <= sum(map(str.isdigit, number)) <= _MOST_DIGITS


CONTACT = (
    Pattern(
        identifier=Identifier.EMAIL,
        scheme="e-mail",
        form=standing_alone(r"\w[\w.%+'-]{0,63}@(?:\w[\w-]{0,62}\.){1,8}[^\W\d_]{2,24}"),
        needs="@",
    ),
    Pattern(
        identifier=Identifier.TELEPHONE,
        scheme="E.164",
        form=standing_alone(r"\+[1-9][0-9]{0,2}(?:[ ().-]{0,2}[0-9]{1,4}){2,6}"),
        check=_is_international,
        least_digits=_LEAST_DIGITS,
        needs="+",
    ),
    Pattern(
        identifier=Identifier.TELEPHONE,
        scheme="NANP",
        form=standing_alone(r"(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}"),
        least_digits=10,
    ),
)
"""Sources: RFC 5322 §3.4.1 (the common subset, with international letters), ITU-T E.164, NANPA numbering plan.

National numbers without `+` or separators are digits like any other; the column's name must say what they are.
"""
