"""A new table in the form of a schema: the test set, a later delivery, a request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from hauberk.data.columns import ARROW_TYPES, CastColumn, cast_column
from hauberk.data.errors import BadValue, DuplicateColumn, MissingColumn, UnknownColumn
from hauberk.data.nearest import nearest_hint
from hauberk.data.schema import Feature, Kind, Schema

__all__ = ["conform_table", "refuse_bad_values", "refuse_repeated_names"]

_EXPECTED = {
    Kind.NUMBER: "a finite number",
    Kind.INTEGER: "a whole number",
    Kind.CATEGORY: "a category",
    Kind.TEXT: "text",
}
_NAMED = 5


def conform_table(table: pa.Table, schema: Schema, *, where: str = "", first_row: int = 0) -> pa.Table:
    """The table with the schema's columns, in its order and in the Arrow types of their kinds.

    Types are enforced here; ranges, unknown categories and missing values are findings of the `verify` room. For
    requests without a label pass `input_schema(schema)`. Law: conforming twice changes nothing.

    Args:
        table: `pyarrow.Table` of any types.
        schema: What the columns are.
        where: File or request, for messages.
        first_row: Number of the first row in its file, for messages, where the table is a batch.

    Raises:
        DuplicateColumn, UnknownColumn, MissingColumn: Other columns than the schema's.
        UnsupportedColumn: A column of lists, structures or bytes.
        BadValue: A value cannot be read as its column's kind; names the rows.
    """
    # Arrow makes the list of names anew each time it is asked; thousands of columns would wait for it.
    names = list(table.column_names)
    refuse_repeated_names(names, where=where)
    known = [feature.name for feature in schema.features]
    given, expected = set(names), set(known)
    for name in names:
        if name not in expected:
            raise UnknownColumn(where=where, got=f"`{name}`", hint=nearest_hint(name, known))
    columns = []
    for feature in schema.features:
        if feature.name not in given:
            hint = nearest_hint(feature.name, names)
            raise MissingColumn(where=where, expected=f"a column `{feature.name}`", got="none", hint=hint)
        columns.append(_conform_column(table.column(feature.name), feature, where, first_row))
    types = [pa.field(feature.name, ARROW_TYPES[feature.kind]) for feature in schema.features]
    return pa.table(columns, schema=pa.schema(types))


def refuse_repeated_names(names: Iterable[str], *, where: str) -> None:
    """Refuse a table that names a column twice.

    Raises:
        DuplicateColumn: It does.
    """
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        got = ", ".join(f"`{name}`" for name in repeated[:_NAMED])
        raise DuplicateColumn(where=where, expected="a name for each column", got=f"{got} more than once")


def refuse_bad_values(
    source: pa.ChunkedArray, cast: CastColumn, feature: Feature, *, where: str, first_row: int = 0
) -> None:
    """Refuse a column of which some values could not be cast.

    Raises:
        BadValue: Names the first rows; shows the value unless the feature is personal or sensitive.
    """
    if not cast.bad.size:
        return
    rows = ", ".join(str(row + first_row) for row in cast.bad[:_NAMED])
    more = f" and {cast.bad.size - _NAMED} more" if cast.bad.size > _NAMED else ""
    hidden = feature.personal or feature.sensitive
    value = "a value that is not shown" if hidden else repr(source[int(cast.bad[0])].as_py())[:60]
    raise BadValue(
        where=f"{where}: column `{feature.name}`, row {rows}{more}".removeprefix(": "),
        expected=_EXPECTED[feature.kind],
        got=value,
        hint=f"correct the values, name them as missing, or give `data.features.{feature.name}.kind`",
    )


def _conform_column(column: pa.ChunkedArray, feature: Feature, where: str, first_row: int) -> pa.ChunkedArray:
    cast = cast_column(column, feature.kind, where=f"{where}: column `{feature.name}`".removeprefix(": "))
    refuse_bad_values(column, cast, feature, where=where, first_row=first_row)
    if feature.kind is Kind.CATEGORY and (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return _respelt(cast.values, feature.categories)
    return cast.values


def _respelt(values: pa.ChunkedArray, categories: tuple[str, ...]) -> pa.ChunkedArray:
    """Numbers spelt as the schema spells them: a file that holds only 1 and 2 loses the spelling `1.0` or `01`."""
    unknown = [text for text in pc.unique(values).to_pylist() if text is not None and text not in categories]
    spellings: dict[float, list[str]] = {}
    for category in categories:
        spellings.setdefault(_number(category), []).append(category)
    for text in unknown:
        same = spellings.get(_number(text), [])
        if len(same) == 1:
            values = pc.if_else(pc.equal(values, text), same[0], values)
    return values


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
