"""Verifies inclusion and consistency proofs; needs nothing but the hashes.

Source: RFC 9162 §2.1.3.2 and §2.1.4.2. One rule is stricter than there: a proof from the empty tree is refused,
because every tree extends it and the proof would prove nothing (the same as transparency-dev/merkle does).
"""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.ledger.errors import LedgerError, NotConsistent, NotIncluded
from hauberk.ledger.hashing import HASH_SIZE, hash_node

__all__ = ["verify_consistency", "verify_inclusion"]


def verify_inclusion(
    leaf: bytes, path: Sequence[bytes], *, index: int, size: int, root: bytes, where: str = "inclusion proof"
) -> bytes:
    """`root`, once the proof has shown that the leaf is at `index` of the tree of `size` leaves with this root.

    Args:
        leaf: Hash of the leaf, 32 bytes.
        path: Siblings from the leaf to the root, 32 bytes each.
        index: Place of the leaf, from 0.
        size: Leaves of the tree.
        root: Root that is trusted, out of a verified checkpoint.
        where: What is being verified, for the error.

    Raises:
        NotIncluded: It has not.
    """
    if not 0 <= index < size:
        raise NotIncluded(where=where, expected=f"an index below the size {size}", got=str(index))
    _check_hashes((leaf, root, *path), NotIncluded, where)
    place, last, folded = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise NotIncluded(where=where, expected="a shorter proof", got=f"{len(path)} hashes")
        if place & 1 or place == last:
            folded = hash_node(sibling, folded)
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            folded = hash_node(folded, sibling)
        place >>= 1
        last >>= 1
    if last:
        raise NotIncluded(where=where, expected="a longer proof", got=f"{len(path)} hashes")
    if folded != root:
        raise NotIncluded(where=where, expected=f"root {root.hex()}", got=f"{folded.hex()} from entry {index}")
    return root


def verify_consistency(
    path: Sequence[bytes],
    *,
    old_size: int,
    old_root: bytes,
    new_size: int,
    new_root: bytes,
    where: str = "consistency proof",
) -> bytes:
    """`new_root`, once the proof has shown that the new tree extends the old one.

    Args:
        path: The proof, 32 bytes a hash.
        old_size: Leaves of the old tree.
        old_root: Root of the old tree, 32 bytes.
        new_size: Leaves of the new tree.
        new_root: Root of the new tree, 32 bytes.
        where: What is being verified, for the error.

    Raises:
        NotConsistent: It has not, or the old tree is the empty one.
    """
    if not 1 <= old_size <= new_size:
        raise NotConsistent(where=where, expected=f"an old size from 1 to {new_size}", got=str(old_size))
    if old_size == new_size:
        if path:
            raise NotConsistent(where=where, expected="an empty proof for equal sizes", got=f"{len(path)} hashes")
        folded = (old_root, old_root)
    else:
        _check_hashes((old_root, new_root, *path), NotConsistent, where)
        folded = _fold(path, old_size, old_root, new_size, where)
    if folded != (old_root, new_root):
        got = f"{folded[0].hex()} and {folded[1].hex()}"
        raise NotConsistent(where=where, expected=f"roots {old_root.hex()} and {new_root.hex()}", got=got)
    return new_root


def _fold(path: Sequence[bytes], old_size: int, old_root: bytes, new_size: int, where: str) -> tuple[bytes, bytes]:
    """Both roots as the proof makes them."""
    shift = (old_size & -old_size).bit_length() - 1
    place, last = (old_size >> shift) - 1, (new_size - 1) >> shift
    rest = path if place else (old_root, *path)
    if not rest:
        raise NotConsistent(where=where, expected="a longer proof", got="no hashes")
    old = new = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            raise NotConsistent(where=where, expected="a shorter proof", got=f"{len(path)} hashes")
        if place & 1 or place == last:
            old, new = hash_node(sibling, old), hash_node(sibling, new)
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            new = hash_node(new, sibling)
        place >>= 1
        last >>= 1
    if last:
        raise NotConsistent(where=where, expected="a longer proof", got=f"{len(path)} hashes")
    return old, new


def _check_hashes(hashes: Sequence[bytes], error: type[LedgerError], where: str) -> None:
    for value in hashes:
        if len(value) != HASH_SIZE:
            raise error(where=where, expected=f"hashes of {HASH_SIZE} bytes", got=f"one of {len(value)} bytes")
