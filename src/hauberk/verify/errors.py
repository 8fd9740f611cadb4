"""Errors of the verification of data."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = [
    "BadDetection",
    "BadPersonalScan",
    "BadPredictions",
    "BadQuasiIdentifiers",
    "BadScores",
    "BadStep",
    "KeyNeeded",
    "TooFewRows",
    "TrustedRowsUnusable",
    "VerifyError",
]


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


class TrustedRowsUnusable(VerifyError):
    """The trusted rows cannot vouch for others: they lack a class, or they are training rows themselves.

    Give rows with labels that somebody has checked, from the same source as the training rows and not among them.
    """

    code = "VERIFY-103"
    title = "Unusable trusted rows"


class BadPersonalScan(VerifyError):
    """A setting of the scan for personal data is out of range: no rows to look at, or a level that is no share."""

    code = "VERIFY-131"
    title = "Bad setting of the personal scan"


class BadStep(VerifyError):
    """A step of a de-identification does not fit: no such column, two steps for one, or another kind of column.

    Each column has at most one step, so that the plan reads the same in any order. Numbers are binned, texts and
    categories are rolled up. Values are never part of the message.
    """

    code = "VERIFY-132"
    title = "Unusable step of a de-identification"


class KeyNeeded(VerifyError):
    """A plan makes pseudonyms and was given no key. Without a key anybody could make them from a list of names."""

    code = "VERIFY-133"
    title = "Key of the pseudonyms needed"


class BadQuasiIdentifiers(VerifyError):
    """k-anonymity was asked for without rows, without quasi-identifiers, over an unknown column, or with k below 2.

    The quasi-identifiers are the columns that somebody else may know of a person (age, sex, area). The sensitive
    column is what they must not learn, so it cannot be one of them.
    """

    code = "VERIFY-134"
    title = "Bad quasi-identifiers"
