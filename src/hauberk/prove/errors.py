"""Errors of the report; those of proof and verifier stand in `hauberk.prove.verify.errors`."""

from __future__ import annotations

from hauberk.prove.verify.errors import ProveError

__all__ = ["ContradictoryReport"]


class ContradictoryReport(ProveError):
    """A report was asked for that would say something else than the statements it is made from.

    The verdict that it is to print is not that of the logged summary, or there is no summary.
    """

    code = "PROVE-102"
    title = "The report would contradict the log"
