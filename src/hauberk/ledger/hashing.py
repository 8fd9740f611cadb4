"""Hashes of leaves and nodes, one by one and in bulk.

Leaf and node are told apart by their first byte, so that no entry can pass for a node (second preimage).

Source: RFC 6962 §2.1; RFC 9162 §2.1.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

__all__ = ["EMPTY_ROOT", "HASH_SIZE", "hash_leaf", "hash_leaves", "hash_node", "hash_pairs", "split_hashes"]

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256().digest()
"""Root of the tree without leaves."""

_LEAF = hashlib.sha256(b"\x00")
_NODE = hashlib.sha256(b"\x01")


def hash_leaf(entry: bytes) -> bytes:
    """Hash of an entry, 32 bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Hash of a node over its two children, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def hash_leaves(entries: Iterable[bytes]) -> list[bytes]:
    """Hash of each entry. Law: `hash_leaves(e) == [hash_leaf(x) for x in e]`.

    Copying a state that has taken the prefix saves the look-up of the algorithm and a copy of the entry.
    """
    copy = _LEAF.copy
    hashes: list[bytes] = []
    push = hashes.append
    for entry in entries:
        state = copy()
        state.update(entry)
        push(state.digest())
    return hashes


def hash_pairs(hashes: Sequence[bytes]) -> list[bytes]:
    """Hash of each two neighbours; a last one without a neighbour is left out."""
    copy = _NODE.copy
    parents: list[bytes] = []
    push = parents.append
    rest = iter(hashes)
    for left, right in zip(rest, rest, strict=False):
        state = copy()
        state.update(left)
        state.update(right)
        push(state.digest())
    return parents


def split_hashes(data: bytes) -> list[bytes]:
    """The hashes that lie one behind the other in `data`."""
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]
