"""Hauberk: secures a machine-learning system through its whole life and proves every claim."""

from hauberk._version import __version__

__all__ = ["__version__"]
