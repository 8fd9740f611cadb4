"""Accounts: payment cards and IBANs."""

from __future__ import annotations

import re

from stdnum import iban, luhn

from hauberk.verify.personal.identifier import EvidenceKind, Identifier
from hauberk.verify.personal.pattern import Pattern, standing_alone

__all__ = ["PAYMENT"]

_SEPARATORS = re.compile("[ -]")
_SHORTEST_IBAN = 15
_LUHN = 0.1
"""One of ten last digits fits whatever stands before it (ISO/IEC 7812-1, annex B)."""

# 4-4-4-4(-3) or 4-6-5 or 4-6-4 with one kind of separator, or none.
_CARDS = (
    r"4[0-9]{3}([ -]?)[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{3})?",  # Visa, 16 and 19
    r"4[0-9]{12}",  # Visa, 13
    r"(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)([ -]?)[0-9]{4}\2[0-9]{4}\2[0-9]{4}",
    r"3[47][0-9]{2}([ -]?)[0-9]{6}\3[0-9]{5}",  # American Express
    r"3(?:[68][0-9]|0[0-5])[0-9]([ -]?)[0-9]{6}\4[0-9]{4}",  # Diners Club
    r"(?:6011|64[4-9][0-9]|65[0-9]{2}|35(?:2[89]|[3-8][0-9])|62[0-9]{2})([ -]?)[0-9]{4}\5[0-9]{4}\5[0-9]{4}"
    r"(?:\5[0-9]{3})?",  # Discover, JCB, UnionPay
)


def _is_card(text: str) -> bool:
    return bool(luhn.is_valid(_SEPARATORS.sub("", text)))


def _is_iban(text: str) -> bool:
    """Whether it begins with an IBAN; in a text a word in capitals may follow. The country fixes the length."""
    compact = text.replace(" ", "")
    return any(iban.is_valid(compact[:length]) for length in range(_SHORTEST_IBAN, len(compact) + 1))


PAYMENT = (
    Pattern(
        identifier=Identifier.PAYMENT_CARD,
        scheme="payment card",
        form=standing_alone("|".join(_CARDS)),
        check=_is_card,
        chance=_LUHN,
        kind=EvidenceKind.CHECKSUM,
        digits=True,
        least_digits=13,
    ),
    Pattern(
        identifier=Identifier.IBAN,
        scheme="IBAN",
        form=standing_alone(r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4}(?: ?[A-Z0-9]{4}){1,6}(?: ?[A-Z0-9]{1,3})?"),
        check=_is_iban,
        chance=1 / 97,
        kind=EvidenceKind.CHECKSUM,
        telling=True,
        least_digits=2,
    ),
)
"""Sources: ISO/IEC 7812 (prefixes as the networks publish them, 2026), ISO 13616 and its registry in python-stdnum."""
