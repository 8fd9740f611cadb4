"""The identity of a dataset: a digest for each batch of rows, so that a later check names which rows changed.

The digest of a batch is SHA-256 over `hauberk:data:rows:v1`, a line feed and the canonical bytes of its rows one after
another (`hauberk.data.canonical`). The digest of the manifest's own canonical JSON is the dataset's artifact digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.core.digest import Digest, digest_bytes
from hauberk.core.encoding import Json, parse_hex, parse_json, render_json
from hauberk.core.errors import Malformed
from hauberk.core.limits import DEFAULT_LIMITS, Limits
from hauberk.data.canonical import RowBytes, row_bytes
from hauberk.data.dataset import Dataset
from hauberk.data.errors import NoRows, OtherTable
from hauberk.data.schema import Kind, Schema
from hauberk.data.schema_document import digest_schema, without_adversary

__all__ = [
    "BATCH_ROWS",
    "ChangedBatch",
    "Manifest",
    "ManifestBuilder",
    "build_manifest",
    "changed_rows",
    "compare_manifests",
    "digest_manifest",
    "digest_rows",
    "find_changed_rows",
    "parse_manifest",
    "render_manifest",
    "row_digests",
]

BATCH_ROWS = 1024
_TYPE = "urn:hauberk:data:manifest:v1"
_BATCH = b"hauberk:data:rows:v1\n"
_ROW = b"hauberk:data:row:v1\n"
_WINDOW = 64
"""Batches whose canonical bytes are in memory at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a dataset was made of.

    Attributes:
        rows: Number of rows, at least 1.
        batch_rows: Rows of each batch but the last.
        columns: Name and kind of each column, in order.
        schema: Digest of the schema without the adversary's part.
        batches: Digest of each batch of rows.
    """

    rows: int
    batch_rows: int
    columns: tuple[tuple[str, Kind], ...]
    schema: Digest
    batches: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ChangedBatch:
    """Rows `first` to `stop - 1` hold a change, count as `batch` in the manifest."""

    batch: int
    first: int
    stop: int


def build_manifest(dataset: Dataset, *, batch_rows: int = BATCH_ROWS) -> Manifest:
    """The manifest of a dataset; the same for the same values from any file format.

    Raises:
        NoRows: The dataset is empty, and an empty manifest would vouch for anything.
    """
    builder, window = ManifestBuilder(batch_rows=batch_rows), _WINDOW * batch_rows
    for start in range(0, dataset.rows, window):
        builder.add(row_bytes(dataset.table.slice(start, window), dataset.schema.features))
    return builder.manifest(dataset.schema)


class ManifestBuilder:
    """Makes a manifest of rows that come in pieces of any size.

    Law: the pieces change nothing; `build_manifest` of the whole gives the same.

    Args:
        batch_rows: Rows of each batch of the manifest.

    Raises:
        NoRows: That is less than one.
    """

    def __init__(self, *, batch_rows: int = BATCH_ROWS) -> None:
        if batch_rows < 1:
            raise NoRows(expected="at least one row", got=f"batches of {batch_rows}")
        self._batch_rows = batch_rows
        self._digests: list[Digest] = []
        self._open = hashlib.sha256(_BATCH)
        self._rows = 0

    def add(self, rows: RowBytes) -> None:
        """Take in the canonical bytes of the next rows, all features of the schema."""
        first = 0
        while first < len(rows):
            stop = min(len(rows), first + self._batch_rows - self._rows % self._batch_rows)
            self._open.update(_span(rows, first, stop))
            self._rows += stop - first
            first = stop
            if self._rows % self._batch_rows == 0:
                self._digests.append(Digest(self._open.hexdigest()))
                self._open = hashlib.sha256(_BATCH)

    def manifest(self, schema: Schema) -> Manifest:
        """The manifest of all rows so far.

        Raises:
            NoRows: There are none, and an empty manifest would vouch for anything.
        """
        if not self._rows:
            raise NoRows(expected="at least one row", got=f"0 rows in batches of {self._batch_rows}")
        last = (Digest(self._open.hexdigest()),) if self._rows % self._batch_rows else ()
        return Manifest(
            rows=self._rows,
            batch_rows=self._batch_rows,
            columns=_columns(schema),
            schema=digest_schema(without_adversary(schema)),
            batches=(*self._digests, *last),
        )


def render_manifest(manifest: Manifest) -> bytes:
    """Canonical JSON of a manifest. Law: `parse_manifest(render_manifest(m)) == m`."""
    columns = [[name, str(kind)] for name, kind in manifest.columns]
    document: dict[str, Json] = {"type": _TYPE, "rows": manifest.rows, "batch_rows": manifest.batch_rows}
    document |= {"columns": columns, "schema": manifest.schema.hex}
    return render_json(document | {"batches": [batch.hex for batch in manifest.batches]})


def parse_manifest(data: bytes, *, where: str = "manifest", limits: Limits = DEFAULT_LIMITS) -> Manifest:
    """The manifest that canonical JSON spells.

    Raises:
        Malformed: Not JSON, another type, wrong fields, numbers that contradict each other, not canonical.
        BadEncoding: A digest is not canonical hexadecimal.
        TooLarge: Over `limits`.
    """
    match parse_json(data, where=where, limits=limits):
        case {
            "type": str(kind), "rows": int(rows), "batch_rows": int(batch_rows), "schema": str(schema),
            "columns": list(columns), "batches": list(batches),
        } if kind == _TYPE:  # fmt: skip
            manifest = Manifest(
                rows=rows,
                batch_rows=batch_rows,
                columns=tuple(_parse_column(column, where) for column in columns),
                schema=Digest(parse_hex(schema, size=32, where=where).hex()),
                batches=tuple(_parse_batch(batch, where) for batch in batches),
            )
        case other:
            raise Malformed(where=where, expected=f"a document of type {_TYPE}", got=repr(other)[:120])
    counted = not isinstance(rows, bool) and not isinstance(batch_rows, bool) and rows > 0 and batch_rows > 0
    whole = counted and len(batches) == -(-rows // batch_rows)
    if not whole or not columns or render_manifest(manifest) != data:
        got = f"{rows} rows in {len(batches)} batches of {batch_rows}"
        raise Malformed(where=where, expected="a digest for each batch, in canonical spelling", got=got)
    return manifest


def digest_manifest(manifest: Manifest) -> Digest:
    """The dataset's artifact digest."""
    return digest_bytes(render_manifest(manifest))


def compare_manifests(old: Manifest, new: Manifest) -> tuple[ChangedBatch, ...]:
    """The batches whose rows differ, and those that only one of the two has.

    Comparison is by place: a row put in or taken out changes its batch and all behind it.

    Raises:
        OtherTable: Other columns, kinds or batch size.
    """
    if old.columns != new.columns or old.batch_rows != new.batch_rows:
        expected = f"{len(old.columns)} columns {_shown(old)} in batches of {old.batch_rows}"
        raise OtherTable(
            expected=expected, got=f"{len(new.columns)} columns {_shown(new)} in batches of {new.batch_rows}"
        )
    size, rows = old.batch_rows, max(old.rows, new.rows)
    changed = []
    for batch in range(max(len(old.batches), len(new.batches))):
        span = slice(batch, batch + 1)
        if old.batches[span] != new.batches[span]:
            changed.append(ChangedBatch(batch=batch, first=batch * size, stop=min(rows, (batch + 1) * size)))
    return tuple(changed)


def find_changed_rows(manifest: Manifest, dataset: Dataset) -> tuple[ChangedBatch, ...]:
    """The batches of `dataset` that are not what the manifest says; empty if every row is as it was.

    Raises:
        OtherTable: The dataset has other columns.
        NoRows: It is empty.
    """
    return compare_manifests(manifest, build_manifest(dataset, batch_rows=manifest.batch_rows))


def row_digests(dataset: Dataset) -> NDArray[np.uint8]:
    """(n, 32) SHA-256 of each row's canonical bytes behind `hauberk:data:row:v1` and a line feed."""
    return digest_rows(row_bytes(dataset.table, dataset.schema.features))


def digest_rows(rows: RowBytes) -> NDArray[np.uint8]:
    """(n, 32) what `row_digests` gives for the canonical bytes of the rows."""
    start = hashlib.sha256(_ROW)
    digests = bytearray()
    for row in rows.to_pylist():
        state = start.copy()
        state.update(row)
        digests += state.digest()
    return np.frombuffer(bytes(digests), np.uint8).reshape(-1, 32)


def changed_rows(old: NDArray[np.uint8], new: NDArray[np.uint8]) -> NDArray[np.intp]:
    """(m,) row numbers at which two `row_digests` differ, with the rows that only one of them has."""
    shared = min(len(old), len(new))
    differ = np.flatnonzero((old[:shared] != new[:shared]).any(axis=1))
    return np.concatenate([differ, np.arange(shared, max(len(old), len(new)))])


def _span(rows: RowBytes, first: int, stop: int) -> memoryview:
    """The bytes of consecutive rows, which lie side by side in the Arrow buffer."""
    _, offset_buffer, data = rows.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64)[rows.offset :]
    return memoryview(data)[offsets[first] : offsets[min(stop, len(rows))]]


def _columns(schema: Schema) -> tuple[tuple[str, Kind], ...]:
    return tuple((feature.name, feature.kind) for feature in schema.features)


def _shown(manifest: Manifest) -> str:
    names: Sequence[str] = [name for name, _ in manifest.columns]
    return f"({', '.join(names[:6])}{', …' if len(names) > 6 else ''})"


def _parse_column(document: Json, where: str) -> tuple[str, Kind]:
    match document:
        case [str(name), str(kind)] if kind in set(Kind):
            return name, Kind(kind)
    raise Malformed(where=where, expected="a name and a kind of column", got=repr(document)[:120])


def _parse_batch(document: Json, where: str) -> Digest:
    if not isinstance(document, str):
        raise Malformed(where=where, expected="a digest", got=repr(document)[:120])
    return Digest(parse_hex(document, size=32, where=where).hex())
