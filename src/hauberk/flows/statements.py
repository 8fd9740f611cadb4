"""Statements that are in the ledger: open one, find the latest of a type, name what it keeps in the store."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hauberk.core.digest import Digest
from hauberk.core.statement import STATEMENT_PAYLOAD, Statement, parse_statement, parse_subject
from hauberk.crypto import PublicIdentity, verify_envelope
from hauberk.flows.project import Project

__all__ = ["LeafStatement", "kept_artifacts", "latest_statement", "open_statement", "statements_of"]

_BUNDLE = 256
"""Entries of a bundle of the log: the least that it reads and verifies at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafStatement:
    """A statement and the index of its leaf."""

    leaf: int
    statement: Statement


def open_statement(envelope: bytes, identity: PublicIdentity) -> Statement:
    """The statement in a leaf, once its signature is verified.

    Raises:
        CryptoError, Malformed: It is not a statement of this identity.
    """
    return parse_statement(verify_envelope(envelope, identity, payload_type=STATEMENT_PAYLOAD))


def latest_statement(project: Project, predicate_type: str, *, keeps: str = "") -> LeafStatement | None:
    """The last statement of a type, or None.

    It is looked for in the ledger, wherever the state's index stands: that can be lost, the ledger cannot. Every leaf
    that is passed over is verified against the tree, but only those that name the type are opened and parsed.

    Args:
        project: Whose ledger.
        predicate_type: What is looked for.
        keeps: Name of an artifact that the statement must keep; empty for any.

    Raises:
        LedgerError, CryptoError: The ledger was altered.
    """
    found = statements_of(project, predicate_type)
    return next((one for one in found if not keeps or keeps in kept_artifacts(one.statement)), None)


def statements_of(project: Project, predicate_type: str) -> Iterator[LeafStatement]:
    """All statements of a type, the latest first; raises as `latest_statement` does."""
    # Leaves are canonical JSON, so a statement of the type has exactly these bytes in it.
    mark = b'"predicateType":' + json.dumps(predicate_type).encode()
    for leaf, envelope in _backwards(project):
        if mark in base64.b64decode(json.loads(envelope)["payload"]):
            statement = open_statement(envelope, project.identity)
            if statement.predicate_type == predicate_type:
                yield LeafStatement(leaf=leaf, statement=statement)


def kept_artifacts(statement: Statement) -> Mapping[str, Digest]:
    """Names and digests of what the statement says is in the store."""
    found = statement.predicate.get("artifacts", [])
    subjects = [parse_subject(one, where="artifacts") for one in found] if isinstance(found, list) else []
    return {subject.name: subject.digest for subject in subjects}


def _backwards(project: Project) -> Iterator[tuple[int, bytes]]:
    """Leaves with their indexes from the last one on, a bundle in memory at a time."""
    stop = project.log.size
    while stop:
        start = (stop - 1) // _BUNDLE * _BUNDLE
        entries = [entry for _, entry in zip(range(stop - start), project.log.entries(start), strict=False)]
        yield from ((start + place, entries[place]) for place in range(len(entries) - 1, -1, -1))
        stop = start
