"""Tiles: where they lie and what is in them.

A tile holds up to 256 neighbouring hashes of one height (0, 8, 16, …); tile level `l` holds height `8 * l`. Only a
full tile has a hash at the level above. A bundle holds the entries of the leaves of the tile of level 0 beside it.

Source: C2SP tlog-tiles v0.1.0, "Merkle Tree" and "Log entries".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hauberk.core.errors import BadEncoding
from hauberk.ledger.checkpoint import parse_number
from hauberk.ledger.errors import MalformedTile
from hauberk.ledger.hashing import HASH_SIZE, hash_pairs, split_hashes

__all__ = [
    "HEIGHT",
    "WIDTH",
    "TileName",
    "fold_hashes",
    "level_sizes",
    "name_of",
    "names_since",
    "parse_tile",
    "parse_tile_name",
    "render_tile",
]

HEIGHT = 8
"""Levels of the tree that a tile spans."""
WIDTH = 1 << HEIGHT
"""Hashes of a full tile."""

_TOP_LEVEL = 63
_LONGEST_PATH = 64


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TileName:
    """Which tile, or which bundle of entries.

    Attributes:
        level: Tile level, 0 to 63, or -1 for a bundle of entries.
        index: Place within the level, from the left.
        width: Hashes or entries in it: 256 where full, 1 to 255 where partial.
    """

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Path below the folder of the log. Law: `parse_tile_name(name.path) == name`.

        >>> TileName(level=0, index=1234067, width=8).path
        'tile/0/x001/x234/067.p/8'
        """
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        kind = "entries" if self.level < 0 else str(self.level)
        return f"tile/{kind}/{number}" + ("" if self.width == WIDTH else f".p/{self.width}")

    @property
    def first(self) -> int:
        """Index, within its height, of the first hash or entry."""
        return self.index * WIDTH

    def widened(self, width: int) -> TileName:
        """The same tile with another width."""
        return TileName(level=self.level, index=self.index, width=width)


def parse_tile_name(path: str) -> TileName:
    """The tile or bundle that lies at `path` below the folder of a log.

    Raises:
        MalformedTile: None does.
    """
    head, _, tail = path.partition(".p/")
    parts = head.split("/")
    if len(path) <= _LONGEST_PATH and len(parts) >= 3:
        try:
            level = -1 if parts[1] == "entries" else parse_number(parts[1])
            digits = "".join(part.removeprefix("x") for part in parts[2:]).lstrip("0") or "0"
            name = TileName(level=level, index=parse_number(digits), width=parse_number(tail) if tail else WIDTH)
        except BadEncoding:
            name = TileName(level=-1, index=-1)
        # Whatever is not spelt as it would be rendered is no path of a tile.
        if _fits(name) and name.path == path:
            return name
    raise MalformedTile(where=path[:80], expected="the path of a tile or of a bundle", got="another path")


def _fits(name: TileName) -> bool:
    """Whether level, index and width are within their ranges."""
    return -1 <= name.level <= _TOP_LEVEL and name.index >= 0 and 1 <= name.width <= WIDTH


def render_tile(hashes: Sequence[bytes]) -> bytes:
    """The bytes of a tile."""
    return b"".join(hashes)


def parse_tile(data: bytes, *, width: int, where: str) -> list[bytes]:
    """The hashes of a tile. Law: `parse_tile(render_tile(h), width=len(h), where="") == h`.

    Raises:
        MalformedTile: There are not exactly `width` hashes of 32 bytes.
    """
    if len(data) != width * HASH_SIZE:
        raise MalformedTile(where=where, expected=f"{width * HASH_SIZE} bytes", got=f"{len(data)} bytes")
    return split_hashes(data)


def fold_hashes(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """The hashes of a tile, their parents, and so on up: the complete nodes of each height of the tile."""
    levels = [list(hashes)]
    while len(levels[-1]) > 1:
        levels.append(hash_pairs(levels[-1]))
    return levels


def level_sizes(size: int) -> Iterator[tuple[int, int]]:
    """Tile levels of a tree of `size` leaves, each with the number of its hashes."""
    level = 0
    while size:
        yield level, size
        size >>= HEIGHT
        level += 1


def name_of(level: int, index: int, count: int) -> TileName:
    """The tile at `index` of a level of `count` hashes, as wide as it is there."""
    return TileName(level=level, index=index, width=min(WIDTH, count - index * WIDTH))


def names_since(size: int, old_size: int = 0) -> Iterator[TileName]:
    """Bundles and tiles of a log of `size` entries that a log of its first `old_size` entries does not have.

    Entries come first, then the levels from the lowest: who stops anywhere has nothing that lacks its ground.
    """
    for level, count in ((-1, size), *level_sizes(size)):
        old_count = old_size >> HEIGHT * max(level, 0)
        if count > old_count:
            yield from (name_of(level, index, count) for index in range(old_count // WIDTH, -(-count // WIDTH)))
