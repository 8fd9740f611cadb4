"""Errors of the verification of data."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = ["BadScores", "TooFewRows", "TrustedRowsUnusable", "VerifyError"]


class VerifyError(HauberkError):
    """Base of the errors of `hauberk.verify`."""


class BadScores(VerifyError):
    """The function that predicts out of fold gave something else than a probability for each row and class."""

    code = "VERIFY-101"
    title = "Bad out-of-fold probabilities"


class TooFewRows(VerifyError):
    """Label errors are ranked by models that have not seen the row, so each class needs a row in each of the folds.

    Lower `verify.folds`, or take the class out.
    """

    code = "VERIFY-102"
    title = "Too few rows for the folds"


class TrustedRowsUnusable(VerifyError):
    """The trusted rows cannot vouch for others: they lack a class, or they are training rows themselves.

    Give rows with labels that somebody has checked, from the same source as the training rows and not among them.
    """

    code = "VERIFY-103"
    title = "Unusable trusted rows"
