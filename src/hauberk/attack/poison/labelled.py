"""Rows with their labels, as training and test data of the attacks on training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import BadPoison
from hauberk.models import Matrix

__all__ = ["Codes", "Labelled", "Mask", "require_class"]

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelled:
    """Encoded rows with class codes.

    Attributes:
        rows: (n, d) float64; categories as codes, missing as NaN; an image as its c * h * w numbers.
        labels: (n,) int64 codes from 0.
        classes: Number of classes k, at least 2.

    Raises:
        BadPoison: They do not belong together, or there are no rows.
    """

    rows: Matrix
    labels: Codes
    classes: int

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or self.labels.shape != (len(self.rows),) or not len(self.rows):
            got = f"rows {self.rows.shape}, labels {self.labels.shape}"
            raise BadPoison(expected="a label for each of at least one row", got=got)
        if self.classes < 2 or self.labels.min() < 0 or self.labels.max() >= self.classes:
            got = f"codes {self.labels.min()} to {self.labels.max()} of {self.classes}"
            raise BadPoison(expected="codes of two or more classes", got=got)


def require_class(code: int, data: Labelled, *, where: str) -> int:
    """The code, if it is one of the data's classes.

    Raises:
        BadPoison: It is none.
    """
    if not 0 <= code < data.classes:
        raise BadPoison(where=where, expected=f"a class code from 0 to {data.classes - 1}", got=f"{code}")
    return code
