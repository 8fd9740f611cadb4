"""Re-hashes the whole log from its entries upwards, and tells which file is the altered one.

Every tile is read in two ways: as it lies on disk, and as what lies below it hashes to. Where the two differ, what
the checkpoint commits to decides, from the root downwards, which of them is true; the other one was altered. What a
single altered byte breaks further up is thus put down to that byte.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from hauberk.core.finding import Finding
from hauberk.core.progress import Progress
from hauberk.ledger.bundles import parse_bundle
from hauberk.ledger.checkpoint import Checkpoint
from hauberk.ledger.disk import read_file
from hauberk.ledger.errors import LedgerError
from hauberk.ledger.findings import Code, ledger_finding, raised_finding
from hauberk.ledger.hashing import hash_leaves
from hauberk.ledger.path import fold_edge
from hauberk.ledger.tiles import HEIGHT, WIDTH, TileName, fold_hashes, level_sizes, name_of, parse_tile

__all__ = ["check_tree"]

_Hashes: TypeAlias = Sequence[bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A tile read in both ways.

    Attributes:
        name: Which tile.
        disk: Hashes in its file, or None where the file cannot be read.
        below: Hashes of what lies below; None for each, or for all, that cannot be told.
        folds: What the tile hashes to by `disk` and by `below`, where it is full and that can be told.
        differing: Places where the two ways differ.
    """

    name: TileName
    disk: _Hashes | None
    below: _Hashes | None
    folds: tuple[bytes | None, bytes | None]
    differing: tuple[int, ...]


def check_tree(folder: Path, checkpoint: Checkpoint, *, progress: Progress) -> list[Finding]:
    """What does not fit together among entries, tiles and the checkpoint; nothing where every byte of them does."""
    findings: list[Finding] = []
    levels: list[list[_Reading]] = []
    for level, count in level_sizes(checkpoint.size):
        children = levels[-1] if levels else []
        readings = []
        for index in range(-(-count // WIDTH)):
            readings.append(_read(folder, name_of(level, index, count), children, findings))
            if level == 0:
                progress(min(count, (index + 1) * WIDTH), count, "entries")
        levels.append(readings)
    return findings + list(_judge(levels, checkpoint))


def _read(folder: Path, name: TileName, children: Sequence[_Reading], findings: list[Finding]) -> _Reading:
    disk: _Hashes | None = None
    try:
        disk = parse_tile(read_file(folder, name.path), width=name.width, where=name.path)
    except LedgerError as error:
        findings.append(raised_finding(error, where=name.path, otherwise=Code.FILE_MALFORMED))
    below = _hash_children(name, disk, children) if name.level else _hash_bundle(folder, name, findings)
    differing: tuple[int, ...] = ()
    if disk is not None and below is not None:
        pairs = enumerate(zip(disk, below, strict=True))
        differing = tuple(place for place, (found, made) in pairs if made is not None and found != made)
    folds = (_fold(disk), _fold(below))
    if name.level == 0 and name.width == WIDTH and not differing:
        # Nothing will be asked of its single hashes; they would fill the memory.
        disk = below = None
    return _Reading(name=name, disk=disk, below=below, folds=folds, differing=differing)


def _hash_bundle(folder: Path, name: TileName, findings: list[Finding]) -> _Hashes | None:
    bundle = TileName(level=-1, index=name.index, width=name.width)
    try:
        entries = parse_bundle(read_file(folder, bundle.path), width=bundle.width, where=bundle.path)
    except LedgerError as error:
        findings.append(raised_finding(error, where=bundle.path, otherwise=Code.FILE_MALFORMED))
        return None
    return hash_leaves(entries)


def _hash_children(name: TileName, disk: _Hashes | None, children: Sequence[_Reading]) -> _Hashes:
    """What the full tiles below hash to; of two ways to read one, that which the tile agrees with."""
    hashes: list[bytes | None] = []
    for place in range(name.width):
        by_disk, by_below = children[name.first + place].folds
        found = disk[place] if disk is not None else None
        hashes.append(found if found is not None and found in (by_disk, by_below) else by_below or by_disk)
    return hashes


def _fold(hashes: _Hashes | None) -> bytes | None:
    known = [value for value in hashes or () if value is not None]
    return fold_hashes(known)[HEIGHT][0] if len(known) == WIDTH else None


def _judge(levels: Sequence[Sequence[_Reading]], checkpoint: Checkpoint) -> Iterator[Finding]:
    """From the root downwards: which way of reading each tile the checkpoint commits to."""
    edges = [readings[-1] for readings in levels if readings[-1].name.width < WIDTH]
    true_edges = _choose_edges(edges, checkpoint)
    if true_edges is None:
        message = "the log does not make the root that the checkpoint commits to: one of the two was replaced"
        yield ledger_finding(Code.ROOT_MISMATCH, message, where="checkpoint")
    parents: dict[int, _Hashes | None] = {}
    for readings in reversed(levels):
        true: dict[int, _Hashes | None] = {}
        for reading in readings:
            if reading.name.width < WIDTH:
                true[reading.name.index] = (true_edges or {}).get(reading.name.level)
                yield from _judge_edge(reading, true[reading.name.index])
            else:
                place = reading.name.index
                above = parents.get(place // WIDTH)
                committed = above[place % WIDTH] if above is not None else None
                true[place] = yield from _judge_full(reading, committed)
        parents = true


def _choose_edges(edges: Sequence[_Reading], checkpoint: Checkpoint) -> Mapping[int, _Hashes] | None:
    """For each level, the way of reading its partial tile by which the root comes out; None if there is no such way.

    Nothing is chosen, and nothing said of the root, where a tile can be read in neither way: that was reported.
    """
    ways = [[way for way in (edge.disk, edge.below) if way is not None and None not in way] for edge in edges]
    if not all(ways):
        return {}
    for choice in itertools.product(*ways):
        chosen = {edge.name.level: way for edge, way in zip(edges, choice, strict=True)}
        if _root(edges, chosen, checkpoint.size) == checkpoint.root:
            return chosen
    return None


def _root(edges: Sequence[_Reading], chosen: Mapping[int, _Hashes], size: int) -> bytes:
    firsts = {edge.name.level: edge.name.first for edge in edges}
    folds = {level: fold_hashes([value for value in way if value is not None]) for level, way in chosen.items()}

    def node(height: int, index: int) -> bytes:
        level, within = divmod(height, HEIGHT)
        return folds[level][within][index - (firsts[level] >> within)]

    return fold_edge(size, node).root


def _judge_edge(reading: _Reading, true: _Hashes | None) -> Iterator[Finding]:
    if reading.differing:
        yield from _difference(reading, disk_is_true=None if true is None else true is reading.disk)


def _judge_full(reading: _Reading, committed: bytes | None) -> Generator[Finding, None, _Hashes | None]:
    """Yields what is wrong with a full tile, and returns its true hashes, if they can be told and are needed."""
    by_disk, by_below = reading.folds
    if committed is None:
        if reading.differing:
            yield from _difference(reading, disk_is_true=None)
        return None
    if committed not in reading.folds:
        if by_disk or by_below:
            message = f"neither the tile nor what lies below it hashes to {committed.hex()}, which the log commits to"
            yield ledger_finding(Code.SUBTREE_ALTERED, message, where=reading.name.path)
        return None
    if reading.differing:
        yield from _difference(reading, disk_is_true=committed == by_disk)
    return reading.below if committed == by_below else reading.disk


def _difference(reading: _Reading, *, disk_is_true: bool | None) -> Iterator[Finding]:
    places = reading.differing
    path = reading.name.path
    if disk_is_true is None:
        message = f"the tile and what lies below it differ at {len(places)} hashes, the first at {places[0]}"
        yield ledger_finding(Code.SUBTREE_ALTERED, message, where=path, rows=places)
    elif not disk_is_true:
        message = f"{len(places)} hashes are not those of what lies below, the first at {places[0]}"
        yield ledger_finding(Code.TILE_ALTERED, message, where=path, rows=places)
    elif reading.name.level == 0:
        rows = [reading.name.first + place for place in places]
        bundle = TileName(level=-1, index=reading.name.index, width=reading.name.width)
        message = f"{len(rows)} entries are not what was logged, the first is entry {rows[0]}"
        yield ledger_finding(Code.ENTRY_ALTERED, message, where=bundle.path, rows=rows)
    # A true tile over altered ones: each of those is judged by what stands here.
