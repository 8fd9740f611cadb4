"""Hauberk: secures a machine-learning system through its whole life and proves every claim."""

from __future__ import annotations

import importlib
from types import ModuleType

from hauberk._version import __version__

__all__ = ["__version__"]

_ROOMS = ("attack",)


def __getattr__(name: str) -> ModuleType:
    """Rooms are imported when they are asked for, so that `import hauberk` stays light."""
    if name in _ROOMS:
        return importlib.import_module(f"hauberk.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
