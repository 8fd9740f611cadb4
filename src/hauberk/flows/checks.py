"""The checks of the data that need no model: what each looks at, and how it can be divided by columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hauberk.core.finding import Finding
from hauberk.data import Dataset, Feature, Kind, Role, Schema
from hauberk.verify import (
    check_columns,
    check_encoding,
    check_filled,
    check_near_duplicates,
    check_near_overlap,
    check_overlap,
    check_sentinels,
    check_target,
    check_text_forms,
    check_time,
    check_time_split,
    check_unit_shift,
    check_units,
)
from hauberk.verify import check_duplicates as check_exact_duplicates

__all__ = ["CHECKS", "Check", "Tables", "only"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tables:
    """What a check looks at; it says nothing of rows left out or of where the rows came from."""

    train: Dataset
    test: Dataset
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check.

    Attributes:
        name: Its findings are `verify.NAME.not_checked` where it fails.
        look: The check, a function of a module: a worker finds it by its name.
        of_test: Whether the rows that it names are those of the test set.
        columns: The columns that it can look at one by one; None where it looks at rows.
        across: Whether it looks at something beyond the single columns too.
    """

    name: str
    look: Callable[[Tables], tuple[Finding, ...]]
    of_test: bool = False
    columns: Callable[[Feature], bool] | None = None
    across: Callable[[Schema], bool] = lambda _: False

    @property
    def spelled(self) -> str:
        """`module:function`."""
        return f"{self.look.__module__}:{self.look.__qualname__}"


def only(tables: Tables, column: str) -> Tables:
    """One column of both tables; what links it with others is left out."""
    return replace(tables, train=_only(tables.train, column), test=_only(tables.test, column))


def _only(dataset: Dataset, column: str) -> Dataset:
    features = tuple(replace(one, one_hot="") for one in dataset.schema.features if one.name == column)
    return Dataset(table=dataset.table.select([one.name for one in features]), schema=Schema(features=features))


def look_at_filled(tables: Tables) -> tuple[Finding, ...]:
    """Whether there is something to check."""
    return check_filled(tables.train)


def look_at_columns(tables: Tables) -> tuple[Finding, ...]:
    """Columns against the schema."""
    return check_columns(tables.train)


def look_at_duplicates(tables: Tables) -> tuple[Finding, ...]:
    """Rows that are there twice."""
    return check_exact_duplicates(tables.train)


def look_at_target(tables: Tables) -> tuple[Finding, ...]:
    """The label against the inputs."""
    return check_target(tables.train)


def look_at_overlap(tables: Tables) -> tuple[Finding, ...]:
    """Test rows among the training rows."""
    return check_overlap(tables.train, tables.test)


def look_at_near_duplicates(tables: Tables) -> tuple[Finding, ...]:
    """Rows that are almost there twice."""
    return check_near_duplicates(tables.train, seed=tables.seed)


def look_at_near_overlap(tables: Tables) -> tuple[Finding, ...]:
    """Test rows that are almost training rows."""
    return check_near_overlap(tables.train, tables.test, seed=tables.seed)


def look_at_time(tables: Tables) -> tuple[Finding, ...]:
    """The time axis."""
    return check_time(tables.train)


def look_at_time_split(tables: Tables) -> tuple[Finding, ...]:
    """Test rows before the last training row."""
    return check_time_split(tables.train, tables.test)


def look_at_units(tables: Tables) -> tuple[Finding, ...]:
    """Two units in a column, and stand-ins for missing numbers."""
    return (*check_units(tables.train), *check_sentinels(tables.train))


def look_at_unit_shift(tables: Tables) -> tuple[Finding, ...]:
    """Test values in another unit."""
    return check_unit_shift(tables.train, tables.test)


def look_at_encoding(tables: Tables) -> tuple[Finding, ...]:
    """Harmed texts, and texts that hold something else."""
    return (*check_encoding(tables.train), *check_text_forms(tables.train))


def look_at_personal(tables: Tables) -> tuple[Finding, ...]:
    """Identifiers of persons. One column alone is judged without the other columns' part in the error level."""
    from hauberk.verify.personal import check_personal  # many national numbers: slow to import

    return check_personal(tables.train, seed=tables.seed)


def _any(feature: Feature) -> bool:  # noqa: ARG001 - the shape of Check.columns
    return True


def _used(feature: Feature) -> bool:
    return feature.role is not Role.IGNORED


def _time(feature: Feature) -> bool:
    return feature.role is Role.TIME


def _numeric(feature: Feature) -> bool:
    return feature.role is Role.INPUT and feature.kind in (Kind.NUMBER, Kind.INTEGER)


def _texts(feature: Feature) -> bool:
    return feature.kind in (Kind.CATEGORY, Kind.TEXT)


def _linked(schema: Schema) -> bool:
    return bool(schema.relations) or any(feature.one_hot for feature in schema.features)


CHECKS: tuple[Check, ...] = (
    Check(name="dataset", look=look_at_filled),
    Check(name="schema", look=look_at_columns, columns=_used, across=_linked),
    Check(name="rows", look=look_at_duplicates),
    Check(name="target", look=look_at_target),
    Check(name="overlap", look=look_at_overlap, of_test=True),
    Check(name="near", look=look_at_near_duplicates),
    Check(name="near_overlap", look=look_at_near_overlap, of_test=True),
    Check(name="time", look=look_at_time, columns=_time),
    Check(name="time_split", look=look_at_time_split, of_test=True, columns=_time),
    Check(name="units", look=look_at_units, columns=_numeric),
    Check(name="unit_shift", look=look_at_unit_shift, of_test=True, columns=_numeric),
    Check(name="encoding", look=look_at_encoding, columns=_texts),
    Check(name="personal", look=look_at_personal, columns=_any),
)
