"""What one look at a column gives: which of its values are taken for identifiers. Holds no value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.verify.personal.cells import Cells
from hauberk.verify.personal.identifier import EvidenceKind, Identifier

__all__ = ["ColumnLook", "Hit"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hit:
    """Values of one column that are evidence of one class.

    Attributes:
        identifier: What they are taken for.
        kinds: Why.
        scheme: Name of the form, empty where none was seen.
        mask: (m,) bool over `Cells.texts`.
        inside: Whether some stand inside a longer text.
        p_value: Of the test against chance, None where none was made.
    """

    identifier: Identifier
    kinds: tuple[EvidenceKind, ...]
    scheme: str
    mask: NDArray[np.bool_]
    inside: bool = False
    p_value: float | None = None


ColumnLook = Callable[[Cells], Iterator[Hit]]
"""Looks at a column as a whole: its name, its range, how much its values differ."""
