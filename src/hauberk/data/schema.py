"""One schema: what the columns mean and what an adversary may do to them.

The checks, the attacks, the training, the gateway and the explanations all read this; nothing keeps a second copy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Adversary", "Direction", "Feature", "Kind", "LinearRelation", "Role", "Schema", "input_schema"]


class Kind(StrEnum):
    """What the values of a column are."""

    NUMBER = "number"
    INTEGER = "integer"
    CATEGORY = "category"
    TEXT = "text"


class Role(StrEnum):
    """What a column is for; only `INPUT` columns reach the model."""

    INPUT = "input"
    TARGET = "target"
    ID = "id"
    TIME = "time"
    GROUP = "group"
    WEIGHT = "weight"
    IGNORED = "ignored"


class Direction(StrEnum):
    """Which way an adversary can move a number."""

    BOTH = "both"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adversary:
    """What an adversary may do to one feature. The default may do nothing.

    Attributes:
        mutable: Whether the adversary can change the value at all.
        direction: Which way a number may move.
        within: Largest absolute change in the feature's unit, None for no such bound.
        low, high: The adversary cannot move a value below `low` or above `high`, None for the feature's own range;
            a value that already lies beyond stays reachable (doing nothing is always allowed).
        cost: Cost a unit of change of a number, or of any change of a category; summed against `Schema.budget`.
        choices: The categories that can be claimed, empty for all of the feature's categories.
    """

    mutable: bool = False
    direction: Direction = Direction.BOTH
    within: float | None = None
    low: float | None = None
    high: float | None = None
    cost: float = 0.0
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One column.

    Attributes:
        name: Column name in the table.
        kind: What the values are.
        role: What the column is for.
        low, high: Valid range, inclusive, in `unit`; None where open.
        categories: The valid values of a CATEGORY, in code order (code = index).
        nullable: Whether a missing value is valid.
        protected: A protected attribute in the sense of anti-discrimination law.
        personal, sensitive: Identifies a person / special category in the sense of GDPR Art. 4 and 9.
        one_hot: Name of the one-hot group that the column belongs to, or empty.
    """

    name: str
    kind: Kind
    role: Role = Role.INPUT
    unit: str = ""
    low: float | None = None
    high: float | None = None
    categories: tuple[str, ...] = ()
    nullable: bool = False
    protected: bool = False
    personal: bool = False
    sensitive: bool = False
    one_hot: str = ""
    adversary: Adversary = field(default_factory=Adversary)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearRelation:
    """`sum(coefficient * feature) <= bound`, in original units; every valid row obeys it."""

    name: str
    coefficients: tuple[tuple[str, float], ...]
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The columns in table order, the relations between them and the adversary's total budget (None: unbounded)."""

    features: tuple[Feature, ...]
    relations: tuple[LinearRelation, ...] = ()
    budget: float | None = None

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """The features that the model sees, in column order of the matrix."""
        return tuple(feature for feature in self.features if feature.role is Role.INPUT)

    @property
    def target(self) -> Feature | None:
        """The column to predict, if the schema has one."""
        return next((feature for feature in self.features if feature.role is Role.TARGET), None)


def input_schema(schema: Schema) -> Schema:
    """The part of the schema that a request without a label has to fit."""
    return Schema(features=schema.inputs, relations=schema.relations, budget=schema.budget)
