"""Errors of the verification of data."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = ["BadScores", "TooFewRows", "VerifyError"]


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
