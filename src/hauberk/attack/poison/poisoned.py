"""What an attacker makes of the training rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.errors import BadBudget
from hauberk.attack.poison.labelled import Codes, Labelled, Mask
from hauberk.models import Matrix

__all__ = ["Poisoned", "poisoned"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Poisoned:
    """Training data with the attacker's rows among them, in their places.

    Attributes:
        data: All n rows as the model will learn them.
        touched: (n,) rows with other inputs, another label or both.
        moved: (n,) rows with other inputs.
    """

    data: Labelled
    touched: Mask
    moved: Mask

    @property
    def count(self) -> int:
        """Touched rows."""
        return int(self.touched.sum())

    @property
    def changes(self) -> int:
        """What the certificate of partitions counts: a row with other inputs leaves one part and enters another."""
        return int(self.touched.sum() + self.moved.sum())


def poisoned(
    train: Labelled, chosen: NDArray[np.intp], *, rows: Matrix | None = None, labels: Codes | int | None = None
) -> Poisoned:
    """The training data with other inputs or labels in the chosen rows; what is equal to before is not touched.

    Args:
        train: Before; left as it is.
        chosen: (m,) row numbers.
        rows: (m, d) their inputs, or None for the old ones.
        labels: (m,) their labels or one for all, or None for the old ones.

    Raises:
        BadBudget: Nothing differs, or a class that had rows is left with none.
    """
    new_rows, new_labels = train.rows.copy(), train.labels.copy()
    if rows is not None:
        new_rows[chosen] = rows
    if labels is not None:
        new_labels[chosen] = labels
    moved = ~((new_rows == train.rows) | (np.isnan(new_rows) & np.isnan(train.rows))).all(axis=1)
    touched = moved | (new_labels != train.labels)
    if not touched.any():
        raise BadBudget(expected="rows that the attack alters", got="none: they bear all of it already")
    before, after = (np.bincount(codes, minlength=train.classes) for codes in (train.labels, new_labels))
    gone = np.flatnonzero((before > 0) & (after == 0))
    if gone.size:
        got = f"none of class {gone[0]}"
        raise BadBudget(where="share", expected="rows of every class left", got=got, hint="give a smaller share")
    data = Labelled(rows=new_rows, labels=new_labels, classes=train.classes)
    return Poisoned(data=data, touched=touched, moved=moved)
