"""A first schema, read off the training table. `hauberk init` writes it down; a person corrects it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hauberk.data.columns import TIME_UNIT, cast_column, column_values
from hauberk.data.conform import refuse_bad_values, refuse_repeated_names
from hauberk.data.errors import BadTarget, MostlyNumbers, NoRows, UnknownColumn
from hauberk.data.names import (
    is_identifier_name,
    is_personal_name,
    is_protected_name,
    is_sensitive_name,
    is_time_name,
    is_weight_name,
)
from hauberk.data.nearest import nearest_hint
from hauberk.data.overrides import FeatureOverride, apply_overrides, refuse_unknown_columns
from hauberk.data.schema import Feature, Kind, Role, Schema
from hauberk.data.schema_rules import verify_schema
from hauberk.data.separator import separator_hint

__all__ = ["DEFAULT_INFERENCE", "Inference", "infer_schema", "sorted_categories"]

_NONE: Mapping[str, FeatureOverride] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """Where guesses change over.

    Attributes:
        categories: Most categories of an input; beyond, text is TEXT and no input.
        few: Texts with at most this many different values are categories however short the table is; above, a
            category must hold two rows in the mean.
        classes: Most classes of the target.
        unique_share: Share of different values from which a column named like a key is a key of rows.
        group_share: The same for a key of groups (several rows of one patient).
        consecutive: Fewest rows for which whole numbers that count up by 1 are row numbers whatever their name.
        numeric_share: Share of numbers from which a text column is taken for broken numbers and refused.
    """

    categories: int = 1000
    few: int = 16
    classes: int = 100
    unique_share: float = 0.99
    group_share: float = 0.5
    consecutive: int = 50
    numeric_share: float = 0.9


DEFAULT_INFERENCE = Inference()


def infer_schema(
    table: pa.Table,
    *,
    target: str | None,
    overrides: Mapping[str, FeatureOverride] = _NONE,
    inference: Inference = DEFAULT_INFERENCE,
    where: str = "",
) -> Schema:
    """The schema that the values and names of the columns suggest, with the overrides put in.

    Texts become categories where few differ, floats that are whole and have gaps become integers, dates and times
    become microseconds with the role `time`; keys, free text and further times are no inputs. Ranges are those seen.

    Args:
        table: `pyarrow.Table`, typed as `read_table` gives it.
        target: Column to predict, None where there is none.
        overrides: What is known of single columns; `kind` is obeyed before ranges and categories are read.
        inference: Where guesses change over.
        where: File, for messages.

    Raises:
        NoRows: An empty table.
        DuplicateColumn, UnknownColumn: Two columns of one name; the target or an override names none.
        BadTarget: The target has no values, or cannot be classes.
        BadValue: A value is not of the kind that an override demands.
        MostlyNumbers: A column of numbers is spoilt by a few texts.
        UnsupportedColumn: A column of lists, structures or bytes.
        BadOverride: The result contradicts itself.
    """
    names = list(table.column_names)
    refuse_repeated_names(names, where=where)
    if not names or not table.num_rows:
        raise NoRows(where=where, expected="at least one row", got=f"{table.num_rows} rows, {len(names)} columns")
    if target is not None and target not in names:
        hint = separator_hint(names) or nearest_hint(target, names)
        raise UnknownColumn(where=f"{where}: target".removeprefix(": "), got=f"`{target}`", hint=hint)
    refuse_unknown_columns(overrides, names, where=where)
    features = []
    for name in names:
        override = overrides.get(name, FeatureOverride())
        spot = f"{where}: column `{name}`".removeprefix(": ")
        guess = _Guess(table.column(name), name, inference, spot, *_marks(name, override))
        features.append(guess.target(override.kind) if name == target else guess.feature(override))
    schema = verify_schema(Schema(features=_one_time(tuple(features))), where=where)
    return apply_overrides(schema, overrides, where=where)


def _one_time(features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    """Only the first time column is the axis; a further date as input would be learnt as a number of microseconds."""
    first = next((feature.name for feature in features if feature.role is Role.TIME), None)
    spare = [feature.role is Role.TIME and feature.name != first for feature in features]
    return tuple(
        replace(feature, role=Role.IGNORED) if drop else feature
        for feature, drop in zip(features, spare, strict=True)
    )  # fmt: skip


def _marks(name: str, override: FeatureOverride) -> tuple[bool, bool]:
    """Whether a column is personal and whether it is sensitive, by its name where nobody has said so."""
    personal = is_personal_name(name) if override.personal is None else override.personal
    sensitive = is_sensitive_name(name) if override.sensitive is None else override.sensitive
    return personal, sensitive


@dataclass(frozen=True, slots=True)
class _Guess:
    """One column under inference; values of a personal or sensitive one are not shown in errors."""

    column: pa.ChunkedArray
    name: str
    inference: Inference
    where: str
    personal: bool
    sensitive: bool

    def feature(self, override: FeatureOverride) -> Feature:
        kind = override.kind or self.kind()
        feature = Feature(
            name=self.name,
            kind=kind,
            unit=TIME_UNIT if pa.types.is_temporal(self.column.type) and kind is Kind.INTEGER else "",
            protected=is_protected_name(self.name),
            personal=self.personal,
            sensitive=self.sensitive,
        )
        values = self.values(feature)
        feature = replace(feature, nullable=values.null_count > 0, role=self.role(kind, values))
        return _with_values(feature, values)

    def target(self, kind: Kind | None) -> Feature:
        if kind not in (None, Kind.CATEGORY):
            self.refuse_target("classes", f"kind = {kind}")
        if pa.types.is_floating(self.column.type) and not self.is_whole():
            self.refuse_target("classes or whole numbers", "fractions")
        feature = Feature(name=self.name, kind=Kind.CATEGORY, role=Role.TARGET, protected=is_protected_name(self.name))
        values = self.values(feature)
        feature = _with_values(feature, values)
        if not feature.categories:
            self.refuse_target("labels", "no value at all")
        if len(feature.categories) > self.inference.classes:
            self.refuse_target(f"at most {self.inference.classes} classes", f"{len(feature.categories)} values")
        return feature

    def refuse_target(self, expected: str, got: str) -> None:
        hint = "Hauberk secures classifiers; choose a target of few values, or group its values into classes"
        raise BadTarget(where=self.where, expected=expected, got=got, hint=hint)

    def values(self, feature: Feature) -> pa.ChunkedArray:
        cast = cast_column(self.column, feature.kind, where=self.where)
        refuse_bad_values(self.column, cast, feature, where=self.where.rpartition(": ")[0])
        return cast.values

    def kind(self) -> Kind:
        kind = self.column.type
        while pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_null(kind):
            return Kind.TEXT
        if pa.types.is_boolean(kind):
            return Kind.CATEGORY
        if pa.types.is_floating(kind):
            return Kind.INTEGER if self.is_whole() and self.has_gaps() else Kind.NUMBER
        if kind == pa.uint64() and cast_column(self.column, Kind.INTEGER).bad.size:
            return Kind.TEXT
        if pa.types.is_integer(kind) or pa.types.is_temporal(kind):
            return Kind.INTEGER
        if pa.types.is_decimal(kind):
            return Kind.NUMBER
        return self.text_kind()

    def text_kind(self) -> Kind:
        texts = cast_column(self.column, Kind.TEXT, where=self.where).values
        filled = len(texts) - texts.null_count
        different = len(pc.unique(texts.drop_null()))
        many = different > self.inference.few and 2 * different > filled
        if different and not many and different <= self.inference.categories:
            return Kind.CATEGORY
        self.refuse_broken_numbers(texts, filled)
        return Kind.TEXT

    def refuse_broken_numbers(self, texts: pa.ChunkedArray, filled: int) -> None:
        bad = cast_column(texts, Kind.NUMBER).bad
        if not 0 < bad.size <= (1 - self.inference.numeric_share) * filled:
            return
        value = "text" if self.personal or self.sensitive else repr(texts[int(bad[0])].as_py())[:60]
        hint = f'name it as missing (`data.csv.null`), or set `kind = "text"` in `[data.features."{self.name}"]`'
        got = f"{value} in row {bad[0]}, {bad.size} such rows of {filled}"
        raise MostlyNumbers(where=self.where, expected="only numbers, or text", got=got, hint=hint)

    def is_whole(self) -> bool:
        return not cast_column(self.column, Kind.INTEGER).bad.size

    def has_gaps(self) -> bool:
        return bool(cast_column(self.column, Kind.NUMBER).values.null_count)

    def role(self, kind: Kind, values: pa.ChunkedArray) -> Role:
        if is_weight_name(self.name) and kind is Kind.NUMBER:
            return Role.WEIGHT
        if pa.types.is_temporal(self.column.type) or (is_time_name(self.name) and _rises(kind, values)):
            return Role.TIME
        key = self.key_role(kind, values)
        if key is None:
            return Role.IGNORED if kind is Kind.TEXT else Role.INPUT
        return key

    def key_role(self, kind: Kind, values: pa.ChunkedArray) -> Role | None:
        if kind is Kind.NUMBER or kind is Kind.CATEGORY:
            return None
        rows = len(values)
        long = kind is Kind.INTEGER and rows >= self.inference.consecutive and not values.null_count
        if long and np.all(np.diff(values.to_numpy()) == 1):
            return Role.ID
        named = is_identifier_name(self.name)
        if not named and kind is Kind.INTEGER:
            return None
        share = pc.count_distinct(values).as_py() / rows
        if share >= self.inference.unique_share:
            return Role.ID
        return Role.GROUP if named and share >= self.inference.group_share else None


def _rises(kind: Kind, values: pa.ChunkedArray) -> bool:
    """Whether numbers never fall from row to row (and are not all one)."""
    if kind not in (Kind.NUMBER, Kind.INTEGER) or values.null_count or len(values) < 2:
        return False
    numbers = column_values(values)
    return bool(np.all(np.diff(numbers) >= 0) and numbers[0] < numbers[-1])


def _with_values(feature: Feature, values: pa.ChunkedArray) -> Feature:
    """The feature with the range or the categories that its values show."""
    if feature.kind is Kind.TEXT:
        return feature
    if feature.kind is Kind.CATEGORY:
        return replace(feature, categories=sorted_categories(pc.unique(values.drop_null()).to_pylist()))
    ends = pc.min_max(values).as_py()
    if ends["min"] is None:
        return feature
    return replace(feature, low=float(ends["min"]), high=float(ends["max"]))


def sorted_categories(found: list[str]) -> tuple[str, ...]:
    """By value where all are whole numbers, else by code point."""
    if all(text.removeprefix("-").isdecimal() and text.isascii() for text in found):
        return tuple(sorted(found, key=lambda text: (int(text), text)))
    return tuple(sorted(found))
