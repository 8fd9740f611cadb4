"""Errors of the statistics."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = ["BadLevel", "BadSample", "StatsError"]


class StatsError(HauberkError):
    """Base of the errors of `hauberk.stats`."""


class BadSample(StatsError):
    """A statistic was asked of a sample that cannot carry it: empty, too small, or of unequal lengths.

    There is no interval without rows. Give more rows, or leave the claim out: a gate on it then fails.
    """

    code = "STATS-101"
    title = "Unusable sample"


class BadLevel(StatsError):
    """A level of coverage or of false discovery is not above 0 and below 1."""

    code = "STATS-102"
    title = "Bad level"
