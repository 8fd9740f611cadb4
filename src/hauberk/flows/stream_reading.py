"""One pass over a part of the data: its profile, its manifest, the keys of its rows and its time axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hauberk.data import (
    Dataset,
    Manifest,
    ManifestBuilder,
    Role,
    Schema,
    encode_labels,
    row_bytes,
    row_digests,
    row_keys,
)
from hauberk.flows.streams import Stream
from hauberk.verify import TableProfile, profile_dataset

__all__ = ["Reading", "read_stream", "write_digests"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """What one pass gives.

    Attributes:
        profile, manifest: Of all rows.
        keys: (n, 2) uint64 of the inputs of each row.
        labels: (n,) int16 class codes.
        times: The columns of role `time`, whole.
    """

    profile: TableProfile
    manifest: Manifest
    keys: NDArray[np.uint64]
    labels: NDArray[np.int16]
    times: Dataset

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(self.labels)


def read_stream(stream: Stream, tell: Callable[[int], None]) -> Reading:
    """Read a part once.

    Args:
        stream: The part.
        tell: Told how many rows have been read.

    Raises:
        DataError: See `Stream.batches`.
        NoRows: The part is empty.
    """
    builder = ManifestBuilder()
    profiles: list[TableProfile] = []
    keys, labels, times = [], [], []
    axes = Schema(features=tuple(one for one in stream.schema.features if one.role is Role.TIME))
    for batch in stream.batches():
        dataset = batch.dataset
        labels.append(encode_labels(dataset, where=stream.table.name, first_row=batch.first).astype(np.int16))
        builder.add(row_bytes(dataset.table, dataset.schema.features))
        keys.append(row_keys(dataset.table, dataset.schema.inputs))
        times.append(dataset.table.select([one.name for one in axes.features]))
        profiles = [reduce(add, [*profiles, profile_dataset(dataset, first_row=batch.first)])]
        tell(batch.first + dataset.rows)
    manifest = builder.manifest(stream.schema)
    return Reading(
        profile=profiles[0],
        manifest=manifest,
        keys=np.concatenate(keys),
        labels=np.concatenate(labels),
        times=Dataset(table=pa.concat_tables(times), schema=axes),
    )


def write_digests(stream: Stream, tell: Callable[[int], None], digests: BinaryIO) -> None:
    """Write the 32-byte digest of each row, in order.

    Raises:
        DataError: See `Stream.batches`.
    """
    for batch in stream.batches():
        digests.write(row_digests(batch.dataset).tobytes())
        tell(batch.first + batch.dataset.rows)
