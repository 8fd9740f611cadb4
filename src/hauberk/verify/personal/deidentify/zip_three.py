"""The three-digit area of a US ZIP code."""

from __future__ import annotations

import re
from collections.abc import Set

__all__ = ["zip_area"]

_CODE = re.compile(r"([0-9]{3})(?:[0-9]{2}(?:[- ]?[0-9]{4})?)?")
_SHORT, _LONG = 5, 9
_TOGETHER = "000"


def zip_area(code: str, *, is_number: bool, restricted: Set[str]) -> str | None:
    """The first three digits, 000 for a restricted area, None for what is no ZIP code.

    >>> [zip_area(code, is_number=False, restricted={"036"}) for code in ("03601-1234", "90210", "902", "SW1A 1AA")]
    ['000', '902', '902', None]
    >>> zip_area("501", is_number=True, restricted={"036"})
    '005'

    Args:
        code: Digits, perhaps with four more after a dash.
        is_number: Whether leading zeros were lost.
        restricted: Areas that may not be named.

    Source: 45 CFR §164.514(b)(2)(i)(B).
    """
    padded = code.zfill(_SHORT if len(code) <= _SHORT else _LONG) if is_number else code
    found = _CODE.fullmatch(padded)
    if found is None:
        return None
    return _TOGETHER if found[1] in restricted else found[1]
