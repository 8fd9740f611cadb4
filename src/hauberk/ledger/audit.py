"""The audit of a log: every entry is hashed anew, every byte of every file has to fit.

Heads alone are never compared: an entry that was edited in place leaves them as they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hauberk.core.errors import HauberkError
from hauberk.core.finding import Finding, Severity
from hauberk.core.progress import Progress, silent
from hauberk.crypto import PublicKey
from hauberk.ledger.audit_files import check_files
from hauberk.ledger.audit_tree import check_tree
from hauberk.ledger.checkpoint import Checkpoint
from hauberk.ledger.disk import read_file
from hauberk.ledger.errors import LedgerError, MissingFile
from hauberk.ledger.findings import Code, ledger_finding, raised_finding
from hauberk.ledger.reader import CHECKPOINT, LogReader, load_checkpoint

__all__ = ["LogAudit", "audit_log"]

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAudit:
    """What an audit found.

    Attributes:
        checkpoint: The verified checkpoint, or None where there is none that verifies.
        findings: What does not fit; `feature` is the file, `rows` are entries or hashes in it.
    """

    checkpoint: Checkpoint | None
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether there is a verified checkpoint and nothing worse than a remark was found."""
        return self.checkpoint is not None and all(found.severity is Severity.INFO for found in self.findings)


def audit_log(
    folder: Path,
    *,
    origin: str,
    verifiers: Sequence[PublicKey],
    known: Sequence[Checkpoint] = (),
    progress: Progress = silent,
) -> LogAudit:
    """Re-hashes every entry and tile of the log, and says what was altered and where. Changes nothing.

    An append beside it makes the audit start anew, at most twice.

    Args:
        folder: Folder of the log.
        origin: Name of the log that is trusted.
        verifiers: Keys that must all have signed the checkpoint.
        known: Verified checkpoints, of any age, that the log must agree with; one that is newer than the log
            shows that it was rolled back.
        progress: Told how many entries have been hashed.

    Raises:
        BadOrigin, NoVerifiers: There is nothing to verify with.
        DiskFailed, FolderUnwritable: Something cannot be read.
    """
    for _ in range(_TRIES - 1):
        audit, note = _audit(folder, origin, verifiers, known, progress)
        if audit.clean or _note(folder) == note:
            return audit
    return _audit(folder, origin, verifiers, known, progress)[0]


def _audit(
    folder: Path, origin: str, verifiers: Sequence[PublicKey], known: Sequence[Checkpoint], progress: Progress
) -> tuple[LogAudit, bytes]:
    note = _note(folder)
    try:
        checkpoint, note = load_checkpoint(folder, origin=origin, verifiers=verifiers)
    except HauberkError as error:
        found = raised_finding(error, where=CHECKPOINT, otherwise=Code.CHECKPOINT_ALTERED)
        return LogAudit(checkpoint=None, findings=(found,)), note
    findings = check_tree(folder, checkpoint, progress=progress)
    findings += check_files(folder, checkpoint.size)
    findings += _check_known(folder, checkpoint, note, known)
    if checkpoint.size == 0:
        findings.append(ledger_finding(Code.EMPTY, "an empty log proves nothing", where=CHECKPOINT))
    return LogAudit(checkpoint=checkpoint, findings=tuple(findings)), note


def _check_known(folder: Path, checkpoint: Checkpoint, note: bytes, known: Sequence[Checkpoint]) -> Iterator[Finding]:
    for older in known:
        try:
            LogReader(folder, checkpoint=checkpoint, note=note).verify_extends(older)
        except LedgerError as error:
            yield raised_finding(error, where=CHECKPOINT, otherwise=Code.NOT_COMPARED)


def _note(folder: Path) -> bytes:
    try:
        return read_file(folder, CHECKPOINT)
    except MissingFile:
        return b""
