"""Nodes of a log on disk: no hash is used before it has been verified, tile by tile, from the root downwards.

The root is folded out of the partial tiles of the right edge. A full tile must hash to its entry in the tile above.
"""

from __future__ import annotations

from pathlib import Path

from hauberk.ledger.bundles import parse_bundle
from hauberk.ledger.disk import os_errors, read_file
from hauberk.ledger.errors import AlteredEntry, AlteredTile, MissingFile, OutOfRange, WrongRoot
from hauberk.ledger.hashing import HASH_SIZE, hash_leaves, split_hashes
from hauberk.ledger.path import Edge, fold_edge
from hauberk.ledger.tiles import HEIGHT, WIDTH, TileName, fold_hashes, level_sizes, name_of, parse_tile

__all__ = ["Folds", "TileNodes", "load_bundle", "load_tile", "widths_on_disk"]

Folds = dict[tuple[int, int], tuple[bytes, ...]]
"""For each full tile that has been verified: its hashes, their parents and so on, one string of bytes a height."""

_MOST_TILES = 1024  # 16 KiB each.


class TileNodes:
    """The complete nodes of the log that a checkpoint commits to, read out of its tiles.

    Args:
        folder: Folder of the log.
        size: Number of entries.
        root: Root that is trusted, out of a verified checkpoint.
        cache: Full tiles that were verified before, in a log that this one extends.

    Raises:
        WrongRoot: The tiles of the right edge do not make the root.
        MissingFile, MalformedTile: One of them is missing or has another size.
    """

    __slots__ = ("_cache", "_folder", "_partial", "edge")

    def __init__(self, folder: Path, *, size: int, root: bytes, cache: Folds | None = None) -> None:
        self._folder = folder
        self._cache: Folds = {} if cache is None else cache
        self._partial: Folds = {}
        for level, count in level_sizes(size):
            if count % WIDTH:
                name = name_of(level, count // WIDTH, count)
                self._partial[level, name.index] = _pack(load_tile(folder, name))
        self.edge: Edge = fold_edge(size, self.node)
        if self.edge.root != root:
            raise WrongRoot(where=str(folder), expected=f"root {root.hex()}", got=f"{self.edge.root.hex()} from tiles")

    def node(self, height: int, index: int) -> bytes:
        """Hash of the complete node of this height and index.

        Raises:
            AlteredTile, MissingFile, MalformedTile: Its tile, or one above, is not as the checkpoint commits to.
            OutOfRange: The log has no such node.
        """
        level, within = divmod(height, HEIGHT)
        tile = index >> (HEIGHT - within)
        folds = self._folds(level, tile)
        at = (index - (tile << (HEIGHT - within))) * HASH_SIZE
        found = folds[within][at : at + HASH_SIZE] if within < len(folds) else b""
        if not found:
            raise OutOfRange(where="tiles", expected="a node of this log", got=f"height {height}, index {index}")
        return found

    def hashes(self, name: TileName) -> list[bytes]:
        """The verified hashes of a whole tile, as wide as it is in this log.

        Raises:
            AlteredTile, MissingFile, MalformedTile, OutOfRange: As for `node`.
        """
        found = split_hashes(self._folds(name.level, name.index)[0])
        if len(found) != name.width:
            raise OutOfRange(where="tiles", expected=f"a tile of {len(found)} hashes", got=name.path)
        return found

    def entries(self, index: int) -> list[bytes]:
        """The verified entries of bundle `index`.

        Raises:
            AlteredEntry, MalformedBundle: The bundle is not what was logged.
            AlteredTile, MissingFile, MalformedTile, OutOfRange: As for `node`.
        """
        name = name_of(-1, index, self.edge.size)
        entries = load_bundle(self._folder, name)
        leaves = self.hashes(TileName(level=0, index=index, width=name.width))
        for place, (found, leaf) in enumerate(zip(hash_leaves(entries), leaves, strict=True)):
            if found != leaf:
                where = f"{name.path}: entry {name.first + place}"
                raise AlteredEntry(where=where, expected=f"leaf {leaf.hex()}", got=found.hex())
        return entries

    def edge_levels(self) -> list[tuple[int, list[bytes]]]:
        """The nodes of the partial tiles: for each height, the index of the first and the hashes."""
        levels = []
        for level, count in level_sizes(self.edge.size):
            folds = self._partial.get((level, count // WIDTH), ())
            for within in range(HEIGHT):
                hashes = split_hashes(folds[within]) if within < len(folds) else []
                levels.append((count // WIDTH * WIDTH >> within, hashes))
        return levels

    def _folds(self, level: int, tile: int) -> tuple[bytes, ...]:
        return self._partial.get((level, tile)) or self._cache.get((level, tile)) or self._load(level, tile)

    def _load(self, level: int, tile: int) -> tuple[bytes, ...]:
        """Reads and verifies a full tile."""
        if not 0 <= tile < self.edge.size >> HEIGHT * (level + 1):
            raise OutOfRange(where="tiles", expected="a tile of this log", got=f"level {level}, index {tile}")
        name = TileName(level=level, index=tile)
        folds = _pack(load_tile(self._folder, name))
        committed = self.node((level + 1) * HEIGHT, tile)
        if folds[HEIGHT] != committed:
            got = folds[HEIGHT].hex()
            raise AlteredTile(where=name.path, expected=f"a tile that hashes to {committed.hex()}", got=got)
        if len(self._cache) >= _MOST_TILES:
            del self._cache[next(iter(self._cache))]
        self._cache[level, tile] = folds
        return folds


def load_tile(folder: Path, name: TileName) -> list[bytes]:
    """The unverified hashes of a tile, cut out of a wider one where that has taken its place.

    Raises:
        MissingFile: There is no file of this tile that is wide enough.
        MalformedTile: The file has another size than its name says.
    """
    found, data = _read(folder, name)
    return parse_tile(data, width=found.width, where=found.path)[: name.width]


def load_bundle(folder: Path, name: TileName) -> list[bytes]:
    """The unverified entries of a bundle, cut out of a wider one where that has taken its place.

    Raises:
        MissingFile: There is no file of this bundle that is wide enough.
        MalformedBundle: The file does not hold what its name says.
    """
    found, data = _read(folder, name)
    return parse_bundle(data, width=found.width, where=found.path)[: name.width]


def widths_on_disk(folder: Path, level: int, index: int) -> list[int]:
    """Which widths of a tile or bundle lie in the folder, narrowest first; 256 is the full one."""
    full = folder / TileName(level=level, index=index).path
    with os_errors(full.name):
        partial = full.with_name(full.name + ".p")
        names = [path.name for path in partial.iterdir()] if partial.is_dir() else []
        widths = sorted(int(name) for name in names if name.isascii() and name.isdigit() and 0 < int(name) < WIDTH)
        return widths + [WIDTH] * full.is_file()


def _read(folder: Path, name: TileName) -> tuple[TileName, bytes]:
    found = _find(folder, name)
    try:
        return found, read_file(folder, found.path)
    except MissingFile:
        # A writer has replaced it meanwhile; what replaces it was there before it went.
        found = _find(folder, name)
        return found, read_file(folder, found.path)


def _find(folder: Path, name: TileName) -> TileName:
    """The file to read a tile from: its own, or the narrowest that is wider."""
    with os_errors(name.path):
        if (folder / name.path).is_file():
            return name
    for width in widths_on_disk(folder, name.level, name.index):
        if width > name.width:
            return name.widened(width)
    raise MissingFile(where=name.path, expected="a file of the log", got="none")


def _pack(hashes: list[bytes]) -> tuple[bytes, ...]:
    return tuple(b"".join(level) for level in fold_hashes(hashes))
