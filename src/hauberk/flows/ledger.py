"""`hauberk ledger show|verify|proof`: read the log, audit it and what it names, give receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hauberk.core.digest import Digest, digest_bytes
from hauberk.core.encoding import Json
from hauberk.core.errors import HauberkError
from hauberk.core.finding import Finding, Severity
from hauberk.core.statement import Subject
from hauberk.crypto import FileKeyProvider, PublicIdentity
from hauberk.flows.configuration import load_configuration
from hauberk.flows.errors import NoState, UnreadableCheckpoint
from hauberk.flows.key_folder import open_key_folder
from hauberk.flows.project import SIGNING_KEY, STATE_FOLDER, STORE_KEY, origin_of
from hauberk.flows.statements import kept_artifacts, open_statement
from hauberk.ledger import LogReader, audit_log, load_log, verify_checkpoint
from hauberk.store import BlobStore

__all__ = ["LeafReceipt", "LeafView", "LedgerAudit", "LedgerView", "audit_ledger", "leaf_receipt", "show_ledger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafView:
    """One statement of the ledger."""

    index: int
    digest: Digest
    predicate_type: str
    subjects: tuple[Subject, ...]

    def document(self) -> dict[str, Json]:
        """As JSON."""
        subjects: list[Json] = [subject.document() for subject in self.subjects]
        document: dict[str, Json] = {"index": self.index, "envelope": str(self.digest), "type": self.predicate_type}
        return document | {"subjects": subjects}


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """The ledger as it stands."""

    origin: str
    size: int
    root: str
    leaves: tuple[LeafView, ...]

    def document(self) -> dict[str, Json]:
        """As JSON."""
        leaves: list[Json] = [leaf.document() for leaf in self.leaves]
        return {"origin": self.origin, "size": self.size, "root": self.root, "leaves": leaves}


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerAudit:
    """What an audit of the ledger and the store found; clean where nothing."""

    statements: int
    blobs: int
    root: str
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether every byte is as it was logged."""
        return not self.findings

    def document(self) -> dict[str, Json]:
        """As JSON."""
        findings: list[Json] = [finding.document() for finding in self.findings]
        document: dict[str, Json] = {"clean": self.clean, "statements": self.statements, "blobs": self.blobs}
        return document | {"root": self.root, "findings": findings}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafReceipt:
    """The `.tlog-proof` of one leaf."""

    index: int
    text: str

    def document(self) -> dict[str, Json]:
        """As JSON."""
        return {"index": self.index, "receipt": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the ledger of a project lies and who signs it."""

    state: Path
    origin: str
    identity: PublicIdentity
    keys: FileKeyProvider

    @property
    def ledger(self) -> Path:
        return self.state / "ledger"

    def reader(self) -> LogReader:
        return load_log(self.ledger, origin=self.origin, verifiers=self.identity.keys)


def show_ledger(folder: Path) -> LedgerView:
    """The checkpoint and every statement; each is read through the tree, its signature is left to the audit.

    Raises:
        NoState: Nothing has been run in the folder.
        LedgerError: The log does not verify.
    """
    place = _place(folder)
    reader = place.reader()
    leaves = tuple(_leaf(index, entry, place.identity) for index, entry in enumerate(reader.entries()))
    return LedgerView(origin=place.origin, size=reader.size, root=reader.checkpoint.root.hex(), leaves=leaves)


def leaf_receipt(folder: Path, index: int) -> LeafReceipt:
    """The receipt of the leaf at `index`.

    Raises:
        NoState, LedgerError: As `show_ledger`; no such leaf.
    """
    return LeafReceipt(index=index, text=_place(folder).reader().receipt(index).decode())


def audit_ledger(folder: Path, *, since: Sequence[Path] = ()) -> LedgerAudit:
    """Re-hash every entry, tile and checkpoint, verify every statement, decrypt every blob that a statement names.

    Args:
        folder: Of the project.
        since: Checkpoints of this log, kept from earlier, which it must agree with.

    Raises:
        NoState: Nothing has been run in the folder: there is nothing to vouch for.
        UnreadableCheckpoint: A file of `since` cannot be read.
        CryptoError, LedgerError: It is no checkpoint of this log.
    """
    place = _place(folder)
    keys = place.identity.keys
    known = [verify_checkpoint(_kept_checkpoint(path), keys, origin=place.origin, where=str(path)) for path in since]
    log = audit_log(place.ledger, origin=place.origin, verifiers=keys, known=known)
    if not log.clean:
        return LedgerAudit(statements=0, blobs=0, root="", findings=log.findings)
    findings: list[Finding] = []
    reader = place.reader()
    store = BlobStore(place.state / "store", place.keys, key_name=STORE_KEY)
    named: dict[Digest, str] = {}
    for index, entry in enumerate(reader.entries()):
        try:
            named |= dict.fromkeys(kept_artifacts(open_statement(entry, place.identity)).values(), f"leaf {index}")
        except HauberkError as error:
            findings.append(_altered(error, f"leaf {index}"))
    for digest, where in named.items():
        findings += [replace(found, feature=f"{where}: {found.feature or digest}") for found in store.check(digest)]
    root = reader.checkpoint.root.hex()
    return LedgerAudit(statements=reader.size, blobs=len(named), root=root, findings=tuple(findings))


def _kept_checkpoint(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        got = error.strerror or str(error)
        raise UnreadableCheckpoint(where=str(path), expected="a checkpoint", got=got) from error


def _place(folder: Path) -> _Place:
    origin = origin_of(load_configuration(folder))
    state = folder / STATE_FOLDER
    if not (state / "ledger").is_dir():
        hint = "run `hauberk secure` first"
        raise NoState(where=str(state), expected="a ledger", got="none", hint=hint)
    keys = open_key_folder(state)
    return _Place(state=state, origin=origin, identity=keys.public(SIGNING_KEY), keys=keys)


def _leaf(index: int, entry: bytes, identity: PublicIdentity) -> LeafView:
    statement = open_statement(entry, identity)
    return LeafView(
        index=index,
        digest=digest_bytes(entry),
        predicate_type=statement.predicate_type,
        subjects=statement.subjects,
    )


def _altered(error: HauberkError, where: str) -> Finding:
    return Finding(code="ledger.statement", severity=Severity.ERROR, message=error.message, feature=where)
