"""Errors of the verification of data."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = ["BadDetection", "BadPredictions", "BadScores", "TooFewRows", "VerifyError"]


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


class BadDetection(VerifyError):
    """The arrays given to a backdoor detector do not belong together, or hold what it cannot compare.

    Rows are a float64 matrix, labels are codes from 0 with one for each row, and embeddings have one line for each row.
    Images and embeddings must be finite; a table may hold NaN for a missing value.
    """

    code = "VERIFY-111"
    title = "Unusable input of a backdoor detector"


class BadPredictions(VerifyError):
    """The model that a backdoor detector asked gave something else than a probability for each row and class."""

    code = "VERIFY-112"
    title = "Bad probabilities of the model under test"
