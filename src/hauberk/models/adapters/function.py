"""Any function of rows as a model: a remote service, a network, somebody's own code."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hauberk.models.errors import BadScores
from hauberk.models.library_model import LibraryModel, refuse_file
from hauberk.models.protocols import Matrix, Scores

__all__ = ["open_function"]


def open_function(
    function: Callable[[Matrix], object], *, classes: tuple[str, ...], width: int, names: tuple[str, ...] = ()
) -> LibraryModel:
    """The model that calls `function`.

    The function gets a read-only float64 matrix (n, width) and gives (n, k) probabilities in the order of `classes`;
    without classes it gives n values, as (n,) or (n, 1). Every answer is checked. It cannot be sealed.

    Args:
        function: Called with rows, also with a single one.
        classes: The k labels; empty for a regressor.
        width: Number of input features d.
        names: The d feature names, where they are known.
    """
    name = getattr(function, "__qualname__", type(function).__qualname__)

    def score(rows: Matrix) -> Scores:
        shown = rows.view()
        shown.setflags(write=False)
        answer = function(shown)
        try:
            out = np.asarray(answer, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise BadScores(where=name, expected="an array of numbers", got=str(error)[:160]) from error
        return out.reshape(-1, 1) if out.ndim == 1 and not classes else out

    refuse = refuse_file(name, "a function", hint="export the model to ONNX, or give a model of a known library")
    return LibraryModel(classes=classes, width=width, names=names, library="function", score=score, freeze=refuse)
