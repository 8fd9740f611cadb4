"""A check that fails is a finding, never silence and never the end of the others."""

from __future__ import annotations

from collections.abc import Callable

from hauberk.core.errors import HauberkError
from hauberk.core.finding import Finding, Severity

__all__ = ["guarded_check"]


def guarded_check(name: str, check: Callable[[], tuple[Finding, ...]]) -> tuple[Finding, ...]:
    """The findings of a check, or `verify.NAME.not_checked` with the reason why there are none.

    Errors that speak of the user's input go through: they are the answer. Only the type of another error is told; its
    text may hold values of the data.

    >>> guarded_check("rows", lambda: (1 / 0,))[0].message
    'not checked: rows (ZeroDivisionError)'
    """
    try:
        return check()
    except HauberkError:
        raise
    except Exception as error:
        message = f"not checked: {name} ({type(error).__name__})"
        return (Finding(code=f"verify.{name}.not_checked", severity=Severity.ERROR, message=message),)
