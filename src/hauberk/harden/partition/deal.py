"""Which part of the training rows each row belongs to: a question of its own content and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hauberk.harden.errors import BadPartition

__all__ = ["MOST_PARTITIONS", "RowDigests", "deal_rows", "ordered_parts"]

MOST_PARTITIONS = 4096
RowDigests = NDArray[np.uint8]
"""(n, 32) SHA-256 of the canonical bytes of each row's inputs, without its label."""


def deal_rows(digests: RowDigests, partitions: int) -> NDArray[np.intp]:
    """The part of each row: the first eight bytes of its digest, read big-endian, modulo the number of parts.

    The digest covers the inputs only, so rows with equal inputs lie together whatever their labels, and

    - a row that is put in, taken out or given another label changes exactly one part;
    - a row whose inputs are changed changes at most two, the one it leaves and the one it enters;
    - the other rows stay where they are, whatever their order and number.

    Who writes rows can choose the part that they fall into. Nothing rests on chance: the certificate takes every
    choice of parts for possible.

    Args:
        digests: (n, 32) uint8; equal for rows with equal inputs and only for them.
        partitions: Number of parts, 1 to 4,096.

    Returns:
        (n,) numbers of parts from 0.

    Raises:
        BadPartition: Digests of another shape, or a number of parts out of range.

    Source: arXiv 2006.14768, section 3.1 (DPA) and 3.2 (SS-DPA, a hash without the label).
    """
    if digests.ndim != 2 or digests.shape[1] != 32 or digests.dtype != np.uint8:
        raise BadPartition(expected="(n, 32) bytes of digests", got=f"{digests.dtype} {digests.shape}")
    if not 1 <= partitions <= MOST_PARTITIONS:
        raise BadPartition(expected=f"1 to {MOST_PARTITIONS} partitions", got=f"{partitions}")
    return np.asarray(_words(digests)[:, 0] % np.uint64(partitions), dtype=np.intp)


def ordered_parts(
    digests: RowDigests, labels: NDArray[np.int64], weight: NDArray[np.float64], partitions: int
) -> Iterator[NDArray[np.intp]]:
    """The row numbers of each part, empty ones too, in an order that does not depend on the order of the rows.

    Within a part rows are sorted by digest, then label, then weight: a part with the same rows is the same training
    set, byte for byte.
    """
    part = deal_rows(digests, partitions)
    words = _words(digests)
    order = np.lexsort((weight, labels, *(words[:, place] for place in (3, 2, 1, 0)), part))
    ends = np.cumsum(np.bincount(part, minlength=partitions))
    yield from np.split(order, ends[:-1])


def _words(digests: RowDigests) -> NDArray[np.uint64]:
    return np.ascontiguousarray(digests).view(">u8").astype(np.uint64).reshape(-1, 4)
