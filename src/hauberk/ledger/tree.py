"""A Merkle tree in memory: every complete node is hashed once, when its last leaf comes.

Source: RFC 9162 §2.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from hauberk.ledger.errors import OutOfRange
from hauberk.ledger.hashing import hash_leaves, hash_pairs
from hauberk.ledger.path import Edge, consistency_path, fold_edge, inclusion_path

__all__ = ["MerkleTree"]

# Leaves hashed before their parents are: few enough that the hashes still lie in the processor's cache.
_CHUNK = 1024


class MerkleTree:
    """A tree that grows at its right end and proves what it holds.

    Level `h` lists the complete nodes of height `h` from the left. A tree that was made out of the edge of another
    (`from_edge`) lacks what lies left of it: it can grow and give its root, but not prove older leaves.
    """

    __slots__ = ("_edge", "_firsts", "_levels")

    def __init__(self) -> None:
        self._levels: list[list[bytes]] = [[]]
        self._firsts: list[int] = [0]
        self._edge = fold_edge(0, self.node)

    @classmethod
    def from_edge(cls, levels: Sequence[tuple[int, Sequence[bytes]]]) -> Self:
        """A tree that begins somewhere inside: for each height, the index of the first node and the nodes."""
        tree = cls()
        tree._firsts = [first for first, _ in levels] or [0]
        tree._levels = [list(nodes) for _, nodes in levels] or [[]]
        return tree

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._firsts[0] + len(self._levels[0])

    def append(self, entries: Sequence[bytes]) -> range:
        """Appends a leaf for each entry and gives their indexes. Nothing changes if one of them cannot be hashed."""
        before = self.size
        try:
            for start in range(0, len(entries), _CHUNK):
                self.append_hashes(hash_leaves(entries[start : start + _CHUNK]))
        except BaseException:
            self._truncate(before)
            raise
        return range(before, self.size)

    def append_hashes(self, hashes: Sequence[bytes]) -> None:
        """Appends leaves that are hashed already."""
        height, fresh = 0, list(hashes)
        while fresh:
            if height == len(self._levels):
                self._levels.append([])
                self._firsts.append(0)
            level = self._levels[height]
            # A left child that had no sibling until now goes in front.
            alone = (self._firsts[height] + len(level)) & 1
            children = [level[-1], *fresh] if alone else fresh
            level += fresh
            fresh = hash_pairs(children)
            height += 1

    def node(self, height: int, index: int) -> bytes:
        """Hash of the complete node of this height and index.

        Raises:
            OutOfRange: There is no such node, or it lies left of the edge that the tree was made from.
        """
        try:
            at = index - self._firsts[height]
            if at >= 0:
                return self._levels[height][at]
        except IndexError:
            pass
        raise OutOfRange(where="tree", expected="a node of this tree", got=f"height {height}, index {index}")

    def nodes(self, height: int, start: int, stop: int) -> list[bytes]:
        """Hashes of the complete nodes `start` to `stop` of this height.

        Raises:
            OutOfRange: One of them is not there.
        """
        if start < stop:
            self.node(height, start)
            self.node(height, stop - 1)
        first = self._firsts[height]
        return self._levels[height][start - first : stop - first]

    def edge_levels(self, span: int) -> list[tuple[int, list[bytes]]]:
        """What `from_edge` needs to go on from here: the nodes of the last, incomplete tile of each `span` heights."""
        levels = []
        for height in range(len(self._levels)):
            within = height % span
            start = self.size >> (height - within) >> span << span >> within
            levels.append((start, self.nodes(height, start, self.size >> height)))
        return levels

    def root(self, size: int | None = None) -> bytes:
        """Root of the tree, or of its first `size` leaves.

        Raises:
            OutOfRange: The tree has fewer leaves.
        """
        return self._edge_at(self.size if size is None else size).root

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Proof that leaf `index` is in the tree of the first `size` leaves (all by default).

        Raises:
            OutOfRange: There is no such leaf or size.
        """
        return inclusion_path(index, self._edge_at(self.size if size is None else size), self.node)

    def consistency_proof(self, old_size: int, new_size: int | None = None) -> list[bytes]:
        """Proof that the tree of `new_size` leaves (all by default) extends that of `old_size`.

        Raises:
            OutOfRange: There is no such size, or `old_size` is zero.
        """
        return consistency_path(old_size, self._edge_at(self.size if new_size is None else new_size), self.node)

    def _edge_at(self, size: int) -> Edge:
        if self._edge.size != size:
            if not 0 <= size <= self.size:
                raise OutOfRange(where="tree", expected=f"a size up to {self.size}", got=str(size))
            self._edge = fold_edge(size, self.node)
        return self._edge

    def _truncate(self, size: int) -> None:
        for height, level in enumerate(self._levels):
            del level[(size >> height) - self._firsts[height] :]
