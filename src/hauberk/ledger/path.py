"""Which nodes make a root and a proof, wherever the nodes lie.

A node `(height, index)` is the root of the complete subtree over the leaves `index << height` to
`(index + 1) << height`. Everything else, the ragged right edge of a tree of some size, is folded out of those.

Source: RFC 9162 §2.1.1, §2.1.3.1, §2.1.4.1, written as loops over the bits of index and size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from hauberk.ledger.errors import OutOfRange
from hauberk.ledger.hashing import EMPTY_ROOT, hash_node

__all__ = ["Edge", "Node", "consistency_path", "fold_edge", "inclusion_path"]

Node: TypeAlias = Callable[[int, int], bytes]
"""Gives the hash of the complete node of this height and index."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree of `size` leaves.

    Attributes:
        size: Number of leaves.
        ragged: For each height, the hash of the last, incomplete node, or None where the last node is complete.
        root: Root of the tree.
    """

    size: int
    ragged: tuple[bytes | None, ...]
    root: bytes


def fold_edge(size: int, node: Node) -> Edge:
    """The right edge of the tree of `size` leaves; hashes once a set bit of `size`."""
    ragged: list[bytes | None] = []
    folded: bytes | None = None
    for height in range(size.bit_length()):
        ragged.append(folded)
        index = size >> height
        if index & 1:
            complete = node(height, index - 1)
            folded = complete if folded is None else hash_node(complete, folded)
    return Edge(size, tuple(ragged), EMPTY_ROOT if folded is None else folded)


def inclusion_path(index: int, edge: Edge, node: Node) -> list[bytes]:
    """The siblings on the way from leaf `index` to the root, lowest first.

    Raises:
        OutOfRange: The tree has no such leaf.
    """
    if not 0 <= index < edge.size:
        raise OutOfRange(where="inclusion proof", expected=f"an index below {edge.size}", got=str(index))
    path: list[bytes] = []
    height, last = 0, edge.size - 1
    while last:
        sibling = index ^ 1
        if sibling < last:
            path.append(node(height, sibling))
        elif sibling == last:
            path.append(edge.ragged[height] or node(height, sibling))
        index >>= 1
        last >>= 1
        height += 1
    return path


def consistency_path(old_size: int, edge: Edge, node: Node) -> list[bytes]:
    """The nodes that show that the tree of `edge` extends the tree of its first `old_size` leaves.

    Raises:
        OutOfRange: `old_size` is zero or beyond the tree.
    """
    if not 1 <= old_size <= edge.size:
        raise OutOfRange(where="consistency proof", expected=f"a size from 1 to {edge.size}", got=str(old_size))
    if old_size == edge.size:
        return []
    # The largest complete node that ends where the old tree does; left out where it is the whole old tree.
    height = (old_size & -old_size).bit_length() - 1
    index, last = (old_size >> height) - 1, (edge.size - 1) >> height
    path = [node(height, index)] if index else []
    while last:
        if index & 1:
            path.append(node(height, index - 1))
        elif index + 1 < last:
            path.append(node(height, index + 1))
        elif index + 1 == last:
            path.append(edge.ragged[height] or node(height, last))
        index >>= 1
        last >>= 1
        height += 1
    return path
