"""The three-digit area of a US ZIP code."""

from __future__ import annotations

import re
from collections.abc import Set

__all__ = ["AREA", "SHORT", "zip_area"]

_CODE = re.compile(r"([0-9]{3})(?:[0-9]{2}(?:[- ]?[0-9]{4})?)?")
AREA, SHORT, _LONG = 3, 5, 9
_TOGETHER = "000"


def zip_area(code: str, *, digits: int, restricted: Set[str]) -> str | None:
    """The first three digits, 000 for a restricted area, None for what is no ZIP code.

    >>> [zip_area(code, digits=0, restricted={"036"}) for code in ("03601-1234", "90210", "902", "SW1A 1AA")]
    ['000', '902', '902', None]
    >>> [zip_area("501", digits=digits, restricted={"036"}) for digits in (AREA, SHORT)]
    ['501', '005']

    Args:
        code: Digits, perhaps with four more after a dash.
        digits: Least that the code had before leading zeros were lost; 0 where it is text that has them.
        restricted: Areas that may not be named.

    Source: 45 CFR §164.514(b)(2)(i)(B).
    """
    padded = code.zfill(digits if len(code) <= digits else SHORT if len(code) <= SHORT else _LONG) if digits else code
    found = _CODE.fullmatch(padded)
    if found is None:
        return None
    return _TOGETHER if found[1] in restricted else found[1]
