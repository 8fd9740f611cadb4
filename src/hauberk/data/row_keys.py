"""Short digests of rows, by which equal rows are found among more of them than fit into memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hauberk.data.canonical import row_bytes
from hauberk.data.schema import Feature

__all__ = ["row_keys"]

_SIZE = 16
_DOMAIN = b"hauberk:row-key"


def row_keys(table: pa.Table, features: Sequence[Feature]) -> NDArray[np.uint64]:
    """(n, 2) uint64, BLAKE2b-128 of the canonical bytes of each row over the given features of a conformed table.

    Rows with equal keys are taken for equal: it takes 2**64 trials to make two that are not (RFC 7693, section 2.1).
    """
    start = hashlib.blake2b(digest_size=_SIZE, person=_DOMAIN)
    digests = bytearray()
    for row in row_bytes(table, features).to_pylist():
        state = start.copy()
        state.update(row)
        digests += state.digest()
    return np.frombuffer(bytes(digests), np.uint64).reshape(-1, 2)
