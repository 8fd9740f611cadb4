"""`hauberk verify diff`: which training rows changed, came or went since a state that is in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hauberk.core.digest import Digest
from hauberk.core.encoding import Json
from hauberk.data import RowChanges, compare_rows, parse_row_digests, row_digests
from hauberk.flows.datasets import load_train
from hauberk.flows.errors import OtherRows
from hauberk.flows.project import Project, open_project
from hauberk.flows.statements import LeafStatement, kept_artifacts, latest_statement, open_statement
from hauberk.flows.streams import open_streams, outgrows_memory
from hauberk.flows.verify import PREDICATE, ROW_DIGESTS

__all__ = ["Differences", "find_differences"]

_NAMED = 1000
"""How many rows of each sort the document names."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Differences:
    """The changes of the training data since a leaf.

    Attributes:
        leaf: Index of the statement of `verify` that the data are held against.
        before, after: Number of rows then and now.
        changes: What happened.
    """

    leaf: int
    before: int
    after: int
    changes: RowChanges

    def document(self) -> dict[str, Json]:
        """As `--json` prints it; row numbers of at most a thousand rows of each sort."""
        changes = self.changes
        return {
            "leaf": self.leaf,
            "before": self.before,
            "after": self.after,
            "moved": changes.moved,
            "counts": {"changed": len(changes.changed), "went": len(changes.went), "came": len(changes.came)},
            "changed": [{"before": int(a), "after": int(b)} for a, b in changes.changed[:_NAMED]],
            "went": [int(row) for row in changes.went[:_NAMED]],
            "came": [int(row) for row in changes.came[:_NAMED]],
        }


def find_differences(folder: Path, *, since: int | None = None, seed: int | None = None) -> Differences:
    """Hold all rows of the training file, tested on or not, against what a statement of `verify` saw.

    Args:
        folder: Of the project.
        since: Leaf of the statement; None for the latest.
        seed: Overrides the seed of `hauberk.toml`; nothing that is compared depends on it.

    Raises:
        OtherRows: There is no such statement.
    """
    with open_project(folder, seed=seed) as project:
        leaf, digest = _state(project, since)
        before = parse_row_digests(project.store.get_bytes(digest))
        after = _digests(project)
    return Differences(leaf=leaf, before=len(before), after=len(after), changes=compare_rows(before, after))


def _digests(project: Project) -> NDArray[np.uint8]:
    """(n, 32) of all rows of the training file, read the way in which `verify` reads it, for kinds may differ."""
    if not outgrows_memory(project.folder, project.configuration):
        return row_digests(load_train(project.folder, project.configuration))
    streams = open_streams(project.folder, project.configuration, seed=project.seed, tell=lambda _: None)
    return np.concatenate([row_digests(batch.dataset) for batch in streams.whole.batches()])


def _state(project: Project, since: int | None) -> tuple[int, Digest]:
    """Leaf, and digest of the row digests."""
    found = latest_statement(project, PREDICATE, keeps=ROW_DIGESTS) if since is None else _at(project, since)
    if found is None:
        got = "none" if since is None else f"leaf {since} of {project.log.size}"
        raise OtherRows(expected="a statement of verify with the digests of its rows", got=got, hint="hauberk verify")
    return found.leaf, kept_artifacts(found.statement)[ROW_DIGESTS]


def _at(project: Project, leaf: int) -> LeafStatement | None:
    """The statement of a leaf, if it is one of `verify` that keeps the digests of its rows."""
    if not 0 <= leaf < project.log.size:
        return None
    statement = open_statement(project.log.read(leaf), project.identity)
    known = statement.predicate_type == PREDICATE and ROW_DIGESTS in kept_artifacts(statement)
    return LeafStatement(leaf=leaf, statement=statement) if known else None
