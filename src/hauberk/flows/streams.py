"""The system's data where they are more than may be in memory: read in batches, as often as needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hauberk.data import (
    DEFAULT_INFERENCE,
    STREAM_LIMITS,
    CsvOptions,
    Dataset,
    Extent,
    Feature,
    Role,
    Schema,
    TextVote,
    bad_label,
    encode_labels,
    encode_weights,
    has_more_rows,
    infer_schema,
    loosened_schema,
    make_dataset,
    measure_extents,
    open_batches,
    row_digests,
    type_texts,
    vote_texts,
    widen_schema,
)
from hauberk.flows.configuration import Configuration
from hauberk.flows.datasets import finish_schema, overrides_of, refuse_unlearnable
from hauberk.flows.functions import is_function
from hauberk.flows.held_out import choose_held, draw_rows, time_columns

__all__ = ["HEAD_ROWS", "Batch", "Stream", "Streams", "open_streams", "outgrows_memory"]

HEAD_ROWS = 200_000
"""First rows, from which kinds and roles of the columns are read; ranges and categories are those of all rows."""
Tell = Callable[[int], None]
"""Told how many rows have been read."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Some rows that follow one another.

    Attributes:
        dataset: The rows.
        first: Number of the first one, in the part that is read.
    """

    dataset: Dataset
    first: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """A file.

    Attributes:
        path, csv: Where it is and how a CSV file is read.
        name: What `hauberk.toml` calls it.
        votes: Types of its columns of text, of all its rows.
    """

    path: Path
    csv: CsvOptions
    name: str
    votes: dict[str, TextVote]

    def tables(self) -> Iterator[pa.Table]:
        """The rows, typed as `read_table` types them."""
        for batch in open_batches(self.path, csv=self.csv, limits=STREAM_LIMITS):
            yield type_texts(batch, self.votes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stream:
    """A part of a file under the schema.

    Attributes:
        table: The file.
        schema: Of its columns.
        held: (n,) bool, the rows of the file that are in this part; None for all.
    """

    table: Table
    schema: Schema
    held: NDArray[np.bool_] | None = None

    def batches(self) -> Iterator[Batch]:
        """The rows of the part, numbered from 0.

        Raises:
            DataError: See `open_batches` and `make_dataset`; rows are named as they stand in the file.
        """
        place = first = 0
        for table in self.table.tables():
            dataset = make_dataset(table, self.schema, where=self.table.name, first_row=place)
            if self.held is not None:
                dataset = dataset.take(self.held[place : place + table.num_rows])
            place += table.num_rows
            if dataset.rows:
                yield Batch(dataset=dataset, first=first)
            first += dataset.rows

    def take(self, rows: NDArray[np.intp], tell: Tell) -> Dataset:
        """The rows of these numbers, ascending."""
        parts = []
        for batch in self.batches():
            span = np.searchsorted(rows, [batch.first, batch.first + batch.dataset.rows])
            parts.append(batch.dataset.take(rows[span[0] : span[1]] - batch.first).table)
            tell(batch.first + batch.dataset.rows)
        return Dataset(table=pa.concat_tables(parts), schema=self.schema)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Streams:
    """What the stage `verify` reads in batches.

    Attributes:
        train, test: Their rows.
        whole: All rows of the training file.
        labels: (n,) int16 class code of each training row.
        trusted: Rows whose labels somebody has checked, in memory, or None.
    """

    train: Stream
    test: Stream
    whole: Stream
    labels: NDArray[np.int16]
    trusted: Dataset | None

    @property
    def schema(self) -> Schema:
        """The one schema."""
        return self.train.schema

    @property
    def numbers(self) -> NDArray[np.intp]:
        """(n,) the number by which each training row is named: its place in the file, from 0."""
        held = self.train.held
        return np.arange(len(self.labels)) if held is None else np.flatnonzero(held)

    def test_numbers(self, rows: int) -> NDArray[np.intp]:
        """The number by which each of so many test rows is named: its place in the file that it stands in, from 0."""
        return np.arange(rows) if self.test.held is None else np.flatnonzero(self.test.held)


def outgrows_memory(folder: Path, configuration: Configuration) -> bool:
    """Whether the training or the test file has more rows than `verify.in-memory-rows`.

    What a user's function gives is in memory already.
    """
    section, most = configuration.data, configuration.verify.in_memory_rows
    sources = [section.train, *([section.test] if section.test else [])]
    if any(is_function(source) for source in (*sources, configuration.verify.trusted)):
        return False
    csv = CsvOptions(**asdict(section.csv))
    return any(has_more_rows(folder / source, most, csv=csv, limits=STREAM_LIMITS) for source in sources)


def open_streams(folder: Path, configuration: Configuration, *, seed: int, tell: Tell) -> Streams:
    """The data that `hauberk.toml` names, in the same schema and the same parts as `load_datasets` gives.

    One exception: kinds and roles are read off the first 200,000 rows.

    Raises:
        DataError: See `load_datasets`.
        NotATrainingLabel: See `load_datasets`.
    """
    section = configuration.data
    csv = CsvOptions(**asdict(section.csv))
    table = _opened(folder, section.train, csv)
    schema, labels = _survey(table, configuration, tell)
    whole = Stream(table=table, schema=schema)
    train = test = whole
    if section.test:
        test = Stream(table=_opened(folder, section.test, csv), schema=schema)
    else:
        held = _held(train, labels, section.test_share, seed=seed, tell=tell)
        train, test, labels = replace(train, held=~held), replace(test, held=held), labels[~held]
    trusted = None
    if configuration.verify.trusted:
        parts = [*_opened(folder, configuration.verify.trusted, csv).tables()]
        trusted = make_dataset(pa.concat_tables(parts), schema, where=configuration.verify.trusted)
        encode_labels(trusted, where=configuration.verify.trusted)
    weights = _weights(whole)
    counted = np.ones(len(labels), bool) if weights is None else weights[... if train.held is None else train.held] > 0
    counts = np.bincount(labels[counted], minlength=len(_target(schema).categories))
    refuse_unlearnable(schema, counts, folds=configuration.verify.folds)
    return Streams(train=train, test=test, whole=whole, labels=labels, trusted=trusted)


def _held(whole: Stream, labels: NDArray[np.int16], share: float, *, seed: int, tell: Tell) -> NDArray[np.bool_]:
    """(n,) the rows to test on, as `hold_out` chooses them."""
    draws, times, rows = [], [], 0
    for batch in whole.batches():
        draws.append(draw_rows(row_digests(batch.dataset), seed))
        times.append(time_columns(batch.dataset))
        rows += batch.dataset.rows
        tell(rows)
    columns = [np.concatenate(parts) for parts in zip(*times, strict=True)]
    return choose_held(np.concatenate(draws), labels, columns, share)


def _opened(folder: Path, source: str, csv: CsvOptions) -> Table:
    path = folder / source
    votes: dict[str, TextVote] = {}
    if path.suffix.lower() not in _TYPED:
        for batch in open_batches(path, csv=csv, limits=STREAM_LIMITS):
            votes = vote_texts(batch, votes)
    return Table(path=path, csv=csv, name=source, votes=votes)


_TYPED = (".parquet", ".pq", ".arrow", ".arrows", ".feather", ".ipc", ".npz")
"""Formats that say what type a column has."""


def _survey(table: Table, configuration: Configuration, tell: Tell) -> tuple[Schema, NDArray[np.int16]]:
    """The schema of all rows, and (n,) class codes, in one pass behind the first rows."""
    section = configuration.data
    overrides = overrides_of(section)
    head = infer_schema(_head(table), target=section.target, overrides=overrides, where=table.name)
    loose, target = loosened_schema(head, overrides), _target(head)
    extents: tuple[Extent, ...] | None = None
    words: dict[str | None, int] = {}
    codes: list[NDArray[np.int16]] = []
    rows = 0
    for part in table.tables():
        dataset = make_dataset(part, loose, where=table.name, first_row=rows)
        found = measure_extents(dataset)
        extents = found if extents is None else tuple(a + b for a, b in zip(extents, found, strict=True))
        codes.append(_numbered(dataset.table.column(target.name), words))
        rows += dataset.rows
        tell(rows)
    schema = widen_schema(head, extents or (), overrides, where=table.name)
    schema = finish_schema(schema, configuration)
    return schema, _labels(np.concatenate(codes), words, _target(schema), table.name)


def _head(table: Table) -> pa.Table:
    parts: list[pa.Table] = []
    for part in table.tables():
        parts.append(part)
        if sum(one.num_rows for one in parts) >= HEAD_ROWS:
            break
    return pa.concat_tables(parts).unify_dictionaries().slice(0, HEAD_ROWS)


def _target(schema: Schema) -> Feature:
    return next(feature for feature in schema.features if feature.role is Role.TARGET)


def _numbered(column: pa.ChunkedArray, words: dict[str | None, int]) -> NDArray[np.int16]:
    """(n,) the number of each label in the order in which labels came up."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    # A target has few classes; where it has not, widening refuses it, and the numbers past the limit are not read.
    most = 2 * DEFAULT_INFERENCE.categories
    numbers = [min(words.setdefault(word, len(words)), most) for word in encoded.dictionary.to_pylist()]
    return np.asarray(np.array(numbers, np.int16)[encoded.indices.to_numpy()])


def _labels(codes: NDArray[np.int16], words: dict[str | None, int], target: Feature, where: str) -> NDArray[np.int16]:
    """(n,) class codes in the order of the target's categories.

    Raises:
        BadLabel: A label is missing or none of the categories.
    """
    place = {category: code for code, category in enumerate(target.categories)}
    by_number = np.array([place.get(word or "", -1) if word is not None else -1 for word in words], np.int16)
    labels = by_number[codes]
    bad = np.flatnonzero(labels < 0)
    if bad.size:
        label = list(words)[int(codes[bad[0]])]
        raise bad_label(target, label, row=int(bad[0]), more=bad.size - 1, where=where)
    return labels


def _weights(whole: Stream) -> NDArray[np.float64] | None:
    """(n,) the column of weights of all rows of the file, None where there is none.

    Raises:
        BadWeight: See `encode_weights`.
    """
    found = tuple(feature for feature in whole.schema.features if feature.role is Role.WEIGHT)
    if not found:
        return None
    names = [feature.name for feature in found]
    parts = [batch.dataset.table.select(names) for batch in whole.batches()]
    slim = Dataset(table=pa.concat_tables(parts), schema=Schema(features=found))
    return encode_weights(slim, where=whole.table.name)
