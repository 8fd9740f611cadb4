"""A trigger as it was recovered, the evidence for it, and how it is put on a row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hauberk.verify.backdoors.conjunction import Conjunction
from hauberk.verify.backdoors.inputs import Mask, Matrix

__all__ = ["Evidence", "Signature", "Trigger", "stamp"]


class Signature(StrEnum):
    """Which attack a set of rows looks like."""

    PATCH = "patch"
    """Some cells are overwritten by a fixed pattern."""
    BLEND = "blend"
    """A fixed pattern is mixed into all cells."""
    TABLE_TRIGGER = "table_trigger"
    """A value or a combination of values of few columns, stamped on rows of other labels."""
    TABLE_REGION = "table_region"
    """Rows within bounds of few columns that bear another label than the rest of the row lets expect; not stamped."""
    CLUSTER = "cluster"
    """Rows that the model keeps apart and whose neighbours bear other labels; the trigger itself is not known."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trigger:
    """`columns` take `(1 - opacity) * cell + opacity * value`.

    Attributes:
        columns: (t,) intp, ascending.
        value: (t,) float64; NaN stands for a missing value.
        opacity: Above 0, at most 1.
    """

    columns: NDArray[np.intp]
    value: Matrix
    opacity: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Rows of one label that share something which other rows lack.

    Attributes:
        signature: What it looks like.
        target: The label that the rows bear.
        suspects: (n,) bool.
        score: (n,) float64, how strongly each row shows the signature; larger is more suspicious.
        contradicted: Share of the suspects to which what was learnt without them gives another label.
        purity: Share of the rows with the signature that bear the target.
        p_value: Chance of as much contradiction if the suspects were ordinary rows of the class.
        trigger: What to stamp, or None where it could not be recovered.
        conjunction: Of a table, the conditions that the suspects fulfil; else empty.
        exact: Share of the suspects that bear the trigger's very values; of a table only.
        told_apart: AUROC of models that tell the suspects from rows of other labels by their other columns, 0.5 where
            they cannot: such rows were taken from among the others and stamped. None where it was not asked.
    """

    signature: Signature
    target: int
    suspects: Mask
    score: Matrix
    contradicted: float
    purity: float
    p_value: float
    trigger: Trigger | None
    conjunction: Conjunction = ()
    exact: float = 1.0
    told_apart: float | None = None


def stamp(rows: Matrix, trigger: Trigger) -> Matrix:
    """A copy of the rows (m, d) that bears the trigger.

    >>> trigger = Trigger(columns=np.array([1]), value=np.array([4.0]), opacity=0.5)
    >>> stamp(np.array([[1.0, 2.0]]), trigger).tolist()
    [[1.0, 3.0]]
    """
    stamped = rows.copy()
    value = np.broadcast_to(trigger.value, (len(rows), trigger.columns.size))
    mixed = (
        value if trigger.opacity >= 1 else (1 - trigger.opacity) * rows[:, trigger.columns] + trigger.opacity * value
    )
    stamped[:, trigger.columns] = mixed
    return stamped
