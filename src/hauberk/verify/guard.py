"""A check that fails is a finding, never silence and never the end of the others."""

from __future__ import annotations

from collections.abc import Callable

from hauberk.core.errors import HauberkError
from hauberk.core.finding import Finding, Severity

__all__ = ["guarded_check", "unchecked"]


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
        return (unchecked(name, type(error).__name__),)


def unchecked(name: str, why: str, *, feature: str = "") -> Finding:
    """`verify.NAME.not_checked`: an error, for what was not looked at may be anything.

    >>> unchecked("units", "timed out after 60 s", feature="age").message
    'not checked: units of `age` (timed out after 60 s)'
    """
    what = f"{name} of `{feature}`" if feature else name
    return Finding(
        code=f"verify.{name}.not_checked",
        severity=Severity.ERROR,
        message=f"not checked: {what} ({why})",
        feature=feature,
    )
