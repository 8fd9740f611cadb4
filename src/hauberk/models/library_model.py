"""The models that adapters give: a library's own prediction behind one checked door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hauberk.models.ensemble import TreeEnsemble
from hauberk.models.errors import BadScores, NotSealable, WrongRows
from hauberk.models.protocols import Matrix, Scores

__all__ = ["Kind", "LibraryModel", "TreeModel", "check_rows", "check_scores", "refuse_file", "with_trees"]

_SUM = 1e-4  # float32 probabilities of many classes stray by less; a margin taken for a probability by more


class Kind(StrEnum):
    """What a model's safe file is; also what `parse_model` reads."""

    XGBOOST = "xgboost"
    LIGHTGBM = "lightgbm"
    ONNX = "onnx"
    ENSEMBLE = "ensemble"
    PARTITIONS = "partitions"
    NETWORK = "network"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LibraryModel:
    """A model of some library.

    Attributes:
        classes: Labels in column order of the scores; empty for a regressor.
        width: Number of input features d.
        names: The d feature names that the model was trained with; empty where it knows none.
        library: `xgboost`, `lightgbm`, `scikit-learn`, `onnx`, `ensemble`, `partitions`, `torch` or
            `function`.
        score: Rows (n, d) to scores, unchecked.
        freeze: Gives the safe file of the model and its kind, or raises `NotSealable`.
        note: Why the model shows no trees although its library has some; else empty.
    """

    classes: tuple[str, ...]
    width: int
    names: tuple[str, ...]
    library: str
    score: Callable[[Matrix], Scores]
    freeze: Callable[[], tuple[Kind, bytes]]
    note: str = ""

    def predict(self, rows: Matrix, /) -> Scores:
        """Probabilities (n, k) in the order of `classes`, or values (n, 1), for rows (n, d).

        Raises:
            WrongRows: Not a float matrix of the model's width, or an infinity in it.
            BadScores: The model answered with something else than that.
        """
        check_rows(rows, self.width)
        outputs = max(len(self.classes), 1)
        if not len(rows):
            return np.empty((0, outputs), dtype=np.float64)
        scores = np.asarray(self.score(rows), dtype=np.float64)
        return check_scores(scores, (len(rows), outputs), where=f"a model of {self.library}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TreeModel(LibraryModel):
    """A model of some library that shows its trees.

    Attributes:
        trees: The trees behind `predict`.
    """

    trees: TreeEnsemble


def refuse_file(where: str, got: str, *, hint: str) -> Callable[[], tuple[Kind, bytes]]:
    """The `freeze` of a model that has no safe file.

    Args:
        where: The model's name for messages.
        got: What it is instead.
        hint: What to do about it.
    """

    def refuse() -> tuple[Kind, bytes]:
        raise NotSealable(where=where, expected="a model with a safe file format", got=got, hint=hint)

    return refuse


def with_trees(model: LibraryModel, trees: TreeEnsemble) -> TreeModel:
    """The same model, showing these trees."""
    return TreeModel(
        classes=model.classes,
        width=model.width,
        names=model.names,
        library=model.library,
        score=model.score,
        freeze=model.freeze,
        trees=trees,
    )


def check_rows(rows: Matrix, width: int) -> None:
    """Refuse what is not a matrix of rows.

    Raises:
        WrongRows: Not a float matrix (n, width), or an infinity in it.
    """
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] != width or rows.dtype.kind != "f":
        got = f"{rows.dtype} {rows.shape}" if isinstance(rows, np.ndarray) else type(rows).__name__
        raise WrongRows(expected=f"a float matrix (n, {width})", got=got)
    if np.isinf(rows).any():
        row, column = (int(index) for index in np.argwhere(np.isinf(rows))[0])
        raise WrongRows(where=f"row {row}, column {column}", expected="a number or NaN", got="an infinity")


def check_scores(scores: Scores, shape: tuple[int, int], *, where: str) -> Scores:
    """The same scores, when they are finite, of this shape and, with two columns or more, probabilities.

    Raises:
        BadScores: They are not.
    """
    if scores.shape != shape:
        raise BadScores(where=where, expected=f"scores of shape {shape}", got=f"{scores.shape}")
    if not np.isfinite(scores).all():
        raise BadScores(where=where, expected="finite scores", got="NaN or infinity")
    if shape[1] > 1 and ((scores < -_SUM).any() or (np.abs(scores.sum(axis=1) - 1) > _SUM).any()):
        worst = scores[int(np.argmax(np.abs(scores.sum(axis=1) - 1)))]
        raise BadScores(where=where, expected="probabilities that sum to 1", got=f"a row such as {worst[:8]}")
    return scores
