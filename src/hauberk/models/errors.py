"""Errors of models; each class is a page of the reference."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = [
    "BadEnsemble",
    "BadModelFile",
    "BadScores",
    "BadTraining",
    "MissingLibrary",
    "ModelsError",
    "NoTrees",
    "NotSealable",
    "UnknownModel",
    "WrongColumns",
    "WrongRows",
]


class ModelsError(HauberkError):
    """Base of the errors of `hauberk.models`."""

    title = "The model cannot be used"


class UnknownModel(ModelsError):
    """No adapter knows this object or this kind of file.

    Give a scikit-learn, XGBoost or LightGBM model, an ONNX session, or wrap a function with `open_function`.
    """

    code = "MODELS-101"
    title = "No adapter for this model"


class WrongColumns(ModelsError):
    """The model was trained on other columns, or on the same ones in another order.

    Predictions would be read from the wrong columns without any sign of it. Train on the columns that the schema
    names, in its order, or correct the schema.
    """

    code = "MODELS-102"
    title = "The model expects other columns"


class WrongRows(ModelsError):
    """The rows are not a finite float64 matrix of the model's width; NaN stands for a missing value.

    Infinities, and numbers that become infinite in the precision of the model, are refused: libraries disagree on
    where they go.
    """

    code = "MODELS-103"
    title = "Rows that the model cannot take"


class BadScores(ModelsError):
    """The model answered with scores of another shape, with NaN, or with probabilities that do not sum to 1.

    A function used as a model gives one row of probabilities for each input row, in the order of its classes.
    """

    code = "MODELS-104"
    title = "The model gave unusable scores"


class NoTrees(ModelsError):
    """The model does not show its trees in a form that can be reproduced exactly.

    It can still predict; attacks then treat it as a black box and no certificate is given.
    """

    code = "MODELS-105"
    title = "The trees of the model cannot be read"


class NotSealable(ModelsError):
    """The model has no safe file format. A function is code; pickle would run code when it is opened.

    Export it to ONNX, or train with XGBoost, LightGBM or scikit-learn.
    """

    code = "MODELS-106"
    title = "The model has no safe format"


class BadTraining(ModelsError):
    """The training rows cannot train a classifier: none left, a single class, labels outside the classes."""

    code = "MODELS-107"
    title = "The training set cannot be used"


class BadEnsemble(ModelsError):
    """A tree ensemble is not well formed: a child outside its tree, a cycle, a threshold that is not exact.

    The file was damaged, altered or written by something else. Make it again from the model.
    """

    code = "MODELS-201"
    title = "The tree ensemble is not well formed"


class BadModelFile(ModelsError):
    """The bytes are not a model of the kind that was named, or the library refuses them."""

    code = "MODELS-202"
    title = "The model file cannot be read"


class MissingLibrary(ModelsError):
    """The library of this model is not installed. `hauberk doctor` says what is missing and how to get it."""

    code = "MODELS-301"
    title = "A library is missing"
