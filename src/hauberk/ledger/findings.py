"""What an audit of the log can find; the path of the file stands where other findings name a column."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from hauberk.core.errors import HauberkError
from hauberk.core.finding import Finding, Severity
from hauberk.ledger.errors import (
    Forked,
    MalformedBundle,
    MalformedPending,
    MalformedTile,
    MissingCheckpoint,
    MissingFile,
    RolledBack,
)

__all__ = ["Code", "ledger_finding", "raised_finding"]

_MOST_ROWS = 100


class Code(StrEnum):
    """Kinds of findings."""

    CHECKPOINT_MISSING = "ledger.checkpoint.missing"
    CHECKPOINT_ALTERED = "ledger.checkpoint.altered"
    EMPTY = "ledger.empty"
    ENTRY_ALTERED = "ledger.entry.altered"
    TILE_ALTERED = "ledger.tile.altered"
    SUBTREE_ALTERED = "ledger.subtree.altered"
    ROOT_MISMATCH = "ledger.root.mismatch"
    FILE_MISSING = "ledger.file.missing"
    FILE_MALFORMED = "ledger.file.malformed"
    FILE_UNEXPECTED = "ledger.file.unexpected"
    FILE_BEYOND = "ledger.file.beyond"
    LEFTOVER_ALTERED = "ledger.leftover.altered"
    APPEND_UNFINISHED = "ledger.append.unfinished"
    ROLLED_BACK = "ledger.rolled_back"
    FORKED = "ledger.forked"
    NOT_COMPARED = "ledger.not_compared"


_RAISED: dict[type[HauberkError], Code] = {
    MissingCheckpoint: Code.CHECKPOINT_MISSING,
    MissingFile: Code.FILE_MISSING,
    MalformedBundle: Code.FILE_MALFORMED,
    MalformedTile: Code.FILE_MALFORMED,
    MalformedPending: Code.FILE_MALFORMED,
    RolledBack: Code.ROLLED_BACK,
    Forked: Code.FORKED,
}


def ledger_finding(
    code: Code, message: str, *, where: str, rows: Sequence[int] = (), severity: Severity = Severity.ERROR
) -> Finding:
    """A finding at the file `where`; `rows` are indexes of entries or hashes, of which the first 100 are named."""
    named = tuple(rows[:_MOST_ROWS])
    return Finding(
        code=str(code), severity=severity, message=message, feature=where, rows=named, count=max(1, len(rows))
    )


def raised_finding(error: HauberkError, *, where: str, otherwise: Code) -> Finding:
    """The finding that an error stands for; `otherwise` where the error is of no kind of the ledger's own.

    Raises:
        HauberkError: The error itself, where it tells of wrong use or of the environment and not of the log.
    """
    if error.exit_code != 1:
        raise error
    return ledger_finding(_RAISED.get(type(error), otherwise), error.message, where=where)
