"""What was made of a value is kept as long as the value, and no longer."""

from __future__ import annotations

import gc
import weakref
from dataclasses import dataclass

import pytest

from hauberk.core.kept import kept_with


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Model:
    name: str


def test_work_is_done_once_for_each_value_and_argument() -> None:
    calls = []

    @kept_with
    def ready(model: Model, level: int) -> str:
        calls.append((model.name, level))
        return f"{model.name}{level}"

    one, other = Model("a"), Model("a")
    assert [ready(one, 1), ready(one, 1), ready(one, 2), ready(other, 1)] == ["a1", "a1", "a2", "a1"]
    assert calls == [("a", 1), ("a", 2), ("a", 1)]


def test_what_was_made_goes_with_the_value() -> None:
    ready = kept_with(lambda model: Model(model.name))
    model = Model("a")
    made = weakref.ref(ready(model))
    assert made() is not None
    del model
    gc.collect()
    assert made() is None


def test_a_failure_is_not_remembered() -> None:
    tries = []

    @kept_with
    def ready(model: Model) -> int:
        tries.append(model)
        if len(tries) == 1:
            raise ValueError(model.name)
        return 1

    model = Model("a")
    with pytest.raises(ValueError, match="a"):
        ready(model)
    assert ready(model) == 1
