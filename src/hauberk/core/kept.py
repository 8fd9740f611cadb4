"""Remembers what was made of a value, as long as the value lives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

__all__ = ["kept_with"]

Value = TypeVar("Value")
More = ParamSpec("More")
Made = TypeVar("Made")


def kept_with(make: Callable[Concatenate[Value, More], Made]) -> Callable[Concatenate[Value, More], Made]:
    """A pure function that does its work once for each value and further arguments, which are hashable.

    For frozen values that are compared by identity and made ready once, then used in many calls. The result must not
    refer to the value, or both would live for ever.

    >>> class Model: ...
    >>> ready = kept_with(lambda model, level: [level])
    >>> model = Model()
    >>> ready(model, 1) is ready(model, 1), ready(model, 1) is ready(model, 2)
    (True, False)
    """
    kept: WeakKeyDictionary[Any, dict[Hashable, Made]] = WeakKeyDictionary()

    @functools.wraps(make)
    def remembered(value: Value, /, *more: More.args, **named: More.kwargs) -> Made:
        mine = kept.setdefault(value, {})
        key = (more, tuple(sorted(named.items())))
        if key not in mine:
            mine[key] = make(value, *more, **named)
        return mine[key]

    return remembered
